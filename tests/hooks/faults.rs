//! Faults of hooks, releases and the store, one test each, and one row each in `docs/OPERATIONS.md`.
//!
//! Each fault befalls a rollout that would otherwise go on (or go back). Flagger has the hooks that the documentation
//! names; between it and Haldane lies a relay that does to calls what networks do. What all faults have in common is
//! asserted in one place: no step is skipped or given twice, nothing is rolled back of our making, no check fails, and
//! it ends by itself.

mod calls;
mod relay;
mod releases;
mod traffic;

use crate::fault_table::{Row, Table, flagger_saw, without_numbers};
use crate::policy::{HOME, SERVICE, one_region};
use crate::world::{NEW, World};
use haldane::report::summary::RolloutSummary;
use haldane_core::fact::{Entry, Fact, RolloutId};
use haldane_core::time::Span;
use haldane_flagger_model::{HookKind, Phase, TickReport, Webhook};
use haldane_store::RolloutFilter;
use relay::{Fault, Relay};

const LOST: &str = "an answer is lost on its way, or comes after Flagger's timeout";
const REPEATED: &str = "every hook arrives twice";
const LATE: &str = "hooks of an earlier step or run arrive late";
const AT_ONCE: &str = "hooks arrive at the same instant";
const NO_CHECKSUM: &str = "Flagger sends no checksum (before 1.34), and the event of a new revision is lost";
const DIES: &str = "Haldane dies between recording a yes and giving it";
const REVISIONS: &str = "two new revisions within seconds, while one is at 5 %";
const NO_CANARY: &str = "5 % was routed, but the canary gets none of the requests";
const ALL_CANARY: &str = "5 % was routed, but the canary gets all of the requests";
const STORE: &str = "the store takes no commit";

const FAULTS: Table = Table {
    section: "hooks",
    faults: &[LOST, REPEATED, LATE, AT_ONCE, NO_CHECKSUM, DIES, REVISIONS, NO_CANARY, ALL_CANARY, STORE],
};

/// Flagger's interval.
const TICK: Span = Span::from_s(10);

/// More rounds than any rollout here takes.
const ROUNDS: usize = 60;

#[test]
fn the_table_has_a_row_for_every_fault() {
    FAULTS.is_whole();
}

/// A rollout behind a relay, and what Flagger saw while something was broken.
struct Scene {
    world: World,
    relay: Relay,
    ticks: Vec<TickReport>,
}

impl Scene {
    /// A Flagger that has nothing to do yet.
    async fn start() -> Self {
        let world = World::start(one_region()).await;
        let relay = Relay::start(world.http.clone(), world.base()).await;
        let mut scene = Self { world, relay, ticks: Vec::new() };
        scene.hooks_of(NEW);
        scene
    }

    /// The release at `weight`, whose next question would be answered yes.
    async fn ready_at(weight: u32) -> Self {
        let mut scene = Self::start().await;
        scene.world.climb_to(weight).await;
        scene.world.poll_until("advance").await;
        scene
    }

    /// The hooks of the documentation, naming `release`, through the relay.
    fn hooks_of(&mut self, release: &str) {
        let hooks = Webhook::haldane_set(self.relay.base(), HOME, Some(release));
        self.world.home().flagger.edit(|spec| spec.webhooks = hooks);
    }

    /// Applies another revision, whose name its hooks carry.
    fn deploy(&mut self, release: &str) {
        self.hooks_of(release);
        self.world.deploy(release);
    }

    /// An interval later Flagger ticks, and what it sees belongs to the fault.
    async fn tick(&mut self) -> &TickReport {
        self.world.advance(TICK);
        let report = self.world.tick().await;
        self.ticks.push(report);
        self.ticks.last().expect("one was just pushed")
    }

    /// The same after a poll.
    async fn round(&mut self) -> &TickReport {
        self.world.poll().await;
        self.tick().await
    }

