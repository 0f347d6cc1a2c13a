//! What Flagger was told is on the disk before it is told: a `kill -9` in the instant of the answer loses nothing.

use crate::recorded::Recorded;
use crate::service::Place;
use crate::world::policy;
use haldane_core::fact::Fact;
use serde_json::json;

/// Kills; each in the instant of another answer.
const KILLS: usize = 5;

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_is_recorded_before_it_is_given_and_is_given_again_after_a_kill() {
    // Nothing listens there: admission needs no metrics.
    let [canary, primary] = [9, 10].map(|port| [format!("http://127.0.0.1:{port}/metrics")]);
    let place = Place::new(&policy(&canary, &primary));
    let mut service = place.serve().await;
    for release in 0..KILLS {
        let payload = json!({"name": "api", "namespace": "fnp", "phase": "Initialized",
            "metadata": {"release": format!("2.0.{release}")}});
        let answer = service.hook("confirm-rollout", &payload).await;
        service.kill().await;
        assert_eq!(answer, (200, "advance".to_owned()));

        service = place.serve().await;
        let rollouts = service.rollouts().await;
        assert_eq!(rollouts.len(), release + 1, "one rollout per release: {rollouts:#?}");
        let newest = &rollouts[0];
        assert_eq!(newest.release, Some(format!("2.0.{release}")));
        let recorded = Recorded::of(&service, &newest.id).await;
        let facts: Vec<Fact> = recorded.facts().into_iter().map(|entry| entry.fact).collect();
        assert!(matches!(facts.as_slice(), [Fact::Opened(_), Fact::Admitted { .. }]), "{facts:?}");
        assert_eq!(service.hook("confirm-rollout", &payload).await, answer);
        Recorded::of(&service, &newest.id).await.assert_continues(&recorded);
        assert_eq!(service.rollouts().await.len(), release + 1, "the same question opened another rollout");
    }
    let superseded = service.rollouts().await.into_iter().filter(|r| r.standing == "superseded").count();
    assert_eq!(superseded, KILLS - 1);
    service.stop().await;
}
