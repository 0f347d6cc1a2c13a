//! The event hook: the only channel by which a webhook learns the weight.

use crate::receiver::{Answer, Receiver};
use crate::setup::{START, canary_at, flagger, hook, ticks_until, with_hooks};
use haldane_flagger_model::HookKind::Event;
use haldane_flagger_model::{Phase, checksum};
use std::collections::BTreeMap;

#[tokio::test]
async fn a_whole_rollout_is_told_in_flaggers_words() {
    let receiver = Receiver::start().await;
    let mut flagger = flagger(&receiver);
    flagger.edit(|spec| spec.step_weights = vec![50]);
    flagger.deploy("v2");
    ticks_until(&mut flagger, |f| f.status().phase == Phase::Succeeded).await;
    let told: Vec<_> = receiver.hits(Event).iter().map(|hit| hit.field("eventMessage")).collect();
    assert_eq!(
        told,
        [
            "Confirm-rollout check confirm-rollout passed",
            "New revision detected! Scaling up api.fnp",
            "Rollback hook rollback not signaling a rollback",
            "Starting canary analysis for api.fnp",
            "Pre-rollout check pre-rollout passed",
            "Confirm-traffic-increase check confirm-traffic-increase passed",
            "Advance api.fnp canary weight 50",
            "Rollback hook rollback not signaling a rollback",
            "Confirm-traffic-increase check confirm-traffic-increase passed",
            "Confirm-promotion check confirm-promotion passed",
            "Copying api.fnp template spec to api-primary.fnp",
            "Routing all traffic to primary",
            "Post-rollout check post-rollout passed",
            "Promotion completed! Scaling down api.fnp",
        ]
    );
    let recorded: Vec<_> = flagger.events().iter().map(|event| event.message.clone()).collect();
    assert_eq!(recorded, told);
}

#[tokio::test]
async fn an_events_payload_has_the_phase_in_memory_a_type_and_milliseconds() {
    let receiver = Receiver::start().await;
    let mut flagger = flagger(&receiver);
    flagger.deploy("v2");
    flagger.tick().await;
    let event = receiver.hits(Event).pop().unwrap();
    assert_eq!(event.field("eventMessage"), "New revision detected! Scaling up api.fnp");
    assert_eq!(event.field("eventType"), "Normal");
    assert_eq!(event.field("timestamp"), (START.as_us() / 1000).to_string());
    assert_eq!(event.field("phase"), "Progressing", "said before the status says so");
    assert_eq!(event.field("checksum"), checksum("v1"), "the status was not written yet");
}

#[tokio::test]
async fn the_three_reserved_keys_win_over_the_hooks_own_metadata() {
    let receiver = Receiver::start().await;
    let mut events = hook(&receiver, Event);
    events.metadata = BTreeMap::from([
        ("eventMessage".to_owned(), "mine".to_owned()),
        ("release".to_owned(), "2026.1".to_owned()),
    ]);
    let mut flagger = with_hooks(vec![events]);
    flagger.deploy("v2");
    flagger.tick().await;
    let event = &receiver.hits(Event)[0];
    assert_eq!(event.field("eventMessage"), "New revision detected! Scaling up api.fnp");
    assert_eq!(event.field("release"), "2026.1");
}

#[tokio::test]
async fn a_failing_event_hook_changes_nothing() {
    let receiver = Receiver::start().await;
    let mut flagger = flagger(&receiver);
    receiver.always(Event, Answer::status(500));
    canary_at(&mut flagger, 100).await;
    assert_eq!(flagger.status().failed_checks, 0);
}

#[tokio::test]
async fn the_routes_have_changed_before_the_event_says_so() {
    let receiver = Receiver::start().await;
    let mut flagger = with_hooks(vec![hook(&receiver, Event)]);
    canary_at(&mut flagger, 5).await;
    let permits = std::sync::Arc::new(tokio::sync::Semaphore::new(0));
    receiver.always(Event, Answer::status(200).held_by(&permits));
    let mut live = flagger.live();
    let tick = tokio::spawn(async move { flagger.tick().await });
    live.wait_for(|live| live.canary_weight == 50).await.unwrap();
    assert!(!tick.is_finished(), "the tick waits for its event hook");
    permits.add_permits(1);
    assert!(tick.await.unwrap().has_event("Advance api.fnp canary weight 50"));
}
