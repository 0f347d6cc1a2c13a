//! One Haldane, three regions, and lines between them; time is set by hand.

use crate::cluster::Cluster;
use crate::line::{How, Line};
use crate::place::{Place, Stage, Way};
use crate::pods::Pods;
use crate::policy::{Addresses, Layout, REGIONS, SERVICE, policy};
use crate::traffic;
use futures_util::future::join_all;
use haldane::engine::{Engine, EngineConfig, ScrapeSettings, Service, SyntheticPast};
use haldane::http::Server;
use haldane_clock::Clock;
use haldane_core::increment::Region;
use haldane_core::report::Decision;
use haldane_core::state;
use haldane_core::time::{Span, Timestamp};
use haldane_flagger_model::{CanarySpec, Flagger, Webhook};
use haldane_store::{RolloutFilter, Store};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

/// The version that everybody serves at the beginning.
const OLD: &str = "1.0.0";
/// The version that is rolled out.
const NEW: &str = "2.0.0";
/// The time between two polls: the policies' increment. (The made-up past reads it here, too.)
pub(crate) const POLL: Span = Span::from_s(30);
/// Failed checks after which Flagger goes back by itself.
const THRESHOLD: u32 = 3;
/// Real time for a source to answer.
pub(crate) const DEADLINE: Duration = Duration::from_secs(1);
/// Many more rounds than any release here takes.
pub(crate) const ROUNDS: usize = 120;

pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) places: BTreeMap<&'static str, Place>,
    engine: Engine,
    server: Server,
    _folder: tempfile::TempDir,
}

impl World {
    /// A Haldane that judges `layout`, and in each region a Flagger that has a new revision to roll out.
    pub(crate) async fn start(layout: Layout) -> Self {
        let clock = Clock::manual(Timestamp::from_s(1_800_000_000));
        let folder = tempfile::tempdir().unwrap();
        let (mut parts, mut addresses) = (Vec::new(), Vec::new());
        for region in REGIONS {
            let mut spec = CanarySpec::new("fnp", "api", &[5, 50, 100], Vec::new());
            (spec.interval, spec.threshold) = (Span::from_s(10), THRESHOLD);
            let flagger = Flagger::new(spec, OLD, clock.clone());
            let (cluster, pods) = (Cluster::start(&flagger, clock.clone()).await, Pods::start().await);
            let (api, kubeconfig) = cluster.line(folder.path(), region);
            let source = Line::to(pods.address);
            addresses.push(Addresses { pods: source.address(), kubeconfig });
            parts.push((region, flagger, cluster, pods, source, api));
        }
        let Ok(addresses) = <[Addresses; 3]>::try_from(addresses) else { panic!("three regions") };
        let (engine, server) = haldane(layout, &addresses, folder.path(), &clock).await;
        let places = parts.into_iter().map(|(region, flagger, cluster, pods, source, api)| {
            let hooks = Line::to(server.address());
            let base = format!("http://{}", hooks.address());
            flagger.edit(|spec| spec.webhooks = Webhook::haldane_set(&base, region, Some(NEW)));
            (region, Place { flagger, cluster, pods, source, api, hooks, routed: vec![0] })
        });
        let world = Self { clock, places: places.collect(), engine, server, _folder: folder };
        for region in REGIONS {
            world.sights(region).await;
        }
        world.places.values().for_each(|place| {
            place.flagger.deploy(NEW);
            place.cluster.deployed(NEW);
        });
        let deployed = format!("api:{NEW}");
        for region in REGIONS {
            world.sees_image(region, &deployed).await;
        }
        world
    }

    pub(crate) fn place(&mut self, region: &str) -> &mut Place {
        self.places.get_mut(region).expect("a region of the policy")
    }

    pub(crate) fn stage(&self, region: &str) -> Stage {
        self.places[region].stage()
    }

    pub(crate) fn service(&self) -> &Service {
        self.engine.service(SERVICE).expect("the policy's service")
    }

    pub(crate) fn rollout(&self, region: &str) -> Option<state::Rollout> {
        self.service().published().state.rollouts.get(&Region::from(region)).cloned()
    }

