//! Failed checks, and a promotion that fails.

use crate::act::{Act, NEW, weighted};
use anyhow::Result;
use haldane_e2e::{Answer, Setup, run};

#[test]
fn a_rollout_hook_that_fails_as_often_as_the_threshold_rolls_back_one_tick_later() -> Result<()> {
    run(async {
        let mut act = Act::begin("rollout-hook-fails", weighted()).await?;
        act.deploy_to_5().await?;
        act.next("rollout", 3, &Answer::NO.saying("errors above the limit"));
        for failed in 1..=3 {
            let tick = act.tick().await?;
            assert_eq!((tick.failed_checks, tick.weight), (failed, 5));
        }
        let tick = act.tick().await?;
        assert_eq!((tick.phase.as_str(), tick.weight), ("Failed", 0));
        act.ends().await
    })
}

#[test]
fn a_pre_rollout_hook_that_fails_once_costs_a_check_and_is_asked_again() -> Result<()> {
    run(async {
        let mut act = Act::begin("pre-rollout-fails-once", weighted()).await?;
        act.next("pre-rollout", 1, &Answer::NO.saying("not warm"));
        act.deploy(NEW).await?;
        let tick = act.until(|tick| tick.hooks().contains(&"pre-rollout")).await?;
        assert_eq!((tick.failed_checks, tick.weight), (1, 0));
        let tick = act.tick().await?;
        assert_eq!((tick.failed_checks, tick.weight), (1, 5), "what failed is never forgotten");
        act.until(|tick| tick.phase == "Succeeded").await?;
        act.ends().await
    })
}

#[test]
fn the_text_of_a_server_error_is_lost_and_a_considered_no_is_kept() -> Result<()> {
    run(async {
        let mut act = Act::begin("server-errors", weighted()).await?;
        act.deploy_to_5().await?;
        act.next("rollout", 1, &Answer::new(500).saying("nobody reads this"));
        let tick = act.tick().await?;
        assert_eq!((tick.failed_checks, tick.weight), (1, 5));
        assert!(!tick.events().concat().contains("nobody reads this"), "{tick:?}");
        // No failed check and no advance: 204 is no yes for a gate, and 500 no yes for a rollback.
        act.next("confirm-traffic-increase", 1, &Answer::new(204));
        act.next("rollback", 1, &Answer::new(500));
        let tick = act.tick().await?;
        assert_eq!((tick.failed_checks, tick.weight), (1, 5));
        act.until(|tick| tick.phase == "Succeeded").await?;
        act.ends().await
    })
}

#[test]
fn a_canary_that_never_comes_up_is_rolled_back_after_its_deadline() -> Result<()> {
    run(async {
        let mut setup = Setup::new("never-ready", weighted());
        setup.progress_deadline_s = 15;
        let mut act = Act::begin_with(setup).await?;
        act.deploy_broken(NEW).await?;
        let tick = act.until(|tick| tick.phase == "Failed").await?;
        assert_eq!((tick.weight, tick.hooks()), (0, vec!["post-rollout"]));
        act.ends().await
    })
}

#[test]
fn after_a_rollback_another_revision_begins_another_run() -> Result<()> {
    run(async {
        let mut act = Act::begin("again-after-failure", weighted()).await?;
        act.deploy_to_5().await?;
        act.next("rollback", 1, &Answer::YES);
        assert_eq!(act.tick().await?.phase, "Failed");
        act.deploy("3.0.0").await?;
        let tick = act.tick().await?;
        assert_eq!(tick.hooks(), ["confirm-rollout"]);
        act.until(|tick| tick.phase == "Succeeded").await?;
        act.ends().await
    })
}

#[test]
fn a_promotion_whose_primary_does_not_come_up_ends_on_the_new_version() -> Result<()> {
    run(async {
        let mut setup = Setup::new("promotion-fails", weighted());
        setup.progress_deadline_s = 15;
        let mut act = Act::begin_with(setup).await?;
        act.deploy(NEW).await?;
        act.until(|tick| tick.weight == 100).await?;
        act.fill_machines("api-primary");
        let tick = act.until(|tick| tick.phase == "Failed").await?;
        assert_eq!((tick.weight, tick.hooks()), (100, vec!["post-rollout"]));
        assert_eq!(act.primary_versions(), ["1.0.0"], "the old pod was never taken away");
        act.ends().await
    })
}
