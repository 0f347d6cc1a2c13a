//! The demo, as a stranger runs it: every scenario, over real HTTP, with the outcome that it promises.
//!
//! Demos spend their time waiting on a fast clock, so they run side by side: the long ones also within one test, because a
//! machine of two cores runs no more than two tests at once.

#[cfg(test)]
mod program;
#[cfg(test)]
mod report;
#[cfg(test)]
mod stopping;

#[cfg(test)]
mod tests {
    use crate::program::{demo, haldane};
    use crate::report::{assert_every_gate_was_proved_before_every_step, reports, signals_seen};
    use haldane::demo::signals;
    use haldane_core::signal::Signal;
    use haldane_pods::Scenario;

    #[tokio::test]
    async fn errors_of_one_percent_roll_back_the_active_region_and_promote_nowhere() {
        let outcome = demo("errors").await;
        outcome.assert("us-east", "rolled-back", 0);
        outcome.assert("eu-central", "waiting", 0);
        outcome.assert("apac", "waiting", 0);
    }

    #[tokio::test]
    async fn a_p99_of_250_ms_rolls_back_the_active_region_and_promotes_nowhere() {
        let outcome = demo("latency").await;
        outcome.assert("us-east", "rolled-back", 0);
        outcome.assert("eu-central", "waiting", 0);
        outcome.assert("apac", "waiting", 0);
    }

    #[tokio::test]
    async fn an_incident_of_both_versions_holds_and_names_the_environment() {
        let outcome = demo("incident").await;
        outcome.assert("us-east", "held", 5);
        outcome.assert("eu-central", "waiting", 0);
        assert!(outcome.reason("us-east").contains("incident of the environment"), "{outcome:?}");
    }

    #[tokio::test]
    async fn vanished_metrics_hold_and_say_so() {
        let outcome = demo("blind").await;
        outcome.assert("us-east", "held", 5);
        outcome.assert("apac", "waiting", 0);
        assert!(outcome.reason("us-east").contains("guard region-up in us-east: not known"), "{outcome:?}");
    }

    #[tokio::test]
    async fn a_fault_that_is_subtle_late_or_slow_rolls_back_the_active_region_and_promotes_nowhere() {
        let outcomes = tokio::join!(demo("subtle"), demo("late"), demo("slow-leak"));
        for outcome in [outcomes.0, outcomes.1, outcomes.2] {
            outcome.assert("us-east", "rolled-back", 0);
            outcome.assert("eu-central", "waiting", 0);
            outcome.assert("apac", "waiting", 0);
        }
    }

    #[tokio::test]
    async fn a_standby_without_pods_or_without_callers_is_held_with_its_reason_and_undoes_nothing() {
        let (down, idle) = tokio::join!(demo("region-down"), demo("no-traffic"));
        down.assert("us-east", "promoted", 100);
        down.assert("eu-central", "held", 5);
        down.assert("apac", "waiting", 0);
        assert!(
            down.reason("eu-central").contains("guard health in eu-central: 100 % of the probes fail"),
            "{down:?}"
        );
        idle.assert("us-east", "promoted", 100);
        idle.assert("eu-central", "promoted", 100);
        idle.assert("apac", "held", 0);
        assert!(idle.reason("apac").contains("no request has come yet"), "{idle:?}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_healthy_release_is_promoted_everywhere_with_every_gate_proved_clustered_errors_or_not() {
        let (lone, clustered) = tokio::join!(reports(Scenario::Healthy), reports(Scenario::Bursty));
        // A cold region may rest on the others where it cannot prove as much.
        let proves = |report: &&serde_json::Value| report["region"] != "apac";
        for report in lone.iter().chain(&clustered).filter(proves) {
            assert_every_gate_was_proved_before_every_step(report);
        }
        let seen = signals_seen(&lone[0]);
        // Health is asked of probes, and simulated pods have none.
        let all = Signal::ALL.into_iter().filter(|s| *s != Signal::Health).map(|s| s.to_string());
        assert_eq!(seen, all.collect(), "every signal of one region is shown");
    }

    #[tokio::test]
    async fn a_fault_that_error_logs_alone_can_see_rolls_back_by_their_name() {
        let outcome = demo("error-logs").await;
        outcome.assert("us-east", "rolled-back", 0);
        outcome.assert("apac", "waiting", 0);
        let reason = outcome.reason("us-east");
        assert!(reason.contains("error-logs against the primary"), "{outcome:?}");
    }

    #[test]
    fn the_demos_policy_is_the_example_and_nothing_else() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../policies/fnp-signals.yaml");
        let (example, sources) = haldane::policy_file::read(path.as_ref()).unwrap();
        let (demos, _) = signals().unwrap();
        assert_eq!(demos, example);
        let addressed: Vec<_> =
            example.regions.iter().map(|r| sources.metrics.contains_key(&r.name)).collect();
        assert_eq!(addressed, [true; 3], "only addresses are left for the demo to replace");
    }

    #[tokio::test]
    async fn an_unknown_scenario_is_refused_with_those_that_exist_and_the_help_teaches_each() {
        let output = haldane(&["demo", "--scenario", "sunny"]).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("sunny"), "{said}");
        let help = haldane(&["demo", "--help"]).await;
        let teaches = String::from_utf8_lossy(&help.stdout).into_owned();
        for scenario in Scenario::ALL.map(Scenario::name) {
            assert!(said.contains(scenario), "{said}");
            assert!(teaches.contains(&format!("{scenario}: ")), "{teaches}");
        }
    }
}
