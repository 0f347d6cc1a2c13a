//! Checks what a verdict may rest on, and that an RPO is held against something: both need the guards that there are.

use super::aims::RestsOn;
use super::refusal::Refusals;
use super::{Gate, RegionPolicy, Role};
use crate::guard::{Guard, Rule};
use crate::signal::Signal;

pub(super) fn validate(regions: &[RegionPolicy], gates: &[Gate], guards: &[Guard], refusals: &mut Refusals) {
    let has_active = regions.iter().any(|region| region.role == Role::Active);
    for (i, region) in regions.iter().enumerate() {
        let path = format!("spec.regions[{i}]");
        let here: Vec<&Guard> =
            guards.iter().filter(|g| g.regions.is_empty() || g.regions.contains(&region.name)).collect();
        rpo(&path, region, gates, &here, refusals);
        let path = format!("{path}.restsOn");
        if region.role == Role::Active && !region.aims.rests_on.is_empty() {
            let cure = "leave it out, or make it a standby: role: cold";
            refusals.add(&path, "an active region has traffic of its own to be judged by", cure);
        }
        for (n, one) in region.aims.rests_on.iter().enumerate() {
            let path = format!("{path}[{n}]");
            let is_gated = |g: &Gate| g.signal == Signal::ReadinessFailures && !g.report_only;
            match one {
                RestsOn::Readiness if !gates.iter().any(is_gated) => {
                    let cure = "add a gate {signal: readiness-failures, limit: 1%}";
                    refusals.add(path, "no gate counts readiness", cure);
                }
                RestsOn::Probe if !here.iter().any(|guard| guard.rule == Rule::Health) => {
                    let cure = "add health to spec.guards";
                    refusals.add(path, format!("no guard asks the probes of {}", region.name), cure);
                }
                RestsOn::ActiveVerdicts if !has_active => {
                    let cure = "make a region active, or leave it out";
                    refusals.add(path, "there is no active region", cure);
                }
                RestsOn::Readiness | RestsOn::Probe | RestsOn::ActiveVerdicts => {}
            }
        }
    }
}

/// An objective that nobody measures is a wish.
fn rpo(path: &str, region: &RegionPolicy, gates: &[Gate], here: &[&Guard], refusals: &mut Refusals) {
    let is_lag = |guard: &&&Guard| matches!(guard.rule, Rule::ReplicationLag { .. });
    let in_time = |guard: &&&Guard| matches!(guard.rule, Rule::ReplicationLag { bytes: false, .. });
    let is_gated = |g: &Gate| g.signal == Signal::ReplicationLag && g.limit.is_some() && !g.report_only;
    if region.aims.rpo.is_none() || here.iter().any(|g| in_time(&g)) || gates.iter().any(is_gated) {
        return;
    }
    let problem = match here.iter().any(|g| is_lag(&g)) {
        true => format!("the lag of {} is counted in bytes alone, and this is a time", region.name),
        false => format!("nobody watches the lag of {}", region.name),
    };
    refusals.add(format!("{path}.rpo"), problem, "add replication-lag to spec.guards");
}
