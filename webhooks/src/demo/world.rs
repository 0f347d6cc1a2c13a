//! One simulated region: pods, a model of Flagger, and an invented past.

use haldane_clock::Clock;
use haldane_core::history::PastIncrement;
use haldane_core::increment::{Arms, Counts, Increment, Reading, Region};
use haldane_core::policy::{RegionPolicy, ScrapeTargets, Source, Targets};
use haldane_core::signal::Signal;
use haldane_core::time::{Span, Timestamp};
use haldane_flagger_model::{CanarySpec, Cluster, Flagger, Webhook};
use haldane_pods::{HistoryBin, HistoryWindow, ModelConfig, RegionConfig, RegionPods, Scenario, history};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The version that everybody serves before the demo.
const OLD: &str = "1.0.0";
/// The version that is rolled out.
pub(super) const NEW: &str = "2.0.0";

/// Flagger's interval: short, because Haldane makes the windows.
const INTERVAL: Span = Span::from_s(10);
/// Failed checks after which Flagger would roll back by itself.
const THRESHOLD: u32 = 5;

/// One region before its Flagger runs.
pub(super) struct World {
    pub(super) region: Region,
    pods: RegionPods,
    flagger: Flagger,
    past: Vec<HistoryBin>,
}

/// One region while its Flagger runs.
pub(super) struct Running {
    pub(super) region: Region,
    pub(super) cluster: Cluster,
    pods: RegionPods,
    flagger: JoinHandle<Flagger>,
}

impl World {
    /// Starts the pods of a region, in which its part of `scenario` will happen; `weights` is the policy's ladder.
    pub(super) async fn start(
        RegionPolicy { name: region, role, .. }: RegionPolicy,
        index: u64,
        scenario: Scenario,
        seed: u64,
        origin: Timestamp,
        clock: &Clock,
        weights: &[u32],
    ) -> anyhow::Result<Self> {
        let mut spec = CanarySpec::new("fnp", "api", weights, Vec::new());
        (spec.interval, spec.threshold) = (INTERVAL, THRESHOLD);
        let flagger = Flagger::new(spec, OLD, clock.clone());
        let scenario = scenario.in_role(role);
        // Regions have traffic of their own: the same seed would make them count the same requests.
        let model = ModelConfig::new(seed.wrapping_mul(1_000).wrapping_add(index), origin, scenario, NEW);
        let window = HistoryWindow { minutes: 60, bin: Span::from_s(30), limit_ms: 200.0 };
        let past = history(&model, &window)?;
        let pods =
            RegionPods::start(RegionConfig { model, clock: clock.clone(), live: flagger.live() }).await?;
        Ok(Self { region, pods, flagger, past })
    }

    /// Where its pods expose their metrics.
    pub(super) fn source(&self) -> Source {
        let (canary, primary) = (self.pods.canary_urls(), self.pods.primary_urls());
        Source::Scrape(ScrapeTargets { canary: Targets::Listed(canary), primary: Targets::Listed(primary) })
    }

    /// The hour before, as the poller would have counted it.
    pub(super) fn past(&self) -> Vec<PastIncrement> {
        let bin = Span::from_s(30);
        self.past.iter().map(|b| past_increment(&self.region, b, bin)).collect()
    }

    /// Points Flagger's hooks at `base_url`, rolls the new version out, and lets it tick.
    pub(super) fn run(self, base_url: &str, stop: watch::Receiver<bool>) -> Running {
        let Self { region, pods, flagger, .. } = self;
        let cluster = flagger.cluster();
        let webhooks = Webhook::haldane_set(base_url, &region.0, Some(NEW));
        cluster.edit(|spec| spec.webhooks = webhooks);
        cluster.deploy(NEW);
        let flagger = tokio::spawn(flagger.run(stop, |_| {}));
        Running { region, cluster, pods, flagger }
    }
}

impl Running {
    /// Waits for Flagger's last tick, and stops the pods. The stop signal has been given.
    pub(super) async fn stop(self) -> anyhow::Result<()> {
        self.flagger.await?;
        self.pods.stop().await;
        Ok(())
    }
}

fn past_increment(region: &Region, past: &HistoryBin, bin: Span) -> PastIncrement {
    let since = past.as_of - bin;
    let counted = |bad| Reading::Counted {
        since,
        canary: None,
        primary: Some(Counts::exact(bad, past.requests)),
        bracket: None,
    };
    let signals = [
        (Signal::P99Latency, counted(past.slower_than_limit)),
        (Signal::ErrorRate, counted(past.errors)),
        (Signal::Http5xx, counted(past.errors)),
    ];
    let (region, as_of, arms) = (region.clone(), past.as_of, Arms::PrimaryOnly);
    let increment = Increment {
        region,
        as_of,
        arms,
        canary_targets: 0,
        canary_restarts: 0,
        canary_pods: Default::default(),
        signals: signals.into(),
    };
    PastIncrement { increment, synthetic: true }
}
