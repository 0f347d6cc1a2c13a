//! Every trouble makes every guard unknown, with a reason that says which; none makes it clear.

use super::scene::{NOW, Scene, guard, plan, query, rules, unknown};
use crate::fake::{Reply, at};
use haldane_core::guard::{Rule, Seen};
use haldane_core::increment::{Missing, SourceFault};
use haldane_core::policy::GuardSource;
use haldane_signals::guards::Plan;

/// Every rule; those that need a query once with a selector, once with PromQL.
fn all() -> Vec<(&'static str, Option<GuardSource>)> {
    let names: Vec<&str> = rules().into_iter().map(|(name, _)| name).collect();
    let shipped =
        names.iter().filter(|name| !["error-budget", "level"].contains(name)).map(|name| (*name, None));
    let asked = names.iter().filter(|name| **name != "capacity");
    let own =
        asked.flat_map(|name| [(*name, Some(query("own_thing"))), (*name, Some(query("max(own_thing)")))]);
    shipped.chain(own).collect()
}

/// Series for all of them, each with this value and age.
fn fill(scene: &Scene, value: &str, age_s: f64) {
    let server = [("pod", "db-1"), ("instance", "db:9187")];
    for name in [
        "own_thing",
        "probe_success",
        "pg_replication_lag_seconds",
        "pg_replication_is_replica",
        "pg_stat_replication_pg_wal_lsn_diff",
        "last_success_timestamp_seconds",
    ] {
        scene.add(name, &server, value, age_s);
    }
    scene.add("kube_deployment_status_replicas_ready", &[("deployment", "api")], value, age_s);
    let of = [("horizontalpodautoscaler", "api")];
    scene.add("kube_horizontalpodautoscaler_spec_max_replicas", &of, value, age_s);
}

const ALERTS: &str = "ALERTS{alertstate=\"firing\",severity=\"critical\"}";

#[tokio::test]
async fn silence_is_not_clear_but_for_alerts() {
    let scene = Scene::start().await;
    for query in [ALERTS, "own_thing", "max(own_thing)"] {
        scene.gives(query, &[]);
    }
    for (name, said) in all() {
        let seen = scene.sees(name, said.clone()).await;
        match name {
            "alerts" => assert_eq!(seen, super::scene::names(&[]), "{said:?}"),
            _ => assert!(matches!(unknown(seen), Missing::PlaceAbsent { .. }), "{name} {said:?}"),
        }
    }
}

#[tokio::test]
async fn what_was_two_minutes_ago_is_not_known() {
    let scene = Scene::start().await;
    fill(&scene, "1", 130.0);
    for (name, said) in all().into_iter().filter(|(name, said)| {
        *name != "alerts" && said.as_ref().is_none_or(|said| said.query.as_deref() == Some("own_thing"))
    }) {
        let why = unknown(scene.sees(name, said.clone()).await);
        assert!(matches!(why, Missing::PlaceOld { age_s: 130, .. }), "{name} {said:?}: {why}");
    }
}

#[tokio::test]
async fn an_old_sample_below_a_whole_query_is_told_by_a_question_of_its_own() {
    let scene = Scene::start().await;
    scene.gives("max(own_thing)", &[(&[], "0")]);
    let own = || Some(query("max(own_thing)"));
    assert_eq!(scene.sees("level", own()).await, super::scene::level(0.0, None));
    assert_eq!(scene.queries(), ["max(own_thing)", "max(time() - timestamp(own_thing))"]);
    scene.gives("max(time() - timestamp(own_thing))", &[(&[], "200.7")]);
    let old = Missing::PlaceOld { series: "own_thing".to_owned(), age_s: 200 };
    assert_eq!(unknown(scene.sees("level", own()).await), old);
}

#[tokio::test]
async fn one_series_that_fell_silent_is_not_outvoted_by_those_that_speak() {
    let scene = Scene::start().await;
    scene.add("probe_success", &[("instance", "a")], "1", 5.0);
    scene.add("probe_success", &[("instance", "b")], "0", 200.0);
    assert!(matches!(unknown(scene.sees("region-up", None).await), Missing::PlaceOld { age_s: 200, .. }));
}

#[tokio::test]
async fn what_is_no_number_is_not_known() {
    for value in ["NaN", "+Inf", "-Inf"] {
        let scene = Scene::start().await;
        fill(&scene, value, 10.0);
        for text in [ALERTS, "own_thing", "max(own_thing)"] {
            scene.gives(text, &[(&[("alertname", "A"), ("pod", "db-1")], value)]);
        }
        for (name, said) in all() {
            let why = unknown(scene.sees(name, said.clone()).await);
            assert!(matches!(why, Missing::NotOneNumber { .. }), "{name} {said:?}: {why}");
        }
    }
}

