//! What somebody edits in the middle of a run: the traps.

use haldane_core::time::Span;
use haldane_e2e::{Conduct, Story, Told, run, shared_plane};
use serde_json::{Value, json};

/// A story that stays at 5 % for as long as a test needs to edit things.
async fn at_five(name: &str) -> anyhow::Result<Told> {
    let plane = shared_plane().await?;
    let told = Story { observe: "15m", ..Story::new(name) }.begin(&plane).await?;
    told.deploy("2.0.0", Conduct::FINE).await?;
    told.at(5).await?;
    Ok(told)
}

#[test]
fn a_new_revision_in_mid_run_is_another_run_that_is_judged_from_its_start() -> anyhow::Result<()> {
    run(async {
        let plane = shared_plane().await?;
        let told = Story::new("new-revision").begin(&plane).await?;
        told.deploy("2.0.0", Conduct::FINE).await?;
        told.at(5).await?;
        told.deploy("2.0.1", Conduct::FINE).await?;
        let end = told.phase("Succeeded").await?;
        let promoted = told.stands("promoted").await?;
        assert_eq!((end.failed_checks, promoted["release"].as_str()), (0, Some("api:2.0.1")));
        assert_eq!(told.permitted().await?, [0, 5, 50, 100], "nothing was inherited");
        let rollouts = told.haldane.rollouts().await?;
        let standings: Vec<&Value> = rollouts.iter().map(|r| &r["standing"]).collect();
        assert_eq!(standings, ["promoted", "superseded"], "{rollouts:#?}");
        told.scenario.print_events().await
    })
}

#[test]
fn a_revert_to_the_promoted_version_in_mid_run_holds_until_a_person_ends_the_run() -> anyhow::Result<()> {
    run(async {
        let plane = shared_plane().await?;
        let told = Story::new("reverted").begin(&plane).await?;
        told.deploy("2.0.0", Conduct::FINE).await?;
        told.at(5).await?;
        told.deploy("1.0.0", Conduct::FINE).await?;
        told.holds("the canary's pods run api:1.0.0, this run analyses api:2.0.0").await?;
        told.ticks(3).await?;
        let now = told.scenario.canary().await?;
        assert_eq!(
            (now.phase.as_str(), told.scenario.live_weight().await?),
            ("Progressing", 5),
            "Flagger did not notice"
        );
        told.haldane.order("rollback", "us-east", "the release was taken back").await?;
        told.phase("Failed").await?;
        told.stands("rolled-back-by-order").await?;
        told.scenario.print_events().await
    })
}

#[test]
fn skip_analysis_in_mid_run_is_promoted_past_every_gate_and_called_so() -> anyhow::Result<()> {
    run(async {
        let told = at_five("skipped").await?;
        told.scenario.edit(json!({"skipAnalysis": true})).await?;
        told.phase("Succeeded").await?;
        let end = told.stands("promoted-unjudged").await?;
        assert_eq!(told.permitted().await?, [0], "{end:#}");
        told.scenario.print_events().await
    })
}

#[test]
fn step_weights_that_no_longer_have_the_present_one_hold_and_do_not_jump_to_all_traffic() -> anyhow::Result<()>
{
    run(async {
        let plane = shared_plane().await?;
        let told = Story::new("edited-weights").begin(&plane).await?;
        told.deploy("2.0.0", Conduct::FINE).await?;
        told.at(5).await?;
        told.scenario.edit(json!({"analysis": {"stepWeights": [10, 50, 100]}})).await?;
        told.holds("the Canary goes through the weights [10, 50, 100]").await?;
        told.ticks(4).await?;
        assert_eq!(told.scenario.live_weight().await?, 5);
        told.scenario.edit(json!({"analysis": {"stepWeights": [5, 50, 100]}})).await?;
        told.at(50).await?;
        told.phase("Succeeded").await?;
        told.scenario.print_events().await
    })
}

#[test]
fn a_suspended_canary_holds_by_name_and_a_deleted_one_ends_its_run() -> anyhow::Result<()> {
    run(async {
        let told = at_five("suspended").await?;
        told.scenario.edit(json!({"suspend": true})).await?;
        told.holds("the Canary is suspended").await?;
        told.scenario.edit(json!({"suspend": false})).await?;
        let open = |r: &Value| !r["reasons"].to_string().contains("suspended");
        told.haldane.reaches("no longer suspended", Span::from_min(2), open).await?;
        told.scenario.delete_canary().await?;
        told.stands("unknown").await?;
        told.scenario.print_events().await
    })
}

#[test]
fn a_promotion_that_fails_is_its_own_outcome_and_no_rollback() -> anyhow::Result<()> {
    run(async {
        let plane = shared_plane().await?;
        let told = Story { progress_deadline_s: 15, ..Story::new("failed-promotion") }.begin(&plane).await?;
        told.deploy("2.0.0", Conduct::FINE).await?;
        told.at(100).await?;
        plane.nodes().set_full(told.scenario.namespace(), "api-primary", true);
        told.phase("Failed").await?;
        let end = told.stands("failed-promotion").await?;
        assert!(end["headline"].as_str().is_some_and(|h| h.contains("NEW version")), "{end:#}");
        assert_eq!(told.scenario.live_weight().await?, 100);
        told.scenario.print_events().await
    })
}
