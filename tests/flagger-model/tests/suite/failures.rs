//! Failed checks, rollbacks, and which words of an answer survive.

use crate::receiver::{Answer, Receiver};
use crate::setup::{canary_at, flagger, hook, with_hooks};
use haldane_flagger_model::HookKind::{
    ConfirmTrafficIncrease, Event, PostRollout, PreRollout, Rollback, Rollout,
};
use haldane_flagger_model::{HookFailure, HookKind, Live, Phase, Webhook};

#[tokio::test]
async fn three_failed_checks_roll_back_on_the_fourth_tick() {
    let receiver = Receiver::start().await;
    let mut flagger = flagger(&receiver);
    canary_at(&mut flagger, 50).await;
    receiver.always(Rollout, Answer::status(403).saying("too slow"));
    for failed in 1..=3 {
        let report = flagger.tick().await;
        assert_eq!(report.kinds(), [Rollback, Rollout], "no traffic increase is asked for");
        assert_eq!((flagger.status().failed_checks, report.weight_after), (failed, 50));
    }
    let fourth = flagger.tick().await;
    assert_eq!(fourth.kinds(), [Rollback, PostRollout]);
    assert!(fourth.has_event("Rolling back api.fnp failed checks threshold reached 3"));
    assert!(fourth.has_event("Canary failed! Scaling down api.fnp"));
    assert_eq!(fourth.call(PostRollout).unwrap().phase, Phase::Failed);
    let live = flagger.live().borrow().clone();
    assert_eq!(live, Live { canary_revision: "v2".to_owned(), ..Live::serving("v1") });
    assert_eq!((fourth.phase, flagger.status().failed_checks), (Phase::Failed, 0));
}

#[tokio::test]
async fn failed_checks_add_up_over_the_run_and_over_both_kinds_of_hook() {
    let receiver = Receiver::start().await;
    let mut flagger = flagger(&receiver);
    receiver.next(PreRollout, Answer::status(403).saying("no table"));
    flagger.deploy("v2");
    flagger.tick().await;
    let refused = flagger.tick().await;
    assert_eq!(refused.kinds(), [Rollback, PreRollout]);
    assert!(refused.has_event("Halt api.fnp advancement pre-rollout check pre-rollout failed no table"));
    flagger.tick().await;
    assert_eq!(flagger.status().failed_checks, 1, "a success forgets nothing");
    receiver.next(Rollout, Answer::status(403));
    flagger.tick().await;
    flagger.tick().await;
    assert_eq!(flagger.status().failed_checks, 2);
}

#[tokio::test]
async fn a_threshold_of_zero_counts_as_one() {
    let receiver = Receiver::start().await;
    let mut flagger = flagger(&receiver);
    flagger.edit(|spec| spec.threshold = 0);
    canary_at(&mut flagger, 5).await;
    assert_eq!(flagger.tick().await.weight_after, 50, "no failed check, no rollback");
    receiver.next(Rollout, Answer::status(403));
    flagger.tick().await;
    assert_eq!(flagger.tick().await.phase, Phase::Failed);
}

#[tokio::test]
async fn success_is_200_201_or_202_and_nothing_else() {
    for (status, passes) in [(200, true), (201, true), (202, true), (203, false), (204, false), (304, false)]
    {
        let receiver = Receiver::start().await;
        let mut flagger = flagger(&receiver);
        canary_at(&mut flagger, 5).await;
        receiver.next(Rollout, Answer::status(status));
        flagger.tick().await;
        assert_eq!(flagger.status().failed_checks == 0, passes, "{status}");
    }
}

#[tokio::test]
async fn a_403_body_reaches_the_event_of_a_rollout_hook_but_not_of_a_gate() {
    let receiver = Receiver::start().await;
    let mut flagger = flagger(&receiver);
    canary_at(&mut flagger, 5).await;
    receiver.next(Rollout, Answer::status(403).saying("P99 is 480 ms"));
    let report = flagger.tick().await;
    assert!(report.has_event("Halt api.fnp advancement external check rollout failed P99 is 480 ms"));
    receiver.next(ConfirmTrafficIncrease, Answer::status(403).saying("P99 is 480 ms"));
    flagger.tick().await;
    let told: Vec<_> = receiver.hits(Event).iter().map(|hit| hit.field("eventMessage")).collect();
    assert_eq!(told.iter().filter(|text| text.contains("480")).count(), 1, "{told:?}");
}

