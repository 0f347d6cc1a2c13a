//! The order of calls in a rollout, with the phase and the checksum that each carries.

use crate::receiver::{Answer, Receiver};
use crate::setup::{canary_at, flagger, ticks_until};
use haldane_flagger_model::HookKind::{
    ConfirmPromotion, ConfirmRollout, ConfirmTrafficIncrease, PostRollout, PreRollout, Rollback, Rollout,
};
use haldane_flagger_model::{Health, HookKind, Live, Phase, checksum};

#[tokio::test]
async fn with_all_gates_open_the_calls_and_weights_are_those_of_the_contract() {
    let receiver = Receiver::start().await;
    let mut flagger = flagger(&receiver);
    assert!(flagger.tick().await.kinds().is_empty(), "an unchanged target has nothing to ask");
    flagger.deploy("v2");
    let table: [(&[HookKind], u32, Phase); 7] = [
        (&[ConfirmRollout], 0, Phase::Progressing),
        (&[Rollback, PreRollout, ConfirmTrafficIncrease], 5, Phase::Progressing),
        (&[Rollback, Rollout, ConfirmTrafficIncrease], 50, Phase::Progressing),
        (&[Rollback, Rollout, ConfirmTrafficIncrease], 100, Phase::Progressing),
        (&[Rollback, Rollout, ConfirmTrafficIncrease, ConfirmPromotion], 100, Phase::Promoting),
        (&[], 0, Phase::Finalising),
        (&[PostRollout], 0, Phase::Succeeded),
    ];
    for (tick, (kinds, weight_after, phase)) in table.into_iter().enumerate() {
        let report = flagger.tick().await;
        assert_eq!(report.kinds(), kinds, "tick {tick}");
        assert_eq!((report.weight_after, report.phase), (weight_after, phase), "tick {tick}");
    }
    assert!(flagger.tick().await.calls.is_empty(), "after its end a run asks nothing");
    assert_eq!(*flagger.live().borrow(), Live::serving("v2"));
}

#[tokio::test]
async fn pods_that_start_are_waited_for_without_a_hook_and_without_a_failed_check() {
    let receiver = Receiver::start().await;
    let mut flagger = flagger(&receiver);
    flagger.edit(|spec| (spec.ready_after_ticks, spec.primary_ready_after_ticks) = (2, 1));
    flagger.deploy("v2");
    assert_eq!(flagger.tick().await.kinds(), [ConfirmRollout]);
    for _ in 0..2 {
        assert!(flagger.tick().await.kinds().is_empty());
    }
    assert_eq!(flagger.tick().await.kinds(), [Rollback, PreRollout, ConfirmTrafficIncrease]);
    ticks_until(&mut flagger, |f| f.status().phase == Phase::Promoting).await;
    let waiting = flagger.tick().await;
    assert_eq!((waiting.kinds(), waiting.weight_after), (vec![], 100));
    assert_eq!(flagger.tick().await.weight_after, 0);
    assert_eq!(flagger.status().failed_checks, 0);
}

#[tokio::test]
async fn routes_and_versions_are_published_as_they_change() {
    let receiver = Receiver::start().await;
    let mut flagger = flagger(&receiver);
    let live = flagger.live();
    let shown = |weight, up, canary: &str, primary: &str| Live {
        canary_weight: weight,
        canary_up: up,
        canary_revision: canary.to_owned(),
        primary_revision: primary.to_owned(),
    };
    assert_eq!(*live.borrow(), Live::serving("v1"));
    flagger.deploy("v2");
    assert_eq!(*live.borrow(), Live::serving("v1"), "a canary without pods follows no deployment");
    flagger.tick().await;
    assert_eq!(*live.borrow(), shown(0, true, "v2", "v1"));
    flagger.tick().await;
    assert_eq!(*live.borrow(), shown(5, true, "v2", "v1"));
    ticks_until(&mut flagger, |f| f.status().phase == Phase::Promoting).await;
    assert_eq!(*live.borrow(), shown(100, true, "v2", "v2"));
    flagger.tick().await;
    assert_eq!(*live.borrow(), shown(0, true, "v2", "v2"));
    flagger.tick().await;
    assert_eq!(*live.borrow(), shown(0, false, "v2", "v2"));
}

