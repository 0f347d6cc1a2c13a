//! Guards, by their effect on Flagger: they hold its start and its traffic with their sentence, cost no failed check, roll
//! nothing back, and let go when they clear.

use crate::policy::{AWAY, HOME, SERVICE, guarded, in_order, one_region, unanswered};
use crate::world::{World, status_of};
use haldane_core::guard::Seen;
use haldane_core::increment::{Missing, SourceFault};
use haldane_core::time::Span;
use haldane_flagger_model::HookKind::{ConfirmRollout, ConfirmTrafficIncrease, Rollback};
use haldane_flagger_model::Phase::{Progressing, Succeeded, Waiting};

impl World {
    fn show(&mut self, region: &str, guard: &str, level: f64) {
        let seen = Seen::Level { level, what: Some("db-1".to_owned()) };
        self.guards.insert((region.to_owned(), guard.to_owned()), seen);
    }

    async fn guarded_facts(&self) -> usize {
        let facts = self.store().facts(SERVICE, 0).await.unwrap();
        facts.iter().filter(|fact| fact.body.contains("\"fact\":\"guarded\"")).count()
    }
}

const LAGS: &str = "guard lag in us-east: the copy is 9.0 s behind, over 5.0 s (db-1)";

#[tokio::test]
async fn a_guard_that_stands_keeps_a_release_from_starting_until_it_clears() {
    let mut world = World::start(guarded(one_region())).await;
    world.show(HOME, "lag", 9.0);
    world.poll().await;
    world.deploy(crate::world::NEW);
    for _ in 0..3 {
        world.poll().await;
        let report = world.tick().await;
        assert_eq!(status_of(&report, ConfirmRollout), Some(403));
        assert_eq!((world.effect().phase, world.effect().failed_checks), (Waiting, 0));
    }
    let reply = world.ask("confirm-rollout").await;
    assert!(reply.body.starts_with(&format!("hold: {LAGS}, for ")), "{}", reply.body);
    assert!(reply.body.ends_with("it clears when it is 5.0 s or less"), "{}", reply.body);
    world.show(HOME, "lag", 1.0);
    world.poll().await;
    world.tick().await;
    assert_eq!(world.effect().phase, Progressing);
}

#[tokio::test]
async fn a_guard_that_stands_holds_the_traffic_costs_no_failed_check_and_rolls_nothing_back() {
    let mut world = World::start(guarded(one_region())).await;
    world.climb_to(5).await;
    world.poll_until("advance").await;
    world.show(HOME, "lag", 9.0);
    for _ in 0..30 {
        world.poll().await;
        let report = world.tick().await;
        assert_eq!(status_of(&report, ConfirmTrafficIncrease), Some(403));
        assert_eq!(status_of(&report, Rollback), Some(403));
        let effect = world.effect();
        assert_eq!((effect.weight, effect.failed_checks, effect.phase), (5, 0, Progressing));
    }
    assert!(world.reasons_in(HOME).iter().any(|why| why.starts_with(LAGS)), "{:?}", world.reasons_in(HOME));
    let (id, page) = (world.rollout().id, world.get("/").await.body);
    assert!(page.contains(LAGS), "{page}");
    assert!(world.get(&format!("/rollouts/{id}")).await.body.contains(LAGS));
    assert!(
        world
            .get("/metrics")
            .await
            .body
            .contains("haldane_guard_holds{service=\"fnp/api\",region=\"us-east\",guard=\"lag\"} 1.0")
    );
    world.show(HOME, "lag", 0.0);
    world.until_phase(HOME, Succeeded).await;
    let went = world.get(&format!("/rollouts/{id}")).await.body;
    assert!(went.contains("guard lag in us-east holds no more"), "{went}");
}

#[tokio::test]
async fn a_region_that_is_down_holds_the_others_and_a_lag_holds_its_own_alone() {
    let mut world = World::start(guarded(in_order())).await;
    world.poll().await;
    world.climb_to(5).await;
    world.show(AWAY, "lag", 9.0);
    world.poll_until("advance").await;
    world.show(AWAY, "region-up", 1.0);
    world.poll().await;
    world.tick().await;
    assert_eq!(world.effect().weight, 5);
    assert!(world.reasons_in(HOME).iter().any(|why| why.starts_with("guard region-up in eu-central")));
    world.show(AWAY, "region-up", 0.0);
    world.until_phase(HOME, Succeeded).await;
}

#[tokio::test]
async fn what_is_not_known_holds() {
    let mut world = World::start(guarded(one_region())).await;
    world.climb_to(5).await;
    world.poll_until("advance").await;
    let why = Missing::Source {
        source: "prometheus:9090".to_owned(),
        fault: SourceFault::TimedOut { deadline_ms: 5000 },
    };
    world.guards.insert((HOME.to_owned(), "lag".to_owned()), Seen::Unknown { why });
    world.poll().await;
    let report = world.tick().await;
    assert_eq!(status_of(&report, ConfirmTrafficIncrease), Some(403));
    assert!(world.reasons_in(HOME).iter().any(|why| why.starts_with("guard lag in us-east: not known:")));
}

#[tokio::test]
async fn where_nothing_is_under_way_only_what_changes_is_recorded_and_since_when_outlives_the_store_s_absence()
 {
    let mut world = World::start(guarded(one_region())).await;
    for _ in 0..5 {
        world.poll().await;
    }
    assert_eq!(world.guarded_facts().await, 1, "the first look is news, the same again is none");
    world.show(HOME, "lag", 9.0);
    world.lose_store();
    world.poll().await;
    let began = world.clock.now();
    world.poll().await;
    world.restore_store();
    for _ in 0..5 {
        world.poll().await;
    }
    assert_eq!(world.guarded_facts().await, 2);
    world.advance(Span::from_min(30));
    world.poll().await;
    assert_eq!(world.guarded_facts().await, 2);
    world.deploy(crate::world::NEW);
    world.tick().await;
    // Judged by the poll just now, though none was recorded for half an hour.
    let reply = world.ask("confirm-rollout").await;
    assert!(reply.body.starts_with(&format!("hold: {LAGS}, for ")), "{}", reply.body);
    world.stop_haldane().await;
    world.start_haldane().await;
    let state = world.published().state.clone();
    let known = &state.guards[&HOME.into()]["lag"];
    assert_eq!(known.since, Some(began));
}

#[tokio::test]
async fn where_the_source_does_not_answer_every_guard_is_told_as_unknown() {
    let world = World::start(guarded(unanswered())).await;
    let mut published = world.service().watch();
    while published.borrow_and_update().state.guards.is_empty() {
        tokio::select! {
            changed = published.changed() => changed.unwrap(),
            () = tokio::task::yield_now() => world.advance(Span::from_s(1)),
        }
    }
    let state = world.published().state.clone();
    let seen = &state.guards[&HOME.into()];
    assert_eq!(seen.keys().collect::<Vec<_>>(), ["lag", "region-up"]);
    assert!(seen.values().all(|known| matches!(known.seen, Seen::Unknown { .. }) && known.since.is_some()));
}
