//! Hooks that let pass, hold and roll back.

use crate::act::{Act, NEW, weighted};
use anyhow::Result;
use haldane_e2e::{Answer, run};
use serde_json::json;

#[test]
fn a_release_is_promoted_when_every_gate_is_open() -> Result<()> {
    run(async {
        let mut act = Act::begin("promoted", weighted()).await?;
        act.deploy(NEW).await?;
        for weight in [5, 50, 100] {
            act.until(|tick| tick.weight == weight).await?;
        }
        let end = act.until(|tick| tick.phase == "Succeeded").await?;
        assert_eq!((end.weight, act.primary_versions()), (0, vec![NEW.to_owned()]));
        let (by_users, by_pods) = (act.scenario.load().of_version(NEW), act.scenario.truth(NEW)?.requests());
        assert!(by_users > 0 && by_pods >= by_users, "{by_users} answers, {by_pods} served");
        act.ends().await
    })
}

#[test]
fn a_yes_of_the_rollback_hook_rolls_back_on_the_next_tick() -> Result<()> {
    run(async {
        let mut act = Act::begin("rolled-back", weighted()).await?;
        act.deploy_to_5().await?;
        act.next("rollback", 1, &Answer::YES);
        let tick = act.tick().await?;
        assert_eq!((tick.phase.as_str(), tick.weight, tick.failed_checks), ("Failed", 0, 0));
        assert_eq!(act.primary_versions(), ["1.0.0"]);
        act.ends().await
    })
}

#[test]
fn a_refused_traffic_increase_and_a_refused_promotion_wait() -> Result<()> {
    run(async {
        let mut act = Act::begin("held", weighted()).await?;
        act.next("confirm-promotion", 2, &Answer::NO.saying("not proved yet"));
        act.deploy_to_5().await?;
        act.next("confirm-traffic-increase", 2, &Answer::NO.saying("not observed yet"));
        for _ in 0..2 {
            let tick = act.tick().await?;
            assert_eq!((tick.weight, tick.failed_checks), (5, 0));
        }
        let tick = act.until(|tick| tick.phase == "WaitingPromotion").await?;
        assert_eq!(
            (tick.weight, tick.status_weight, tick.iterations),
            (100, 0, -1),
            "the status is not the traffic"
        );
        act.until(|tick| tick.phase == "Succeeded").await?;
        act.ends().await
    })
}

#[test]
fn a_yes_of_the_rollback_hook_rolls_back_while_a_promotion_waits() -> Result<()> {
    run(async {
        let mut act = Act::begin("rolled-back-from-the-top", weighted()).await?;
        act.next("confirm-promotion", 1, &Answer::NO.saying("not proved yet"));
        act.deploy(NEW).await?;
        act.until(|tick| tick.phase == "WaitingPromotion").await?;
        act.next("rollback", 1, &Answer::YES);
        let tick = act.tick().await?;
        assert_eq!((tick.phase.as_str(), tick.weight), ("Failed", 0));
        act.ends().await
    })
}

#[test]
fn the_top_weight_need_not_be_all() -> Result<()> {
    run(async {
        let analysis = json!({"interval": "10s", "threshold": 3, "stepWeights": [5, 50]});
        let mut act = Act::begin("up-to-half", analysis).await?;
        act.deploy(NEW).await?;
        let tick = act.until(|tick| tick.phase == "Promoting").await?;
        assert_eq!(tick.weight, 50);
        act.until(|tick| tick.phase == "Succeeded").await?;
        act.ends().await
    })
}

#[test]
fn a_refused_rollout_waits_without_pods() -> Result<()> {
    run(async {
        let mut act = Act::begin("rollout-held", weighted()).await?;
        act.next("confirm-rollout", 2, &Answer::NO.saying("not yet"));
        act.deploy(NEW).await?;
        for _ in 0..2 {
            let tick = act.tick().await?;
            assert_eq!((tick.phase.as_str(), tick.hooks()), ("Waiting", vec!["confirm-rollout"]));
        }
        act.until(|tick| tick.phase == "Succeeded").await?;
        act.ends().await
    })
}