#[tokio::test]
async fn the_last_weight_is_the_top_even_when_it_is_not_everything() {
    let receiver = Receiver::start().await;
    let mut flagger = flagger(&receiver);
    flagger.edit(|spec| spec.step_weights = vec![5, 50]);
    canary_at(&mut flagger, 50).await;
    let top = flagger.tick().await;
    assert_eq!(top.kinds(), [Rollback, Rollout, ConfirmTrafficIncrease, ConfirmPromotion]);
    assert_eq!((top.weight_after, top.phase), (50, Phase::Promoting));
}

#[tokio::test]
async fn the_payloads_phase_is_real_only_for_confirm_rollout_rollback_and_post_rollout() {
    let receiver = Receiver::start().await;
    let mut flagger = flagger(&receiver);
    receiver.next(ConfirmRollout, Answer::status(403));
    receiver.next(ConfirmPromotion, Answer::status(403));
    flagger.deploy("v2");
    ticks_until(&mut flagger, |f| f.status().phase == Phase::Succeeded).await;
    let phases =
        |kind| receiver.hits(kind).iter().map(|hit| hit.field("phase")).collect::<Vec<_>>().join(" ");
    assert_eq!(phases(ConfirmRollout), "Initialized Waiting");
    assert_eq!(phases(PreRollout), "Progressing");
    assert_eq!(phases(Rollback), "Progressing Progressing Progressing Progressing WaitingPromotion");
    assert_eq!(phases(Rollout), "Progressing Progressing Progressing Progressing");
    assert_eq!(phases(ConfirmTrafficIncrease), "Progressing Progressing Progressing Progressing");
    assert_eq!(phases(ConfirmPromotion), "Progressing Progressing");
    assert_eq!(phases(PostRollout), "Succeeded");
}

#[tokio::test]
async fn the_checksum_at_confirm_rollout_names_the_previous_revision() {
    let receiver = Receiver::start().await;
    let mut flagger = flagger(&receiver);
    receiver.next(ConfirmRollout, Answer::status(403));
    flagger.deploy("v2");
    flagger.tick().await;
    flagger.tick().await;
    flagger.tick().await;
    let sums = |kind| receiver.hits(kind).iter().map(|hit| hit.field("checksum")).collect::<Vec<_>>();
    assert_eq!(sums(ConfirmRollout), [checksum("v1"), checksum("v1")]);
    assert_eq!(sums(ConfirmTrafficIncrease), [checksum("v2")]);
}

#[tokio::test]
async fn after_a_failed_run_the_checksum_at_confirm_rollout_is_already_the_new_one() {
    let receiver = Receiver::start().await;
    let mut flagger = flagger(&receiver);
    canary_at(&mut flagger, 5).await;
    receiver.next(Rollback, Answer::status(200));
    assert_eq!(flagger.tick().await.phase, Phase::Failed);
    assert!(flagger.tick().await.calls.is_empty(), "the same revision is not tried again");
    flagger.deploy("v3");
    let asked = flagger.tick().await;
    let call = asked.call(ConfirmRollout).unwrap();
    assert_eq!((call.phase, call.checksum.as_str()), (Phase::Failed, checksum("v3").as_str()));
    assert_eq!(asked.phase, Phase::Progressing);
}

#[tokio::test]
async fn after_a_failed_run_a_change_is_lost_if_the_primary_is_not_ready_on_that_tick() {
    let receiver = Receiver::start().await;
    let mut flagger = flagger(&receiver);
    canary_at(&mut flagger, 5).await;
    receiver.next(Rollback, Answer::status(200));
    flagger.tick().await;
    flagger.deploy("v3");
    flagger.cluster().set_primary_health(Health::NotReady);
    assert!(flagger.tick().await.kinds().is_empty());
    flagger.cluster().set_primary_health(Health::Fine);
    assert!(flagger.tick().await.kinds().is_empty());
    assert_eq!(flagger.status().phase, Phase::Failed);
}

#[tokio::test]
async fn the_next_release_starts_from_succeeded() {
    let receiver = Receiver::start().await;
    let mut flagger = flagger(&receiver);
    flagger.deploy("v2");
    ticks_until(&mut flagger, |f| f.status().phase == Phase::Succeeded).await;
    flagger.deploy("v3");
    let asked = flagger.tick().await;
    let call = asked.call(ConfirmRollout).unwrap();
    assert_eq!((call.phase, call.checksum.as_str()), (Phase::Succeeded, checksum("v2").as_str()));
    ticks_until(&mut flagger, |f| f.status().phase == Phase::Succeeded).await;
    assert_eq!(*flagger.live().borrow(), Live::serving("v3"));
}
