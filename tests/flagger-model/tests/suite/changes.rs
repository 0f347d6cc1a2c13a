//! What people and pods do while a run is under way.

use crate::receiver::{Answer, Receiver};
use crate::setup::{canary_at, flagger, ticks_until};
use haldane_flagger_model::HookKind::{
    ConfirmPromotion, ConfirmRollout, ConfirmTrafficIncrease, Event, PostRollout, PreRollout, Rollback,
    Rollout,
};
use haldane_flagger_model::{Health, Live, Phase, checksum};

#[tokio::test]
async fn a_new_revision_in_mid_run_starts_over_and_asks_nobody() {
    let receiver = Receiver::start().await;
    let mut flagger = flagger(&receiver);
    canary_at(&mut flagger, 50).await;
    receiver.next(Rollout, Answer::status(403));
    flagger.tick().await;
    assert_eq!(flagger.status().failed_checks, 1);
    flagger.deploy("v3");
    assert_eq!(flagger.live().borrow().canary_revision, "v3", "pods with traffic are replaced at once");
    assert_eq!(flagger.live().borrow().canary_weight, 50);
    let restart = flagger.tick().await;
    assert!(restart.kinds().is_empty(), "neither confirm-rollout nor post-rollout");
    assert!(restart.has_event("New revision detected! Restarting analysis for api.fnp"));
    assert_eq!((restart.weight_after, restart.phase), (0, Phase::Progressing));
    assert_eq!(flagger.status().failed_checks, 0);
    let event = receiver.hits(Event).pop().unwrap();
    assert_eq!(event.field("checksum"), checksum("v2"), "the event still names the superseded revision");
    let next = flagger.tick().await;
    assert_eq!(next.kinds(), [Rollback, PreRollout, ConfirmTrafficIncrease]);
    assert!(next.calls.iter().all(|call| call.checksum == checksum("v3")));
    assert_eq!(receiver.hits(ConfirmRollout).len(), 1);
    ticks_until(&mut flagger, |f| f.status().phase == Phase::Succeeded).await;
    assert_eq!(receiver.hits(PostRollout).len(), 1);
}

#[tokio::test]
async fn a_new_revision_ends_a_held_promotion() {
    let receiver = Receiver::start().await;
    let mut flagger = flagger(&receiver);
    canary_at(&mut flagger, 100).await;
    receiver.next(ConfirmPromotion, Answer::status(403));
    assert_eq!(flagger.tick().await.phase, Phase::WaitingPromotion);
    flagger.deploy("v3");
    let restart = flagger.tick().await;
    assert_eq!((restart.weight_after, restart.phase), (0, Phase::Progressing));
    assert_eq!(flagger.status().iterations, 0);
}

#[tokio::test]
async fn setting_the_target_back_to_the_promoted_revision_restarts_nothing() {
    let receiver = Receiver::start().await;
    let mut flagger = flagger(&receiver);
    canary_at(&mut flagger, 5).await;
    flagger.deploy("v1");
    let report = flagger.tick().await;
    assert_eq!((report.weight_after, report.calls[0].checksum.as_str()), (50, checksum("v2").as_str()));
}

#[tokio::test]
async fn a_new_revision_while_promoting_is_copied_unseen_and_analysed_afterwards() {
    let receiver = Receiver::start().await;
    let mut flagger = flagger(&receiver);
    flagger.deploy("v2");
    ticks_until(&mut flagger, |f| f.status().phase == Phase::Promoting).await;
    flagger.deploy("v3");
    ticks_until(&mut flagger, |f| f.status().phase == Phase::Succeeded).await;
    assert_eq!(flagger.live().borrow().primary_revision, "v2");
    assert_eq!(flagger.tick().await.kinds(), [ConfirmRollout]);
}

#[tokio::test]
async fn edited_step_weights_without_the_current_weight_jump_to_100() {
    let receiver = Receiver::start().await;
    let mut flagger = flagger(&receiver);
    canary_at(&mut flagger, 5).await;
    flagger.edit(|spec| spec.step_weights = vec![10, 50, 100]);
    let report = flagger.tick().await;
    assert_eq!((report.weight_before, report.weight_after), (5, 100));
    assert!(report.has_event("Advance api.fnp canary weight 100"));
}

#[tokio::test]
async fn skip_analysis_in_mid_run_promotes_on_the_next_tick_past_every_gate() {
    let receiver = Receiver::start().await;
    let mut flagger = flagger(&receiver);
    canary_at(&mut flagger, 5).await;
    receiver.always(Rollback, Answer::status(200));
    flagger.edit(|spec| spec.skip_analysis = true);
    let report = flagger.tick().await;
    assert_eq!(report.kinds(), [PostRollout]);
    assert_eq!((report.weight_after, report.phase), (0, Phase::Succeeded));
    assert!(report.has_event("Promotion completed! Canary analysis was skipped for api.fnp"));
    assert_eq!(*flagger.live().borrow(), Live::serving("v2"));
}