#[tokio::test]
async fn whatever_is_wrong_with_the_source_is_told_by_every_guard() {
    let scene = Scene::start().await;
    fill(&scene, "1", 10.0);
    for text in [ALERTS, "own_thing", "max(own_thing)"] {
        scene.gives(text, &[(&[("pod", "db-1")], "1")]);
    }
    let refusal = r#"{"status":"error","errorType":"bad_data","error":"no"}"#;
    type IsSo = fn(&SourceFault) -> bool;
    let troubles: [(Reply, IsSo); 5] = [
        (Reply::Warns("store gone"), |f| matches!(f, SourceFault::Partial { .. })),
        (Reply::Text(400, refusal), |f| matches!(f, SourceFault::Refused { .. })),
        (Reply::Text(503, "overloaded"), |f| matches!(f, SourceFault::HttpStatus { status: 503 })),
        (Reply::Text(200, "<html>log in</html>"), |f| matches!(f, SourceFault::NotAnAnswer { .. })),
        (Reply::BreaksOff, |f| {
            matches!(f, SourceFault::Unreachable { .. } | SourceFault::NotAnAnswer { .. })
        }),
    ];
    for (reply, is_so) in troubles {
        for (name, said) in all() {
            // A source of its own for each, so that none is left alone for what it did to another.
            let fresh = scene.again();
            fresh.prom.reply(reply.clone());
            let why = unknown(fresh.sees(name, said.clone()).await);
            let Missing::Source { fault, .. } = &why else { panic!("{name} {said:?}: {why}") };
            assert!(is_so(fault), "{name} {said:?}: {why}");
        }
    }
}

#[tokio::test]
async fn more_series_than_anybody_can_mean_are_not_known() {
    let scene = Scene::start().await;
    let names: Vec<String> = (0..1001).map(|n| format!("p{n}")).collect();
    for name in &names {
        scene.add("probe_success", &[("instance", name)], "1", 10.0);
    }
    let why = unknown(scene.sees("region-up", None).await).to_string();
    assert!(why.contains("more than 1000 series"), "{why}");
    let all: Vec<([(&str, &str); 1], &str)> =
        names.iter().map(|n| ([("instance", n.as_str())], "1")).collect();
    let all: Vec<(&[(&str, &str)], &str)> = all.iter().map(|(labels, value)| (&labels[..], *value)).collect();
    scene.gives("avg by (instance) (up)", &all);
    let own = Some(query("avg by (instance) (up)"));
    let why = unknown(scene.sees("region-up", own).await);
    assert!(
        matches!(why, Missing::Source { fault: SourceFault::TooManySeries { limit: 1000 }, .. }),
        "{why}"
    );
}

#[tokio::test]
async fn a_source_that_hangs_ends_with_the_deadline() {
    let scene = Scene::start().await;
    scene.prom.reply(Reply::Hangs);
    let plan = Plan::new(
        vec![guard("region-up", Rule::RegionUp), guard("alerts", Rule::Alerts)],
        &[].into(),
        &super::scene::source(),
    );
    let reader = scene.impatient("us-east", plan.unwrap());
    for watched in reader.poll(at(NOW)).await {
        let why = unknown(watched.seen);
        assert!(matches!(why, Missing::Source { fault: SourceFault::TimedOut { .. }, .. }), "{why}");
    }
}

#[tokio::test]
async fn a_clock_that_is_ahead_moves_what_is_old_and_nothing_else() {
    let scene = Scene::start().await;
    scene.prom.lock().now = at(NOW + 600.0);
    scene.add("probe_success", &[("instance", "a")], "1", 10.0);
    assert!(matches!(unknown(scene.sees("region-up", None).await), Missing::PlaceAbsent { .. }));
    scene.add("probe_success", &[("instance", "a")], "1", -595.0);
    assert_eq!(scene.sees("region-up", None).await, super::scene::level(0.0, None));
}

#[tokio::test]
async fn probes_that_nobody_asked_are_not_healthy_and_nothing_is_asked_for_them() {
    let scene = Scene::start().await;
    let health = Plan::new(vec![guard("health", Rule::Health)], &[].into(), &super::scene::source()).unwrap();
    let watched = scene.reader("us-east", health).poll(at(NOW)).await;
    assert!(matches!(watched[0].seen, Seen::Unknown { .. }));
    assert!(scene.queries().is_empty() && plan("region-up", None).is_ok());
}
