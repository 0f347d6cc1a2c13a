//! The policy that the published tables are about: three gates, each against a limit and against the primary.

use haldane_core::cluster::Strategy;
use haldane_core::increment::Region;
use haldane_core::policy::{Gate, Mode, OnInconclusive, Policy, RegionPolicy, Role, Step};
use haldane_core::signal::Signal;
use haldane_core::time::Span;
use std::collections::BTreeMap;

/// Regions of the reference.
pub const REGIONS: usize = 6;

/// 5, 50 and 100 %; P99 below 200 ms, errors below 0.1 %, less than 5 responses of 5xx per minute, each at most 1.5 times
/// the primary's; a promise of 1 % over `regions` regions that go one after another, with increments of `bin`.
pub fn policy(regions: usize, bin: Span) -> Policy {
    let gate = |signal, limit| Gate { signal, limit: Some(limit), tolerate: Some(1.5), report_only: false };
    let min = Span::from_min;
    let step = |weight, observe_min, prove| Step {
        weight,
        settle: min(3),
        observe: min(observe_min),
        extend_up_to: min(3 * observe_min),
        prove,
    };
    let name = |index: usize| Region(format!("region-{}", index + 1));
    let region = |index: usize| RegionPolicy {
        name: name(index),
        role: Role::Active,
        after: index.checked_sub(1).map(name).into_iter().collect(),
        bake: if index == 0 { Span::ZERO } else { min(10) },
        limits: BTreeMap::new(),
        aims: Default::default(),
    };
    Policy {
        name: "reference".to_owned(),
        service: "lab/reference".to_owned(),
        mode: Mode::Enforce,
        strategy: Strategy::Canary,
        false_rollback: 0.01,
        steps: vec![step(5, 10, 2), step(50, 5, 1), step(100, 5, 1)],
        gates: vec![
            gate(Signal::P99Latency, 200.0),
            gate(Signal::ErrorRate, 0.001),
            gate(Signal::Http5xx, 5.0),
        ],
        on_inconclusive: OnInconclusive::Hold,
        scrape_interval: Span::from_us(bin.as_us() / 2),
        regions: (0..regions).map(region).collect(),
        across: Default::default(),
    }
}