#[tokio::test]
async fn skip_analysis_still_asks_confirm_rollout() {
    let receiver = Receiver::start().await;
    let mut flagger = flagger(&receiver);
    flagger.edit(|spec| spec.skip_analysis = true);
    flagger.deploy("v2");
    assert_eq!(flagger.tick().await.kinds(), [ConfirmRollout]);
    assert_eq!(flagger.tick().await.kinds(), [PostRollout]);
}

#[tokio::test]
async fn a_suspended_canary_does_nothing_and_goes_on_where_it_was() {
    let receiver = Receiver::start().await;
    let mut flagger = flagger(&receiver);
    canary_at(&mut flagger, 5).await;
    flagger.edit(|spec| spec.suspend = true);
    let suspended = flagger.tick().await;
    assert!(suspended.kinds().is_empty());
    assert!(suspended.has_event("skipping canary run as object is suspended"));
    assert_eq!(suspended.weight_after, 5);
    flagger.edit(|spec| spec.suspend = false);
    assert_eq!(flagger.tick().await.weight_after, 50);
}

#[tokio::test]
async fn a_failed_promotion_leaves_all_traffic_on_the_new_version() {
    for phase in [Phase::Promoting, Phase::Finalising] {
        let receiver = Receiver::start().await;
        let mut flagger = flagger(&receiver);
        flagger.deploy("v2");
        ticks_until(&mut flagger, |f| f.status().phase == phase).await;
        flagger.cluster().set_primary_health(Health::Stuck);
        let report = flagger.tick().await;
        assert_eq!(report.kinds(), [PostRollout]);
        assert_eq!(report.call(PostRollout).unwrap().phase, Phase::Failed);
        assert_eq!((report.weight_after, report.phase), (100, Phase::Failed), "from {phase}");
        assert_eq!(flagger.status().canary_weight, 100);
        assert!(flagger.live().borrow().canary_up);
        assert!(report.events.iter().any(|e| e.message.starts_with("Promotion of api.fnp failed")));
    }
}

#[tokio::test]
async fn a_stuck_primary_during_the_analysis_rolls_back() {
    let receiver = Receiver::start().await;
    let mut flagger = flagger(&receiver);
    canary_at(&mut flagger, 50).await;
    flagger.cluster().set_primary_health(Health::Stuck);
    let report = flagger.tick().await;
    assert_eq!((report.kinds(), report.weight_after), (vec![PostRollout], 0));
    assert_eq!(report.phase, Phase::Failed);
}

#[tokio::test]
async fn an_unready_canary_is_waited_for_and_a_stuck_one_is_rolled_back() {
    let receiver = Receiver::start().await;
    let mut flagger = flagger(&receiver);
    canary_at(&mut flagger, 50).await;
    flagger.cluster().set_canary_health(Health::NotReady);
    for _ in 0..5 {
        let report = flagger.tick().await;
        assert_eq!((report.kinds(), report.weight_after, flagger.status().failed_checks), (vec![], 50, 0));
    }
    flagger.cluster().set_canary_health(Health::Stuck);
    let report = flagger.tick().await;
    assert_eq!((report.kinds(), report.weight_after), (vec![PostRollout], 0));
}

#[tokio::test]
async fn the_weight_metric_follows_the_routes_but_lags_a_restart_by_a_tick() {
    let receiver = Receiver::start().await;
    let mut flagger = flagger(&receiver);
    let cluster = flagger.cluster();
    assert_eq!(cluster.exposition(), "");
    canary_at(&mut flagger, 5).await;
    let shows = |line: &str| cluster.exposition().lines().any(|shown| shown == line);
    assert!(shows(r#"flagger_canary_weight{namespace="fnp",workload="api"} 5"#), "{}", cluster.exposition());
    assert!(shows(r#"flagger_canary_weight{namespace="fnp",workload="api-primary"} 95"#));
    assert!(shows(r#"flagger_canary_status{name="api",namespace="fnp"} 0"#));
    flagger.deploy("v3");
    receiver.next(ConfirmTrafficIncrease, Answer::status(403));
    flagger.tick().await;
    assert!(shows(r#"flagger_canary_weight{namespace="fnp",workload="api"} 5"#), "{}", cluster.exposition());
    flagger.tick().await;
    assert!(shows(r#"flagger_canary_weight{namespace="fnp",workload="api"} 0"#), "{}", cluster.exposition());
}
