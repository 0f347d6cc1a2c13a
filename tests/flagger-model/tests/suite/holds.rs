//! What a held gate does, and what it does not do.

use crate::receiver::{Answer, Receiver};
use crate::setup::{canary_at, flagger};
use haldane_flagger_model::HookKind::{
    ConfirmPromotion, ConfirmRollout, ConfirmTrafficIncrease, Event, PreRollout, Rollback, Rollout,
};
use haldane_flagger_model::Phase;

/// Far beyond the threshold of 3.
const MANY: usize = 12;

#[tokio::test]
async fn confirm_rollout_holds_in_waiting_without_limit_and_without_a_rollback_hook() {
    let receiver = Receiver::start().await;
    let mut flagger = flagger(&receiver);
    receiver.always(ConfirmRollout, Answer::status(403).saying("frozen"));
    flagger.deploy("v2");
    for _ in 0..MANY {
        let report = flagger.tick().await;
        assert_eq!(report.kinds(), [ConfirmRollout]);
        assert_eq!(report.phase, Phase::Waiting);
    }
    assert!(!flagger.live().borrow().canary_up);
    let told: Vec<_> = flagger.events().iter().map(|event| event.message.as_str()).collect();
    assert_eq!(told, ["Halt api.fnp advancement waiting for approval confirm-rollout"], "once, without body");
    let event = &receiver.hits(Event)[0];
    assert_eq!(event.field("phase"), "Initialized", "the event carries the phase from before the write");
    receiver.always(ConfirmRollout, Answer::status(200));
    assert_eq!(flagger.tick().await.phase, Phase::Progressing);
}

#[tokio::test]
async fn a_held_first_step_repeats_pre_rollout_and_never_fails_a_check() {
    let receiver = Receiver::start().await;
    let mut flagger = flagger(&receiver);
    receiver.always(ConfirmTrafficIncrease, Answer::status(403));
    flagger.deploy("v2");
    flagger.tick().await;
    for _ in 0..MANY {
        let report = flagger.tick().await;
        assert_eq!(report.kinds(), [Rollback, PreRollout, ConfirmTrafficIncrease]);
        assert!(report.has_event(
            "Halt api.fnp advancement waiting for traffic increase approval confirm-traffic-increase"
        ));
    }
    let status = flagger.status();
    assert_eq!((status.failed_checks, status.canary_weight, status.phase), (0, 0, Phase::Progressing));
}

#[tokio::test]
async fn a_held_later_step_keeps_the_weight_while_rollout_hooks_go_on() {
    let receiver = Receiver::start().await;
    let mut flagger = flagger(&receiver);
    canary_at(&mut flagger, 5).await;
    receiver.always(ConfirmTrafficIncrease, Answer::status(403));
    for _ in 0..MANY {
        let report = flagger.tick().await;
        assert_eq!(report.kinds(), [Rollback, Rollout, ConfirmTrafficIncrease]);
        assert_eq!((report.weight_after, flagger.status().failed_checks), (5, 0));
    }
    receiver.always(Rollout, Answer::status(403));
    for _ in 0..3 {
        assert_eq!(flagger.tick().await.phase, Phase::Progressing);
    }
    assert_eq!(flagger.tick().await.phase, Phase::Failed, "a held canary can still fail");
}

#[tokio::test]
async fn a_held_promotion_shows_weight_zero_while_the_canary_serves_everything() {
    let receiver = Receiver::start().await;
    let mut flagger = flagger(&receiver);
    canary_at(&mut flagger, 100).await;
    receiver.always(ConfirmPromotion, Answer::status(403));
    let first = flagger.tick().await;
    assert_eq!(first.kinds(), [Rollback, Rollout, ConfirmTrafficIncrease, ConfirmPromotion]);
    assert!(
        first.has_event("Halt api.fnp advancement waiting for promotion approval confirm-promotion"),
        "{first:?}"
    );
    for _ in 0..MANY {
        let report = flagger.tick().await;
        assert_eq!(report.kinds(), [Rollback, Rollout, ConfirmPromotion], "no confirm-traffic-increase");
        assert!(!report.events.iter().any(|event| event.message.starts_with("Halt")), "told once");
        let status = flagger.status();
        assert_eq!((status.phase, status.canary_weight), (Phase::WaitingPromotion, 0));
        assert_eq!((status.iterations, status.failed_checks), (-1, 0));
        assert_eq!(flagger.live().borrow().canary_weight, 100);
    }
    receiver.always(ConfirmPromotion, Answer::status(200));
    assert_eq!(flagger.tick().await.phase, Phase::Promoting);
}

#[tokio::test]
async fn a_held_promotion_can_still_fail_and_be_rolled_back() {
    let receiver = Receiver::start().await;
    let mut flagger = flagger(&receiver);
    canary_at(&mut flagger, 100).await;
    receiver.always(ConfirmPromotion, Answer::status(403));
    flagger.tick().await;
    receiver.next(Rollout, Answer::status(403));
    let failing = flagger.tick().await;
    assert_eq!(failing.kinds(), [Rollback, Rollout], "confirm-promotion is not asked after a failed check");
    assert_eq!((failing.phase, flagger.status().failed_checks), (Phase::WaitingPromotion, 1));
    receiver.next(Rollback, Answer::status(200));
    let back = flagger.tick().await;
    assert_eq!((back.weight_before, back.weight_after, back.phase), (100, 0, Phase::Failed));
}