    /// What the API lists first: the current rollout.
    async fn summary(&self) -> RolloutSummary {
        let text = self.world.get("/api/v1/rollouts").await.body;
        let mut all: Vec<RolloutSummary> = serde_json::from_str(&text).unwrap();
        all.remove(0)
    }

    /// The report's first sentence, which people see on both pages.
    async fn headline(&self) -> String {
        let summary = self.summary().await;
        for path in ["/".to_owned(), format!("/rollouts/{}", summary.id)] {
            let page = self.world.get(&path).await.body.replace("&#39;", "'");
            assert!(page.contains(&summary.headline), "{} is not on {path}: {page}", summary.headline);
        }
        summary.headline
    }

    /// Goes on without a fault until Flagger is done, and holds the whole rollout against what every fault must leave
    /// true.
    async fn is_promoted(&mut self) {
        self.relay.breaks(Fault::None);
        for _ in 0..ROUNDS {
            if self.world.effect().phase == Phase::Succeeded {
                break;
            }
            self.world.round().await;
        }
        let effect = self.world.effect();
        assert_eq!((effect.phase, effect.failed_checks), (Phase::Succeeded, 0), "{:?}", self.summary().await);
        assert_eq!(self.summary().await.standing, "promoted");
        self.skipped_nothing().await;
    }

    /// The rollouts of this world: each weight was seen in its turn, and no permission of the current one is missing.
    async fn skipped_nothing(&self) {
        let current = self.world.rollout().id;
        let mut seen: Vec<u32> = Vec::new();
        let mut given: Vec<u32> = Vec::new();
        for fact in self.facts_of(&current).await {
            if let Fact::WeightSeen { weight: weight @ 1.., .. } = fact {
                seen.push(weight);
            }
            if let Fact::Permitted { weight, .. } = fact {
                given.push(weight);
            }
        }
        seen.dedup();
        given.dedup();
        assert_eq!((seen.as_slice(), given.as_slice()), (&[5, 50, 100][..], &[0, 5, 50, 100][..]));
    }

    /// The facts of one rollout, in their order.
    async fn facts_of(&self, id: &RolloutId) -> Vec<Fact> {
        let facts = self.world.store().facts(SERVICE, 0).await.unwrap();
        let facts = facts.iter().map(|f| serde_json::from_str::<Entry>(&f.body).unwrap().fact);
        let from = facts.skip_while(|fact| !matches!(fact, Fact::Opened(o) if o.rollout == *id));
        let mut openings = 0;
        from.take_while(|fact| {
            openings += usize::from(matches!(fact, Fact::Opened(_)));
            openings == 1
        })
        .collect()
    }

    /// How often leaving `weight` was allowed in the current rollout.
    async fn times_given(&self, weight: u32) -> usize {
        let facts = self.facts_of(&self.world.rollout().id).await;
        facts.iter().filter(|f| matches!(f, Fact::Permitted { weight: w, .. } if *w == weight)).count()
    }

    /// How every rollout ended, oldest first.
    async fn outcomes(&self) -> Vec<String> {
        let records = self.world.store().rollouts(&RolloutFilter::default(), 100).await.unwrap();
        records.into_iter().rev().map(|r| r.outcome.unwrap_or_else(|| "open".to_owned())).collect()
    }

    /// The weight that Flagger routes.
    fn weight(&self) -> u32 {
        self.world.effect().weight
    }

    /// Tells the row: what Flagger saw in the ticks of the fault, what was reported, how it ended.
    fn tell(&self, fault: &'static str, report: &str, end: &str) {
        let flagger = flagger_saw(&self.ticks, self.world.effect().failed_checks);
        FAULTS.tell(&Row { fault, flagger, report: without_numbers(report), end: end.to_owned() });
    }
}

/// The only hook of these tests that gives more traffic.
const INCREASE: HookKind = HookKind::ConfirmTrafficIncrease;