    pub(crate) fn decision(&self, region: &str) -> Option<Decision> {
        self.service().published().look.region(&Region::from(region)).map(|look| look.decision.clone())
    }

    /// The sentences of the present decision.
    pub(crate) fn reasons(&self, region: &str) -> Vec<String> {
        let decision = self.decision(region);
        decision.map_or_else(Vec::new, |d| d.reasons().iter().map(ToString::to_string).collect())
    }

    // What happens.

    /// So much later all regions are polled, then all Flaggers tick, each in its own time.
    pub(crate) async fn round(&mut self, span: Span) {
        // On the grid of the polls: a heartbeat may have left the clock beside it.
        self.passes((self.clock.now() + span).aligned(POLL) - self.clock.now());
        for region in REGIONS {
            self.polled(region).await;
        }
        join_all(self.places.values_mut().map(Place::tick)).await;
        for region in REGIONS {
            self.sights(region).await;
        }
    }

    /// Rounds until `is` so.
    pub(crate) async fn until(&mut self, what: &str, is: impl Fn(&Self) -> bool) {
        for _ in 0..ROUNDS {
            if is(self) {
                return;
            }
            self.round(POLL).await;
        }
        panic!("it never came to {what}: {}", self.tells());
    }

    /// Time passes for clocks and users; no Flagger ticks.
    pub(crate) fn passes(&self, span: Span) {
        self.places.values().for_each(|place| place.serve(span));
        self.clock.set(self.clock.now() + span);
    }

    pub(crate) async fn cut(&mut self, region: &str, ways: &[Way], how: How) {
        for way in ways {
            self.place(region).cut(*way, how).await;
        }
    }

    /// Mends what was cut, and waits until a cluster is believed again, which takes two of its heartbeats.
    pub(crate) async fn mend(&mut self, region: &str, ways: &[Way]) {
        for way in ways {
            self.place(region).mend(*way).await;
        }
        if ways.contains(&Way::Cluster) {
            self.reads(region).await;
        }
    }

    /// How every rollout ended.
    pub(crate) async fn outcomes(&self) -> Vec<(String, Option<String>)> {
        let records = self.engine.store().rollouts(&RolloutFilter::default(), 1_000).await.unwrap();
        let mut outcomes: Vec<_> = records.into_iter().map(|r| (r.region.0, r.outcome)).collect();
        outcomes.sort();
        outcomes
    }

    /// Everything that a failure needs to be understood.
    pub(crate) fn tells(&self) -> String {
        let told = REGIONS.map(|region| {
            let place = &self.places[region];
            format!(
                "\n{region}: {:?} routed {:?}; {:?}; {:?}",
                place.flagger.status().phase,
                place.routed,
                self.rollout(region).map(|r| r.stage),
                self.decision(region).map(|d| (d.name(), self.reasons(region)))
            )
        });
        told.concat()
    }

    pub(crate) async fn stop(self) {
        let Self { engine, server, places, .. } = self;
        drop(places);
        server.stop().await.unwrap();
        engine.stop().await.unwrap();
    }
}

async fn haldane(
    layout: Layout,
    addresses: &[Addresses; 3],
    folder: &std::path::Path,
    clock: &Clock,
) -> (Engine, Server) {
    let (policy, sources) = policy(layout, addresses);
    let synthetic = REGIONS.map(|region| SyntheticPast {
        service: policy.service.clone(),
        region: Region::from(region),
        past: traffic::past(&Region::from(region), clock.now()),
    });
    let engine = Engine::start(EngineConfig {
        policies: vec![(policy, sources)],
        store: Store::open(&folder.join("haldane.db")).await.unwrap(),
        clock: clock.clone(),
        scrape: ScrapeSettings { deadline: DEADLINE, ..ScrapeSettings::default() },
        public_url: None,
        synthetic: synthetic.into(),
    })
    .await
    .unwrap();
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let server = Server::start(any, engine.clone()).await.unwrap();
    (engine, server)
}
