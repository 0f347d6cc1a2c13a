//! One simulated region: pods, a model of Flagger, and an invented past.

use super::director::Seat;
use super::system::System;
use crate::sources::parts;
use anyhow::Context;
use haldane_clock::Clock;
use haldane_core::history::PastIncrement;
use haldane_core::increment::{Arms, Counts, Increment, Reading, Region};
use haldane_core::policy::{Policy, ProbeSource, ProbeWhat, ScrapeTargets, Source, Targets};
use haldane_core::signal::Signal;
use haldane_core::time::{Span, Timestamp};
use haldane_flagger_model::{CanarySpec, Cluster, Flagger, Webhook};
use haldane_pods::{
    Behaviour, HistoryBin, HistoryWindow, ModelConfig, Place, RegionConfig, RegionPods, Scenario, history,
};
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
    place: watch::Sender<Place>,
    flagger: Flagger,
    past: Vec<HistoryBin>,
}

/// What is told in which system, and on which clock.
#[derive(Clone, Copy)]
pub(super) struct Stage<'a> {
    pub(super) system: System,
    pub(super) policy: &'a Policy,
    pub(super) scenario: Scenario,
    pub(super) seed: u64,
    pub(super) origin: Timestamp,
    pub(super) clock: &'a Clock,
}

/// One region while its Flagger runs.
pub(super) struct Running {
    pub(super) region: Region,
    pub(super) cluster: Cluster,
    pods: RegionPods,
    flagger: JoinHandle<Flagger>,
}

impl World {
    /// Starts the pods of the policy's region number `index`, in which its part of the scenario will happen.
    pub(super) async fn start(stage: Stage<'_>, index: usize) -> anyhow::Result<Self> {
        let Stage { system, policy, scenario, seed, origin, clock } = stage;
        let own = policy.regions.get(index).context("the policy has that many regions")?;
        let region = own.name.clone();
        let weights: Vec<u32> = policy.steps.iter().map(|s| s.weight).collect();
        let (namespace, name) = parts(policy.service_in(&region));
        let mut spec = CanarySpec::new(namespace, name, &weights, Vec::new());
        (spec.interval, spec.threshold) = (INTERVAL, THRESHOLD);
        let flagger = Flagger::new(spec, OLD, clock.clone());
        // Regions have traffic of their own: the same seed would make them count the same requests.
        let of_region = seed.wrapping_mul(1_000).wrapping_add(u64::try_from(index + 1)?);
        let mut model = ModelConfig::new(of_region, origin, scenario.in_role(own.role), NEW);
        let healthy = Behaviour::HEALTHY.p99_ms;
        for behaviour in [&mut model.faults.usual, &mut model.faults.bad] {
            behaviour.p99_ms *= system.p99_ms() / healthy;
        }
        let gate = policy.gates.iter().find(|gate| gate.signal == Signal::P99Latency);
        let limit_ms = gate.and_then(|gate| policy.limit_in(&region, gate)).unwrap_or(200.0);
        let window = HistoryWindow { minutes: 60, bin: Span::from_s(30), limit_ms };
        let past = history(&model, &window)?;
        let place = watch::Sender::new(Place::well(&region.0, system.writes(&region)));
        let config = RegionConfig { model, clock: clock.clone(), live: flagger.live() };
        let pods = RegionPods::start_in(config, place.subscribe()).await?;
        Ok(Self { region, pods, place, flagger, past })
    }

    /// Its place in the story.
    pub(super) fn seat(&self) -> Seat {
        Seat { region: self.region.clone(), place: self.place.clone(), live: self.flagger.live() }
    }

    /// The policy's probes of the region, asked of its first pod.
    pub(super) fn probes(&self, probes: &[ProbeSource]) -> Vec<ProbeSource> {
        let pods = self.pods.primary_urls();
        let address = pods.first().and_then(|url| url.strip_suffix("/metrics")).unwrap_or_default();
        let here = |probe: &ProbeSource| {
            let what = match &probe.what {
                ProbeWhat::Http { url, status, expect, ca_file } => {
                    let path = url.rsplit('/').next().unwrap_or_default();
                    let (status, expect) = (status.clone(), expect.clone());
                    ProbeWhat::Http {
                        url: format!("{address}/{path}"),
                        status,
                        expect,
                        ca_file: ca_file.clone(),
                    }
                }
                ProbeWhat::Tcp { host, port } => ProbeWhat::Tcp { host: host.clone(), port: *port },
            };
            ProbeSource { what, ..probe.clone() }
        };
        probes.iter().map(here).collect()
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
        primary_targets: 0,
        canary_restarts: 0,
        canary_pods: Default::default(),
        signals: signals.into(),
    };
    PastIncrement { increment, synthetic: true }
}
