//! A world in which only the test moves: one real Haldane behind real HTTP, one model of Flagger per region, one
//! clock set by hand, and traffic that is made up poll by poll.
//!
//! Flagger's ticks and Haldane's polls come when a test says so. A poll covers the thirty seconds before it; the
//! canary gets the share of the requests that the model of Flagger has really routed to it.

use crate::policy::{HOME, SERVICE};
use crate::traffic::{self, Traffic};
use haldane::engine::{Engine, EngineConfig, Published, ScrapeSettings, Service, SyntheticPast};
use haldane::http::{Edge, Server};
use haldane_clock::Clock;
use haldane_core::guard::{Guard, Seen, Watch, Watched};
use haldane_core::increment::Region;
use haldane_core::plan;
use haldane_core::policy::{Policy, Source, Sources};
use haldane_core::report::{Decision, RegionLook};
use haldane_core::state::{Rollout, Stage};
use haldane_core::time::{Span, Timestamp};
use haldane_flagger_model::{CanarySpec, Flagger, Phase, TickReport, Webhook};
use haldane_store::{RolloutFilter, RolloutRecord, Store};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The version that everybody serves at the beginning.
pub(crate) const OLD: &str = "1.0.0";
/// The version that is rolled out.
pub(crate) const NEW: &str = "2.0.0";
/// The time between two polls: the policies' increment.
pub(crate) const POLL: Span = Span::from_s(30);
/// Failed checks after which the model of Flagger goes back by itself.
pub(crate) const THRESHOLD: u32 = 3;

/// Many more rounds of poll and tick than any rollout here takes.
const ROUNDS: u32 = 60;

pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) policy: Policy,
    pub(crate) http: reqwest::Client,
    /// One region's Flagger and traffic, by the region's name.
    pub(crate) places: BTreeMap<String, Place>,
    /// What guards show that the policy names, by region and guard; a level of zero where nothing is set.
    pub(crate) guards: BTreeMap<(String, String), Seen>,
    pub(crate) public_url: Option<String>,
    sources: Sources,
    edge: Edge,
    folder: tempfile::TempDir,
    running: Option<Running>,
}

struct Running {
    engine: Engine,
    server: Server,
}

/// One region as the world sees it.
pub(crate) struct Place {
    pub(crate) flagger: Flagger,
    pub(crate) traffic: Traffic,
}

/// What an HTTP call came back with.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: String,
}

/// What a gate's answer changes in Flagger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Effect {
    pub(crate) weight: u32,
    pub(crate) failed_checks: u32,
    pub(crate) phase: Phase,
}

impl World {
    /// A Haldane with `policy`, and in each of its regions a Flagger with all eight hooks that has nothing to do yet.
    pub(crate) async fn start(policy: (Policy, Sources)) -> Self {
        Self::behind(|_| Edge::default(), policy).await
    }

    /// The same behind an edge that lives on the world's clock. The Flaggers know no credential yet.
    pub(crate) async fn behind(
        edge: impl FnOnce(&Clock) -> Edge,
        (policy, sources): (Policy, Sources),
    ) -> Self {
        let clock = Clock::manual(Timestamp::from_s(1_800_000_000));
        let edge = edge(&clock);
        let http = haldane_flagger_model::plain_http()
            .timeout(Duration::from_secs(10))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let mut world = Self {
            clock,
            policy,
            http,
            places: BTreeMap::new(),
            guards: BTreeMap::new(),
            public_url: Some("https://haldane.example/".to_owned()),
            sources,
            edge,
            folder: tempfile::tempdir().unwrap(),
            running: None,
        };
        world.start_haldane().await;
        for region in world.policy.regions.clone() {
            let flagger = world.flagger(&region.name.0);
            world.places.insert(region.name.0, Place { flagger, traffic: Traffic::Healthy });
        }
        world
    }

