//! One region that goes on by itself: pods, a model of Flagger, a fast clock. The service may be dead meanwhile.

use crate::service::{PATIENCE, Place, Service, through};
use haldane::report::summary::RolloutSummary;
use haldane_clock::Clock;
use haldane_core::time::{Span, Timestamp};
use haldane_flagger_model::{CanarySpec, Flagger, HookKind, Live, Phase, TickReport, Webhook};
use haldane_pods::{ModelConfig, RegionConfig, RegionPods, Scenario};
use std::time::Duration;
use tokio::process::Command;
use tokio::time::timeout;

/// The version that is served before.
pub(crate) const OLD: &str = "1.0.0";
/// The version that is rolled out.
pub(crate) const NEW: &str = "2.0.0";
/// Flagger's interval, the shortest there is.
const INTERVAL: Span = Span::from_s(10);

/// The region and the place where its service lives.
pub(crate) struct World {
    pub(crate) place: Place,
    pub(crate) pods: RegionPods,
    flagger: Flagger,
    clock: Clock,
    next_tick: Timestamp,
}

/// The example policy with one region, whose pods are at these addresses.
pub(crate) fn policy(canary: &[String], primary: &[String]) -> String {
    let example = include_str!("../../policies/fnp.yaml");
    let (rules, _) = example.split_once("\n  regions:\n").expect("the example has regions");
    format!(
        "{rules}\n  regions:\n    - name: us-east\n      role: active\n      scrape:\n        \
         canary: {canary:?}\n        primary: {primary:?}\n"
    )
}

/// A tick takes milliseconds; one that does not do what it must will not do it later.
const STUCK: Duration = Duration::from_secs(20);

impl World {
    /// A region in which `scenario` befalls the new version, on a clock `factor` times faster; nothing ticks yet.
    pub(crate) async fn start(scenario: Scenario, factor: f64, seed: u64) -> Self {
        let clock = Clock::accelerated(factor);
        let mut spec = CanarySpec::new("fnp", "api", &[5, 50, 100], Vec::new());
        (spec.interval, spec.threshold) = (INTERVAL, 5);
        let flagger = Flagger::new(spec, OLD, clock.clone());
        let model = ModelConfig::new(seed, clock.now(), scenario, NEW);
        let (clock_of_pods, live) = (clock.clone(), flagger.live());
        let pods = RegionPods::start(RegionConfig { model, clock: clock_of_pods, live }).await.unwrap();
        let place = Place::new(&policy(&pods.canary_urls(), &pods.primary_urls()));
        Self { place, pods, flagger, next_tick: clock.now(), clock }
    }

    /// Starts the service on the world's clock, the first time or again.
    pub(crate) async fn serve(&self) -> Service {
        Service::start(&mut self.command(), &self.place.directory.path().join("log")).await
    }

    fn command(&self) -> Command {
        let fast = self.clock.acceleration().unwrap();
        let (real_us, shown_us) = (fast.real_origin.as_us(), fast.shows.as_us());
        let mut command = self.place.command();
        command.arg("--accelerated-clock").arg(format!("{real_us},{shown_us},{}", fast.factor));
        command
    }

    /// The same, where a file that may not grow is an error to the service, as a full disk is, and not its end.
    pub(crate) async fn serve_under_limits(&self) -> Service {
        let heedless = ["-c", "trap '' XFSZ; exec \"$0\" \"$@\""];
        let mut command = through("sh", &heedless, &self.command());
        Service::start(&mut command, &self.place.directory.path().join("log")).await
    }

    /// How long Flagger waits for an answer from now on, in real time; how long it did.
    pub(crate) fn hooks_wait(&self, patience: Duration) -> Duration {
        let mut before = patience;
        self.flagger.edit(|spec| {
            for hook in &mut spec.webhooks {
                before = std::mem::replace(&mut hook.timeout, patience);
            }
        });
        before
    }

    /// The world's time.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Rolls the new version out, judged by `service`.
    pub(crate) fn deploy(&self, service: &Service) {
        let webhooks = Webhook::haldane_set(service.base_url(), "us-east", Some(NEW));
        self.flagger.edit(|spec| spec.webhooks = webhooks);
        self.flagger.deploy(NEW);
    }

    /// Flagger's next tick, when it is due. The test ticks, so that it knows what is under way when it kills.
    pub(crate) async fn tick(&mut self) -> TickReport {
        self.clock.sleep_until(self.next_tick).await;
        self.next_tick = self.clock.now() + INTERVAL;
        let report = self.flagger.tick().await;
        assert_eq!(self.flagger.status().failed_checks, 0, "{report:?}");
        report
    }

    /// The tick in which the weight rises, with a `kill -9` between the new route and the event that would tell of it.
    pub(crate) async fn tick_with_a_kill_at_the_new_weight(&mut self, service: Service) {
        let mut live = self.flagger.live();
        let weight = live.borrow().canary_weight;
        self.clock.sleep_until(self.next_tick).await;
        let kill = async {
            let moved = live.wait_for(|live| live.canary_weight > weight).await;
            drop(moved.unwrap());
            service.kill().await;
        };
        let both = async { tokio::join!(self.flagger.tick(), timeout(STUCK, kill)) };
        let (report, killed) = both.await;
        killed.unwrap_or_else(|_| panic!("the weight did not rise: {report:#?}"));
        // Its first second was slow: the next one keeps to the grid, and its questions come sooner than an interval.
        self.next_tick = self.clock.now() + INTERVAL - Span::from_s(1);
        let told = report.calls.last().map(|call| (call.kind, call.outcome.is_ok()));
        assert_eq!(told, Some((HookKind::Event, false)), "the event was not lost");
    }

    /// Ticks until `reached` holds of what the API says after a tick.
    pub(crate) async fn until(
        &mut self,
        service: &Service,
        what: &str,
        reached: impl Fn(&RolloutSummary) -> bool,
    ) {
        let mut last = None;
        let wait = async {
            loop {
                self.tick().await;
                let summary = service.rollout().await;
                let over = reached(&summary);
                last = Some(summary);
                if over {
                    return;
                }
            }
        };
        if timeout(PATIENCE, wait).await.is_err() {
            panic!("not {what}, but {last:#?}; log:\n{}", self.place.log());
        }
    }

    /// Waits for the same without any tick: Flagger is busy elsewhere.
    pub(crate) async fn without_a_tick(&self, service: &Service, reached: impl Fn(&RolloutSummary) -> bool) {
        let wait = async {
            while !reached(&service.rollout().await) {
                self.clock.sleep(INTERVAL).await;
            }
        };
        timeout(PATIENCE, wait).await.expect("it does not come");
    }

    /// The routes and versions.
    pub(crate) fn live(&self) -> Live {
        self.flagger.live().borrow().clone()
    }

    /// Where Flagger is.
    pub(crate) fn phase(&self) -> Phase {
        self.flagger.status().phase
    }
}
