//! What people change while a run is under way.

use crate::act::{Act, NEW, weighted};
use anyhow::Result;
use haldane_e2e::{Answer, run};
use serde_json::json;

#[test]
fn a_new_revision_in_mid_run_starts_over_and_asks_nobody() -> Result<()> {
    run(async {
        let mut act = Act::begin("new-revision", weighted()).await?;
        act.deploy_to_5().await?;
        act.deploy("3.0.0").await?;
        let tick = act.tick().await?;
        assert_eq!((tick.hooks(), tick.weight), (vec![], 0));
        act.until(|tick| tick.phase == "Succeeded").await?;
        assert_eq!(act.primary_versions(), ["3.0.0"]);
        act.ends().await
    })
}

#[test]
fn a_new_revision_while_a_promotion_waits_starts_over() -> Result<()> {
    run(async {
        let mut act = Act::begin("superseded-at-the-top", weighted()).await?;
        act.next("confirm-promotion", 1, &Answer::NO.saying("not proved yet"));
        act.deploy(NEW).await?;
        act.until(|tick| tick.phase == "WaitingPromotion").await?;
        act.deploy("3.0.0").await?;
        let tick = act.tick().await?;
        assert_eq!((tick.hooks(), tick.weight, tick.phase.as_str()), (vec![], 0, "Progressing"));
        act.until(|tick| tick.phase == "Succeeded").await?;
        assert_eq!(act.primary_versions(), ["3.0.0"]);
        act.ends().await
    })
}

#[test]
fn a_new_revision_while_the_rollout_waits_takes_the_place_of_the_first() -> Result<()> {
    run(async {
        let mut act = Act::begin("superseded-before-it-began", weighted()).await?;
        act.next("confirm-rollout", 1, &Answer::NO.saying("not yet"));
        act.deploy(NEW).await?;
        assert_eq!(act.tick().await?.phase, "Waiting");
        act.deploy("3.0.0").await?;
        act.until(|tick| tick.phase == "Succeeded").await?;
        assert_eq!(act.primary_versions(), ["3.0.0"]);
        act.ends().await
    })
}

#[test]
fn a_new_revision_while_promoting_is_analysed_afterwards() -> Result<()> {
    run(async {
        let mut act = Act::begin("deployed-while-promoting", weighted()).await?;
        act.deploy(NEW).await?;
        act.until(|tick| tick.phase == "Promoting").await?;
        act.deploy("3.0.0").await?;
        assert_eq!(act.tick().await?.phase, "Finalising");
        assert!(act.scenario.truth("3.0.0")?.requests() > 0, "users met what nobody has analysed");
        act.until(|tick| tick.phase == "Succeeded").await?;
        assert_eq!(act.primary_versions(), [NEW]);
        assert_eq!(act.tick().await?.hooks(), ["confirm-rollout"]);
        act.until(|tick| tick.phase == "Succeeded").await?;
        assert_eq!(act.primary_versions(), ["3.0.0"]);
        act.ends().await
    })
}

#[test]
fn analysis_that_is_skipped_from_the_start_asks_for_the_rollout_only() -> Result<()> {
    run(async {
        let mut act = Act::begin("skipped-from-the-start", weighted()).await?;
        act.edit(json!({"skipAnalysis": true})).await?;
        act.deploy(NEW).await?;
        act.until(|tick| tick.phase == "Succeeded").await?;
        let hooks: Vec<&str> = act.tape.recording().ticks.iter().flat_map(haldane_e2e::Tick::hooks).collect();
        assert_eq!(hooks, ["confirm-rollout", "post-rollout"]);
        act.ends().await
    })
}

#[test]
fn a_target_set_back_to_the_promoted_image_is_promoted_and_then_analysed_once_more() -> Result<()> {
    run(async {
        let mut act = Act::begin("set-back", weighted()).await?;
        act.deploy_to_5().await?;
        act.deploy("1.0.0").await?;
        let tick = act.tick().await?;
        assert_eq!((tick.phase.as_str(), tick.weight), ("Progressing", 50));
        assert_eq!(act.versions("api"), ["1.0.0"], "the old version is measured under the new one's name");
        act.until(|tick| tick.phase == "Succeeded").await?;
        assert_eq!(
            act.primary_versions(),
            ["1.0.0"],
            "promoted is what the target has by then, not what was analysed"
        );
        let tick = act.tick().await?;
        assert_eq!(
            tick.hooks(),
            ["confirm-rollout"],
            "Flagger thinks that 2.0.0 was promoted, so 1.0.0 is a change to it"
        );
        act.until(|tick| tick.phase == "Succeeded").await?;
        assert_eq!(act.primary_versions(), ["1.0.0"]);
        act.ends().await
    })
}

#[test]
fn analysis_that_is_skipped_in_mid_run_promotes_past_every_gate() -> Result<()> {
    run(async {
        let mut act = Act::begin("skipped", weighted()).await?;
        act.deploy_to_5().await?;
        act.edit(json!({"skipAnalysis": true})).await?;
        let tick = act.tick().await?;
        assert_eq!((tick.phase.as_str(), tick.weight, tick.hooks()), ("Succeeded", 0, vec!["post-rollout"]));
        act.ends().await
    })
}

#[test]
fn a_suspended_canary_stands_still_and_goes_on_where_it_was() -> Result<()> {
    run(async {
        let mut act = Act::begin("suspended", weighted()).await?;
        act.deploy_to_5().await?;
        act.edit(json!({"suspend": true})).await?;
        for _ in 0..2 {
            let tick = act.tick().await?;
            assert_eq!((tick.weight, tick.hooks()), (5, vec![]));
        }
        act.edit(json!({"suspend": false})).await?;
        assert_eq!(act.tick().await?.weight, 50);
        act.until(|tick| tick.phase == "Succeeded").await?;
        assert_eq!(act.primary_versions(), [NEW]);
        act.ends().await
    })
}

#[test]
fn edited_step_weights_without_the_present_one_jump_to_100() -> Result<()> {
    run(async {
        let mut act = Act::begin("weights-edited", weighted()).await?;
        act.deploy_to_5().await?;
        act.edit(json!({"analysis": {"stepWeights": [10, 50, 100]}})).await?;
        assert_eq!(act.tick().await?.weight, 100);
        act.until(|tick| tick.phase == "Succeeded").await?;
        act.ends().await
    })
}
