//! Which run is meant, when little is known of it or much happens at once; and nothing can be written down.

use super::{Fault, INCREASE, NO_CHECKSUM, REVISIONS, STORE, Scene, TICK};
use crate::traffic::Traffic;
use crate::world::status_of;
use haldane_core::state::Stage;
use haldane_core::time::Span;
use haldane_flagger_model::HookKind::{Event, Rollback};
use haldane_flagger_model::Phase::Progressing;

/// Convicted, and then replaced by a good revision whose event is lost. Without a checksum only the release that the
/// hooks name tells the two runs apart.
#[tokio::test]
async fn without_a_checksum_a_new_run_is_known_by_its_release() {
    let mut scene = Scene::start().await;
    scene.relay.breaks(Fault::DropsChecksums);
    scene.world.climb_to(5).await;
    let old = scene.world.rollout();
    assert_eq!(old.checksum, None);
    scene.world.home().traffic = Traffic::Sick;
    scene.world.poll_until("rollback").await;
    scene.world.home().traffic = Traffic::Healthy;
    scene.deploy("2.0.1");
    scene.world.home().flagger.edit(|spec| spec.webhooks.retain(|h| h.kind != Event));
    scene.world.advance(TICK);
    scene.world.tick().await;
    assert_eq!((scene.weight(), scene.world.rollout().id), (0, old.id.clone()), "nobody has said so");
    scene.hooks_of("2.0.1");
    for _ in 0..3 {
        let report = scene.tick().await;
        assert_ne!(status_of(report, Rollback), Some(200), "the old run's verdict rolled the new one back");
    }
    let new = scene.world.rollout();
    assert!(new.id != old.id && new.breach.is_none() && new.stage == Stage::Admitted, "{new:?}");
    let told = scene.headline().await;
    // To the end without a checksum.
    while scene.world.effect().phase == Progressing {
        scene.world.round().await;
    }
    scene.is_promoted().await;
    assert_eq!(scene.outcomes().await, ["superseded", "promoted"]);
    let end =
        "the release in the hooks' metadata tells the runs apart, and the old verdict is not used; promoted";
    scene.tell(NO_CHECKSUM, &told, end);
}

#[tokio::test]
async fn of_revisions_in_quick_succession_only_the_last_one_is_judged() {
    let mut scene = Scene::start().await;
    scene.world.climb_to(5).await;
    scene.world.poll().await;
    scene.deploy("2.0.1");
    let report = scene.tick().await;
    assert!(report.has_event("New revision detected! Restarting analysis for api.fnp"));
    scene.world.advance(Span::from_s(3));
    scene.deploy("2.0.2");
    scene.tick().await;
    let last = scene.world.rollout();
    assert_eq!((scene.weight(), last.stage, last.release.as_deref()), (0, Stage::Admitted, Some("2.0.2")));
    scene.tick().await;
    let told = scene.headline().await;
    assert_eq!(scene.weight(), 0, "nothing has been counted of this revision");
    scene.is_promoted().await;
    assert_eq!(scene.world.rollout().id, last.id);
    assert_eq!(scene.world.home().flagger.live().borrow().primary_revision, "2.0.2");
    assert_eq!(scene.outcomes().await, ["superseded", "superseded", "promoted"]);
    scene.tell(REVISIONS, &told, "each revision is a run of its own and begins at 0 %; the last is promoted");
}

#[tokio::test]
async fn a_store_that_takes_no_commit_holds_and_the_report_says_so() {
    let mut scene = Scene::ready_at(5).await;
    scene.world.lose_store();
    for _ in 0..3 {
        let report = scene.round().await;
        assert_eq!((status_of(report, INCREASE), status_of(report, Rollback)), (Some(403), Some(403)));
    }
    assert_eq!(scene.weight(), 5);
    assert_eq!(scene.world.get("/readyz").await.status, 503);
    let told = scene.headline().await;
    assert!(told.contains("nothing can be recorded"), "{told}");
    let polled = scene.world.rollout().polled;
    scene.world.restore_store();
    scene.world.poll().await;
    assert_eq!(scene.world.get("/readyz").await.status, 200);
    let facts = scene.facts_of(&scene.world.rollout().id).await;
    let since = |f: &&haldane_core::fact::Fact| matches!(f, haldane_core::fact::Fact::Polled(i) if Some(i.as_of) > polled);
    assert_eq!(facts.iter().filter(since).count(), 4, "the polls of the outage were kept");
    scene.is_promoted().await;
    scene.tell(STORE, &told, "the polls of the outage are recorded with the next one; promoted");
}