    /// Starts the service on the store that is there.
    pub(crate) async fn start_haldane(&mut self) {
        assert!(self.running.is_none(), "it runs already");
        let store = Store::open(&self.db()).await.unwrap();
        let synthetic = self.policy.regions.iter().map(|r| SyntheticPast {
            service: self.policy.service.clone(),
            region: r.name.clone(),
            past: traffic::past(&r.name, self.clock.now()),
        });
        let engine = Engine::start(EngineConfig {
            policies: vec![(self.policy.clone(), self.sources.clone())],
            store,
            clock: self.clock.clone(),
            // Tests bring their own increments, unless they are about asking a Prometheus.
            scrape: ScrapeSettings {
                enabled: self.sources.metrics.values().any(|s| matches!(s, Source::Prometheus(_))),
                ..ScrapeSettings::default()
            },
            public_url: self.public_url.clone(),
            synthetic: synthetic.collect(),
        })
        .await
        .unwrap();
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let server = Server::behind(self.edge.clone(), any, engine.clone()).await.unwrap();
        self.running = Some(Running { engine, server });
        for (region, place) in &self.places {
            let webhooks = self.webhooks(region);
            place.flagger.edit(|spec| spec.webhooks = webhooks);
        }
    }

    /// Stops the service; the store stays.
    pub(crate) async fn stop_haldane(&mut self) {
        let Running { engine, server } = self.running.take().expect("it runs");
        server.stop().await.unwrap();
        engine.stop().await.unwrap();
    }

    /// A Flagger of `region` with all eight hooks, and nothing to do yet.
    pub(crate) fn flagger(&self, region: &str) -> Flagger {
        let weights: Vec<u32> = self.policy.steps.iter().map(|s| s.weight).collect();
        let (namespace, name) = self.canary(region);
        let mut spec = CanarySpec::new(&namespace, &name, &weights, self.webhooks(region));
        (spec.interval, spec.threshold) = (Span::from_s(10), THRESHOLD);
        Flagger::new(spec, OLD, self.clock.clone())
    }

    /// What the Canary of `region` is called there: namespace and name.
    pub(crate) fn canary(&self, region: &str) -> (String, String) {
        let named = self.policy.service_in(&Region::from(region));
        let (namespace, name) = named.split_once('/').expect("namespace/name");
        (namespace.to_owned(), name.to_owned())
    }

    /// All eight hooks, naming the release.
    pub(crate) fn webhooks(&self, region: &str) -> Vec<Webhook> {
        Webhook::all(&self.base(), region, Some(NEW))
    }

    pub(crate) fn db(&self) -> PathBuf {
        self.folder.path().join("haldane.db")
    }

    pub(crate) fn base(&self) -> String {
        let running = self.running.as_ref().expect("it runs");
        format!("http://{}", running.server.address())
    }

    pub(crate) fn store(&self) -> &Store {
        self.running.as_ref().expect("it runs").engine.store()
    }

    pub(crate) fn service(&self) -> Service {
        let engine = &self.running.as_ref().expect("it runs").engine;
        engine.service(SERVICE).expect("the policy's service").clone()
    }

    pub(crate) fn published(&self) -> Arc<Published> {
        self.service().published()
    }

    // What Haldane knows.

    pub(crate) fn rollout_in(&self, region: &str) -> Option<Rollout> {
        self.published().state.rollouts.get(&Region::from(region)).cloned()
    }

    pub(crate) fn rollout(&self) -> Rollout {
        self.rollout_in(HOME).expect("a rollout is known")
    }

    pub(crate) fn stage(&self) -> Stage {
        self.rollout().stage
    }

    pub(crate) fn look_in(&self, region: &str) -> Option<RegionLook> {
        self.published().look.region(&Region::from(region)).cloned()
    }

    pub(crate) fn decision_in(&self, region: &str) -> Option<Decision> {
        self.look_in(region).map(|l| l.decision)
    }

    pub(crate) fn decision(&self) -> Decision {
        self.decision_in(HOME).expect("a look was taken")
    }

