//! What people change while a run is under way.

use crate::act::{Act, NEW, weighted};
use anyhow::Result;
use haldane_e2e::run;
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
fn a_target_set_back_to_the_promoted_image_is_promoted_and_then_analysed_once_more() -> Result<()> {
    run(async {
        let mut act = Act::begin("set-back", weighted()).await?;
        act.deploy_to_5().await?;
        act.deploy("1.0.0").await?;
        let tick = act.tick().await?;
        assert_eq!((tick.phase.as_str(), tick.weight), ("Progressing", 50));
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
