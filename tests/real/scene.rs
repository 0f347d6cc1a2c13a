//! One region on real parts with its Flagger, its Haldane, and a release on its way.

use crate::front::Front;
use crate::haldane::Haldane;
use crate::rules;
use haldane::report::summary::RolloutSummary;
use haldane_clock::Clock;
use haldane_core::time::Span;
use haldane_flagger_model::{CanarySpec, Cluster, Flagger, Status, TickReport, Webhook};
use haldane_world::{World, WorldConfig, until};
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

/// The version that everybody serves at first.
pub(crate) const OLD: &str = "1.0.0";
/// The version that is rolled out.
pub(crate) const NEW: &str = "2.0.0";

/// Far longer than any story takes; what takes longer does not come.
const PATIENCE: Span = Span::from_min(4);

/// How much faster Flagger's clock runs: its shortest interval, ten seconds, takes two.
const FLAGGERS_HURRY: f64 = 5.0;

/// What a scene may have that a sunny day has not.
pub(crate) struct Setting {
    /// How long each step is observed.
    pub(crate) observe: &'static str,
    /// The limit of the error rate: what is lax is proved with few requests.
    pub(crate) error_limit: &'static str,
    /// How far Haldane's clock is ahead of everybody else's.
    pub(crate) ahead: Span,
    /// Whether Haldane asks a front that can fail, and not Prometheus itself.
    pub(crate) fronted: bool,
}

impl Default for Setting {
    fn default() -> Self {
        Self { observe: "8s", error_limit: "0.1%", ahead: Span::ZERO, fronted: false }
    }
}

/// A running region.
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) haldane: Haldane,
    pub(crate) cluster: Cluster,
    /// Before Prometheus, if the setting has it.
    pub(crate) front: Option<Front>,
    ticks: Arc<Mutex<Vec<TickReport>>>,
    status: watch::Receiver<Status>,
    has_past: bool,
    // Dropped, it stops Flagger.
    _stop: watch::Sender<bool>,
    _folder: tempfile::TempDir,
}

impl Scene {
    /// Starts the parts and a Haldane with the tests' policy, and lets Flagger tick; nothing is rolled out yet.
    pub(crate) async fn start(config: WorldConfig) -> Self {
        Self::start_with(config, Setting::default()).await
    }

    /// The same in another setting.
    pub(crate) async fn start_with(config: WorldConfig, setting: Setting) -> Self {
        let has_past = config.history.is_some();
        let scrape_interval_s = u32::try_from(config.scrape_interval.as_us() / 1_000_000).unwrap();
        let mut world = World::start(config).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let source = world.prometheus().url();
        let front = if setting.fronted { Some(Front::start(&source).await) } else { None };
        let policy = rules::text(
            front.as_ref().map_or(&source, |front| &front.url),
            setting.observe,
            scrape_interval_s,
            setting.error_limit,
        );
        let haldane = Haldane::start(folder.path(), &policy, setting.ahead).await;
        let hooks = Webhook::haldane_set(haldane.base_url(), "us-east", Some(NEW));
        let mut spec = CanarySpec::new("fnp", "api", &[5, 50, 100], hooks);
        (spec.interval, spec.threshold) = (Span::from_s(10), 5);
        let flagger = Flagger::new(spec, OLD, Clock::accelerated(FLAGGERS_HURRY));
        world.follow(flagger.live());
        let (cluster, status) = (flagger.cluster(), flagger.statuses());
        let stop = watch::Sender::new(false);
        let stopped = stop.subscribe();
        let ticks = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&ticks);
        tokio::spawn(flagger.run(stopped, move |tick| seen.lock().unwrap().push(tick.clone())));
        Self { world, haldane, cluster, front, ticks, status, has_past, _stop: stop, _folder: folder }
    }

    /// Rolls the new version out once Prometheus has seen every pod, and Haldane the past if there is one.
    pub(crate) async fn release(&self) {
        self.world.is_scraped().await.unwrap();
        let is_read = || !self.has_past || self.haldane.log().contains("the primary's past was read");
        until("the past", PATIENCE, async || Ok(is_read().then_some(()))).await.unwrap();
        self.cluster.deploy(NEW);
    }

    /// Waits until the newest rollout is as wanted, and gives its summary.
    pub(crate) async fn until(&self, what: &str, wanted: impl Fn(&RolloutSummary) -> bool) -> RolloutSummary {
        let mut last = None;
        let found = until(what, PATIENCE, async || {
            last = self.haldane.newest().await;
            Ok(last.clone().filter(|summary| wanted(summary)))
        });
        let found = found.await;
        found.unwrap_or_else(|late| panic!("{late}\n{last:#?}\n{}", self.haldane.log()))
    }

    /// Flagger's ticks so far.
    pub(crate) fn ticks(&self) -> Vec<TickReport> {
        self.ticks.lock().unwrap().clone()
    }

    /// Flagger's view of the Canary.
    pub(crate) fn status(&self) -> Status {
        self.status.borrow().clone()
    }

    /// The share of the requests that users give to the canary now, in percent.
    pub(crate) fn canary_weight(&self) -> u32 {
        self.cluster.live().borrow().canary_weight
    }
}