    /// The sentences of the present decision.
    pub(crate) fn reasons_in(&self, region: &str) -> Vec<String> {
        let decision = self.decision_in(region);
        decision.map_or_else(Vec::new, |d| d.reasons().iter().map(ToString::to_string).collect())
    }

    pub(crate) async fn rollouts_stored(&self) -> Vec<RolloutRecord> {
        self.store().rollouts(&RolloutFilter::default(), 1_000).await.unwrap()
    }

    // What Flagger shows.

    pub(crate) fn effect_in(&self, region: &str) -> Effect {
        let place = &self.places[region];
        let status = place.flagger.status();
        Effect {
            weight: place.flagger.live().borrow().canary_weight,
            failed_checks: status.failed_checks,
            phase: status.phase,
        }
    }

    pub(crate) fn effect(&self) -> Effect {
        self.effect_in(HOME)
    }

    pub(crate) fn home(&mut self) -> &mut Place {
        self.place(HOME)
    }

    pub(crate) fn place(&mut self, region: &str) -> &mut Place {
        self.places.get_mut(region).expect("a region of the policy")
    }

    // What happens.

    /// Time passes and nothing else does.
    pub(crate) fn advance(&self, span: Span) {
        self.clock.set(self.clock.now() + span);
    }

    /// Thirty seconds later every region is polled and shows its present traffic.
    pub(crate) async fn poll(&self) {
        self.advance(POLL);
        for region in self.places.keys() {
            self.poll_now(region).await;
        }
    }

    /// One region is polled now.
    pub(crate) async fn poll_now(&self, region: &str) {
        let place = &self.places[region];
        let weight = place.flagger.live().borrow().canary_weight;
        let name = Region::from(region);
        let arms = plan::arms(&self.published().state, &name);
        let increment = traffic::increment(&name, self.clock.now(), arms, place.traffic, weight);
        self.look_at_guards(region).await;
        self.service().ingest(increment).await;
        self.service().settled().await;
    }

    /// What a poll of one region shows of its guards is handed over; nothing where the policy has none.
    async fn look_at_guards(&self, region: &str) {
        let name = Region::from(region);
        let shown = |guard: &Guard| {
            let set = self.guards.get(&(region.to_owned(), guard.name.clone())).cloned();
            set.unwrap_or(Seen::Level { level: 0.0, what: None })
        };
        let guards = self.policy.guards_in(&name).into_iter();
        let guards: Vec<Watched> = guards.map(|guard| Watched { seen: shown(&guard), guard }).collect();
        self.service().guarded(Watch { region: name, as_of: self.clock.now(), guards }).await;
    }

    pub(crate) async fn healthy_poll(&mut self) {
        self.home().traffic = Traffic::Healthy;
        self.poll().await;
    }

    pub(crate) async fn sick_poll(&mut self) {
        self.home().traffic = Traffic::Sick;
        self.poll().await;
    }

    pub(crate) async fn silent_poll(&mut self) {
        self.home().traffic = Traffic::Silent;
        self.poll().await;
    }

    /// One tick of the first region's Flagger.
    pub(crate) async fn tick(&mut self) -> TickReport {
        self.tick_in(HOME).await
    }

    pub(crate) async fn tick_in(&mut self, region: &str) -> TickReport {
        self.place(region).flagger.tick().await
    }

    /// A poll of every region, then a tick of the first region's Flagger.
    pub(crate) async fn round(&mut self) {
        self.round_in(HOME).await;
    }

    /// A poll of every region, then a tick of one region's Flagger.
    pub(crate) async fn round_in(&mut self, region: &str) {
        self.poll().await;
        self.tick_in(region).await;
    }

    pub(crate) fn deploy(&self, revision: &str) {
        for place in self.places.values() {
            place.flagger.deploy(revision);
        }
    }