#[tokio::test]
async fn the_body_of_a_500_and_of_a_429_is_lost_and_that_of_a_501_is_not() {
    for (status, kept) in [(500, false), (502, false), (503, false), (429, false), (501, true), (404, true)] {
        let receiver = Receiver::start().await;
        let mut flagger = flagger(&receiver);
        canary_at(&mut flagger, 5).await;
        receiver.next(Rollout, Answer::status(status).saying("the reason"));
        let report = flagger.tick().await;
        let failure = report.call(Rollout).unwrap().outcome.clone().unwrap_err();
        let url = format!("{}/hooks/eu/rollout", receiver.base_url);
        let text =
            if kept { "the reason".to_owned() } else { format!("POST {url} giving up after 1 attempt(s)") };
        assert_eq!((failure.to_string(), failure.status()), (text.clone(), Some(status)));
        assert!(report.has_event(&format!("Halt api.fnp advancement external check rollout failed {text}")));
    }
}

#[tokio::test]
async fn a_rollback_hooks_yes_rolls_back_at_once_whatever_the_threshold() {
    let receiver = Receiver::start().await;
    let mut flagger = flagger(&receiver);
    canary_at(&mut flagger, 50).await;
    receiver.next(Rollback, Answer::status(202));
    let report = flagger.tick().await;
    assert_eq!(report.kinds(), [Rollback, PostRollout]);
    assert_eq!((report.weight_after, report.phase), (0, Phase::Failed));
    assert!(report.has_event("Rolling back api.fnp manual webhook invoked"));
    assert!(!report.events.iter().any(|event| event.message.contains("threshold")));
}

#[tokio::test]
async fn a_dead_rollback_hook_rolls_nothing_back() {
    let receiver = Receiver::start().await;
    let mut hooks = Webhook::all(&receiver.base_url, "eu", None);
    // Port 1 of the loopback: nothing listens there.
    hooks.iter_mut().find(|hook| hook.kind == Rollback).unwrap().url =
        "http://127.0.0.1:1/rollback".to_owned();
    let mut flagger = with_hooks(hooks);
    canary_at(&mut flagger, 5).await;
    let report = flagger.tick().await;
    let failure = report.call(Rollback).unwrap().outcome.clone().unwrap_err();
    assert!(matches!(failure, HookFailure::GaveUp { status: None, cause: Some(_), .. }), "{failure:?}");
    assert!(report.has_event("Rollback hook rollback not signaling a rollback"));
    assert_eq!((report.weight_after, flagger.status().failed_checks), (50, 0));
}

#[tokio::test]
async fn a_dead_rollout_hook_is_a_failed_check() {
    let receiver = Receiver::start().await;
    let mut hooks = Webhook::all(&receiver.base_url, "eu", None);
    hooks.iter_mut().find(|hook| hook.kind == Rollout).unwrap().url = "http://127.0.0.1:1/".to_owned();
    let mut flagger = with_hooks(hooks);
    canary_at(&mut flagger, 5).await;
    flagger.tick().await;
    assert_eq!(flagger.status().failed_checks, 1);
}

#[tokio::test]
async fn the_first_failing_hook_of_a_kind_keeps_the_others_of_it_from_being_called() {
    let receiver = Receiver::start().await;
    for kind in [PreRollout, Rollout, ConfirmTrafficIncrease, PostRollout] {
        let second = Webhook { name: "second".to_owned(), ..hook(&receiver, kind) };
        let mut flagger = with_hooks(vec![hook(&receiver, kind), second]);
        receiver.next(kind, Answer::status(403));
        flagger.deploy("v2");
        let names = first_calls(&mut flagger, kind).await;
        assert_eq!(names, [kind.path_name()], "{kind}");
    }
}

#[tokio::test]
async fn every_rollback_hook_is_asked_until_one_says_yes() {
    let receiver = Receiver::start().await;
    let second = Webhook { name: "second".to_owned(), ..hook(&receiver, Rollback) };
    let third = Webhook { name: "third".to_owned(), ..hook(&receiver, Rollback) };
    let mut flagger = with_hooks(vec![hook(&receiver, Rollback), second, third]);
    receiver.next(Rollback, Answer::status(403));
    receiver.next(Rollback, Answer::status(200));
    flagger.deploy("v2");
    assert_eq!(first_calls(&mut flagger, Rollback).await, ["rollback", "second"]);
    assert_eq!(flagger.status().phase, Phase::Failed);
}

/// The names of the hooks of `kind` called in the first tick that calls any.
async fn first_calls(flagger: &mut haldane_flagger_model::Flagger, kind: HookKind) -> Vec<String> {
    for _ in 0..20 {
        let report = flagger.tick().await;
        let of_kind = report.calls.into_iter().filter(|call| call.kind == kind);
        let names: Vec<_> = of_kind.map(|call| call.name).collect();
        if !names.is_empty() {
            return names;
        }
    }
    panic!("no {kind} in 20 ticks");
}
