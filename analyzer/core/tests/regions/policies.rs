//! Random policies: a graph of regions without circles, roles that fit it, bakes, how many at once, guards.

use haldane_core::guard::{Guard, Reach, Rule};
use haldane_core::increment::Region;
use haldane_core::policy::{Across, Gate, Mode, OnBreach, OnInconclusive, Policy, RegionPolicy, Role, Step};
use haldane_core::signal::Signal;
use haldane_core::time::Span;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// One to five regions; a standby comes after an active one, as a policy that is read from a file must have it.
pub(crate) fn random(rng: &mut ChaCha8Rng) -> Policy {
    let count = rng.random_range(1..=5);
    let name = |i: usize| Region(format!("r{i}"));
    let mut regions: Vec<RegionPolicy> = Vec::new();
    for i in 0..count {
        let standby = i > 0 && rng.random_bool(0.4);
        let earlier =
            |rng: &mut ChaCha8Rng| (0..i).filter(|_| rng.random_bool(0.3)).map(name).collect::<Vec<_>>();
        let mut after = earlier(rng);
        if standby {
            after.push(name(0));
        } else {
            // An active region never comes after a standby.
            after.retain(|a| regions.iter().any(|r| r.name == *a && r.role == Role::Active));
        }
        after.sort();
        after.dedup();
        let bake = if after.is_empty() { 0 } else { rng.random_range(0..4) };
        let role = match (standby, rng.random_bool(0.5)) {
            (false, _) => Role::Active,
            (true, true) => Role::Warm,
            (true, false) => Role::Cold,
        };
        regions.push(RegionPolicy {
            name: name(i),
            role,
            after,
            bake: Span::from_min(bake),
            limits: [].into(),
            aims: Default::default(),
        });
    }
    let guard = |name: &str, rule, reach| Guard {
        name: name.to_owned(),
        rule,
        wait: Span::ZERO,
        regions: Vec::new(),
        reach,
    };
    let guards = [
        guard("replication-lag", Rule::ReplicationLag { most: 5.0, bytes: false }, Reach::Here),
        guard("region-up", Rule::RegionUp, Reach::Everywhere),
        guard("failover", Rule::Failover { settle: Span::from_min(3), writers: None }, Reach::Everywhere),
    ];
    let across = Across {
        at_once: rng.random_bool(0.5).then(|| rng.random_range(1..=2)),
        on_breach: if rng.random_bool(0.3) { OnBreach::RollBackRelease } else { OnBreach::HoldOthers },
        guards: guards.into_iter().filter(|_| rng.random_bool(0.5)).collect(),
        ..Across::default()
    };
    let step = |weight| Step {
        weight,
        settle: Span::ZERO,
        observe: Span::from_min(1),
        extend_up_to: Span::from_min(6),
        prove: 8,
    };
    let limit = Gate { signal: Signal::ErrorRate, limit: Some(0.01), tolerate: None, report_only: false };
    Policy {
        name: "any".into(),
        service: "fnp/api".into(),
        mode: Mode::Enforce,
        strategy: Default::default(),
        false_rollback: 0.01,
        steps: vec![step(50), step(100)],
        gates: vec![limit],
        on_inconclusive: OnInconclusive::Hold,
        scrape_interval: Span::from_s(15),
        regions,
        across,
    }
}