    /// Rounds until Flagger has routed `weight` to the canary.
    pub(crate) async fn climb_to(&mut self, weight: u32) {
        self.climb_in(HOME, weight).await;
    }

    pub(crate) async fn climb_in(&mut self, region: &str, weight: u32) {
        self.place(region).flagger.deploy(NEW);
        for _ in 0..ROUNDS {
            self.round_in(region).await;
            if self.effect_in(region).weight == weight {
                return;
            }
        }
        panic!("{region} never came to {weight} %: {:?}", self.reasons_in(region));
    }

    /// Rounds until Flagger's phase is `phase`.
    pub(crate) async fn until_phase(&mut self, region: &str, phase: Phase) {
        self.place(region).flagger.deploy(NEW);
        for _ in 0..ROUNDS {
            if self.effect_in(region).phase == phase {
                return;
            }
            self.round_in(region).await;
        }
        panic!("{region} never came to {phase}: {:?}", self.reasons_in(region));
    }

    /// Canary pods run without traffic: confirm-rollout has been answered, nothing has been polled.
    pub(crate) async fn admit(&mut self) {
        self.deploy(NEW);
        self.tick().await;
        self.tick().await;
        let effect = self.effect();
        assert_eq!((effect.phase, effect.weight), (Phase::Progressing, 0));
    }

    /// Polls, without any tick, until the decision has this name.
    pub(crate) async fn poll_until(&mut self, decision: &str) {
        self.poll_until_in(HOME, decision).await;
    }

    pub(crate) async fn poll_until_in(&mut self, region: &str, decision: &str) {
        for _ in 0..ROUNDS {
            if self.decision_in(region).is_some_and(|d| d.name() == decision) {
                return;
            }
            self.poll().await;
        }
        panic!("{region} never decided {decision}: {:?}", self.decision_in(region));
    }

    // Flagger's calls, made by hand.

    /// Posts `body` to a hook of the first region.
    pub(crate) async fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> Reply {
        self.send(reqwest::Method::POST, path, body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(reqwest::Method::GET, path, "").await
    }

    pub(crate) async fn send(
        &self,
        method: reqwest::Method,
        path: &str,
        body: impl Into<reqwest::Body>,
    ) -> Reply {
        let url = format!("{}{path}", self.base());
        let response = self.http.request(method, url).body(body).send().await.unwrap();
        Reply {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.text().await.unwrap(),
        }
    }

    /// Asks a hook of `region` as its Flagger would: with its phase, its checksum and the release.
    pub(crate) async fn ask_in(&self, region: &str, hook: &str) -> Reply {
        let status = self.places[region].flagger.status();
        let (namespace, name) = self.canary(region);
        let body = serde_json::json!({
            "name": name, "namespace": namespace, "phase": status.phase.name(), "checksum": status.checksum(),
            "metadata": {"release": NEW},
        });
        self.post(&format!("/hooks/{region}/{hook}"), body.to_string()).await
    }

    pub(crate) async fn ask(&self, hook: &str) -> Reply {
        self.ask_in(HOME, hook).await
    }

    /// Tells `region`'s event hook `message`.
    pub(crate) async fn tell_in(&self, region: &str, message: &str) -> Reply {
        let status = self.places[region].flagger.status();
        let (namespace, name) = self.canary(region);
        let body = serde_json::json!({
            "name": name, "namespace": namespace, "phase": status.phase.name(), "checksum": status.checksum(),
            "metadata": {"release": NEW, "eventMessage": message, "eventType": "Normal"},
        });
        self.post(&format!("/hooks/{region}/event"), body.to_string()).await
    }
}

/// The only answer to one kind of hook in a tick: its status.
pub(crate) fn status_of(report: &TickReport, kind: haldane_flagger_model::HookKind) -> Option<u16> {
    report.call(kind).map(|call| match &call.outcome {
        Ok(status) => *status,
        Err(failure) => failure.status().unwrap_or(0),
    })
}
