//! A Flagger with every hook pointed at the receiver, on a clock that stands still.

use crate::receiver::Receiver;
use haldane_clock::Clock;
use haldane_core::time::Timestamp;
use haldane_flagger_model::{CanarySpec, Flagger, HookKind, TickReport, Webhook};
use std::time::Duration;

pub(crate) const STEPS: [u32; 3] = [5, 50, 100];

/// 2026-01-01T00:00:00Z, where the tests' clocks stand.
pub(crate) const START: Timestamp = Timestamp::from_s(1_767_225_600);

/// All eight hooks, weights 5, 50, 100, threshold 3, pods ready at once, no real back-off.
pub(crate) fn flagger(receiver: &Receiver) -> Flagger {
    with_hooks(Webhook::all(&receiver.base_url, "eu", None))
}

pub(crate) fn with_hooks(hooks: Vec<Webhook>) -> Flagger {
    let mut spec = CanarySpec::new("fnp", "api", &STEPS, hooks);
    spec.threshold = 3;
    spec.ready_after_ticks = 0;
    spec.primary_ready_after_ticks = 0;
    Flagger::new(spec, "v1", Clock::manual(START)).with_backoff_second(Duration::from_millis(1))
}

/// One hook of `kind` at the receiver.
pub(crate) fn hook(receiver: &Receiver, kind: HookKind) -> Webhook {
    Webhook::new(kind, format!("{}/hooks/eu/{kind}", receiver.base_url))
}

/// Deploys v2 and ticks until the canary serves `weight`.
pub(crate) async fn canary_at(flagger: &mut Flagger, weight: u32) {
    flagger.deploy("v2");
    ticks_until(flagger, |f| f.live().borrow().canary_weight == weight).await;
}

/// Ticks until `reached`; a model that never gets there fails the test.
pub(crate) async fn ticks_until(flagger: &mut Flagger, reached: impl Fn(&Flagger) -> bool) -> TickReport {
    for _ in 0..20 {
        let report = flagger.tick().await;
        if reached(flagger) {
            return report;
        }
    }
    panic!("not reached in 20 ticks: {:?}", flagger.status());
}
