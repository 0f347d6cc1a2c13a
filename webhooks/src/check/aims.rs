//! Objectives of recovery that do not go together: no reason to refuse a policy, and worth knowing before they are needed.

use super::findings::{Finding, RegionFindings};
use haldane_core::guard::Rule;
use haldane_core::policy::{Policy, RegionPolicy, Role};
use haldane_core::signal::Signal;
use haldane_core::time::Span;

/// What is odd about each region's objectives; regions about which there is nothing to say are left out.
pub fn aims(policy: &Policy) -> Vec<RegionFindings> {
    let of_region = |region: &RegionPolicy| {
        let mut findings = Vec::new();
        findings.extend(slow_news(policy, region));
        findings.extend(behind_a_warm_one(policy, region));
        findings.extend(wide_lag(policy, region));
        RegionFindings { region: region.name.clone(), findings }
    };
    policy.regions.iter().map(of_region).filter(|region| !region.findings.is_empty()).collect()
}

/// Whoever has to serve soon has to be told soon that another region is lost.
fn slow_news(policy: &Policy, region: &RegionPolicy) -> Option<Finding> {
    let rto = region.aims.rto?;
    let guards = policy.across.guards.iter().filter(|guard| guard.rule == Rule::RegionUp);
    let guard = guards.max_by_key(|guard| guard.wait)?;
    let told = guard.wait + policy.bin();
    (told > rto).then(|| {
        let says = format!(
            "it has to serve within {rto}, and {} says after up to {told} that a region is down",
            guard.name
        );
        Finding::note(
            "rto",
            says,
            "shorten for: of that guard, or scrapeInterval; a failover will not have waited for either",
        )
    })
}

/// A standby with no pods that promises more than one with pods.
fn behind_a_warm_one(policy: &Policy, region: &RegionPolicy) -> Vec<Finding> {
    if region.role != Role::Cold {
        return Vec::new();
    }
    let warm = || policy.regions.iter().filter(|other| other.role == Role::Warm);
    let tighter = |what: &str, own: Option<Span>, of: fn(&RegionPolicy) -> Option<Span>| {
        let own = own?;
        let (other, theirs) =
            warm().find_map(|other| Some((other, of(other).filter(|theirs| *theirs > own)?)))?;
        let says = format!("this cold region promises {own}, and the warm {} {theirs}", other.name);
        Some(Finding::note(what, says, "is one of them a slip? What has no pods is seldom the faster one"))
    };
    let (rpo, rto) = (region.aims.rpo, region.aims.rto);
    [tighter("rpo", rpo, |r| r.aims.rpo), tighter("rto", rto, |r| r.aims.rto)].into_iter().flatten().collect()
}

/// A gate that lets a copy be further behind than the objective allows, where no guard holds it closer.
fn wide_lag(policy: &Policy, region: &RegionPolicy) -> Option<Finding> {
    let rpo = region.aims.rpo?;
    let is_lag = |rule: &Rule| matches!(rule, Rule::ReplicationLag { bytes: false, .. });
    if policy.guards_in(&region.name).iter().any(|guard| is_lag(&guard.rule)) {
        return None;
    }
    let gate = policy.gates.iter().find(|gate| gate.signal == Signal::ReplicationLag)?;
    let limit = policy.limit_in(&region.name, gate)?;
    (limit > rpo.as_s()).then(|| {
        let says =
            format!("{rpo} of data may be lost, and the gate replication-lag lets a copy be {limit}s behind");
        Finding::note("rpo", says, "add replication-lag to spec.guards, or limits: to the region")
    })
}
