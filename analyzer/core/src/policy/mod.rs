//! The policy: what a release must satisfy, step by step and region by region.
//!
//! A [`Policy`] exists only validated: a [`PolicyDraft`] (what the file says) becomes one through [`validate()`], or is
//! refused with every place and every cure at once. Where a region's metrics come from is not part of it
//! ([`Sources`]): the fold judges counts, and the same policy judges simulated pods and real ones.

mod across;
#[cfg(test)]
mod across_tests;
mod across_validate;
mod aims;
mod aims_validate;
mod cluster_draft;
mod cluster_validate;
mod dialect;
mod dialect_validate;
mod discovery;
mod discovery_draft;
mod discovery_validate;
mod draft;
#[cfg(test)]
mod example;
mod freeze;
mod freeze_draft;
#[cfg(test)]
mod freeze_tests;
mod freeze_validate;
mod gates;
mod guard_draft;
mod guard_rule;
#[cfg(test)]
mod guard_tests;
mod guard_validate;
mod known;
mod names;
mod near;
mod notify_draft;
mod notify_validate;
mod open;
mod order;
mod probe;
mod probe_draft;
mod probe_validate;
mod refusal;
mod regions;
mod rests_validate;
mod sequence;
mod source_draft;
mod source_validate;
mod sources;
mod steps;
mod template_draft;
mod units;
mod validate;
mod weekly;
mod words;
mod zone;

pub use across::{Across, OnBreach};
pub use aims::{Aims, RestsOn};
pub use cluster_draft::{ClusterDraft, KubeconfigDraft};
pub use dialect::Dialect;
pub use discovery::{DnsTargets, PodTargets, ScrapeTargets, Targets};
pub use discovery_draft::{ArmDraft, FoundDraft, ScrapeDraft, SelectorDraft};
pub use draft::{GateDraft, MetadataDraft, PolicyDraft, RegionDraft, SpecDraft, StepDraft};
pub use freeze::{Freeze, FreezeWhen, Window};
pub use freeze_draft::FreezeDraft;
pub use guard_draft::{GuardDraft, GuardFieldsDraft};
pub use names::is_kubernetes_name;
pub use notify_draft::NotifyDraft;
pub use probe::{ProbeSource, ProbeWhat};
pub use probe_draft::{PlainDraft, ProbeDraft};
pub use refusal::Refusal;
pub use source_draft::{BasicAuthDraft, MetricsDraft, PrometheusDraft};
pub use sources::{
    AgeOf, ClientIdentity, ClusterAccess, ClusterSource, Family, GuardSource, NotifySource, PrometheusSource,
    Routes, Source, SourceAuth, Sources, TemplateRef,
};
pub use template_draft::TemplateDraft;
pub use validate::validate;
pub use zone::local_text;

use crate::cluster::Strategy;
use crate::guard::{Guard, Rule};
use crate::increment::Region;
use crate::signal::{Kind, Signal, Unit};
use crate::time::Span;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// A validated policy. It is recorded whole when a rollout opens, and that rollout keeps it to its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// Its own name.
    pub name: String,
    /// Whom it judges: `namespace/name` of the Canary.
    pub service: String,
    /// What its decisions may do.
    pub mode: Mode,
    /// How its traffic is moved. Left out where it is moved by weights, so that older records keep their digests.
    #[serde(default, skip_serializing_if = "Strategy::is_canary")]
    pub strategy: Strategy,
    /// The promise α: the share of releases within their limits that may be rolled back (0.01 = 1 %).
    pub false_rollback: f64,
    /// The ladder, weights ascending.
    pub steps: Vec<Step>,
    /// What every step has to satisfy.
    pub gates: Vec<Gate>,
    /// What happens when a step has been extended to its end without an answer.
    pub on_inconclusive: OnInconclusive,
    /// How often sources are read.
    pub scrape_interval: Span,
    /// Where it runs, in the order of the file.
    pub regions: Vec<RegionPolicy>,
    /// What holds for all regions together. Left out where nothing is said, so that older records keep their digests.
    #[serde(default, skip_serializing_if = "Across::is_empty")]
    pub across: Across,
}

impl Policy {
    /// The least length of an increment: two scrape intervals, so that each arm has news in every one.
    pub fn bin(&self) -> Span {
        self.scrape_interval + self.scrape_interval
    }

    /// How old the newest look or count may be before nothing may rest on it: three increments.
    pub fn max_age(&self) -> Span {
        Span::from_us(self.bin().as_us().saturating_mul(3))
    }

    /// One region's part.
    pub fn region(&self, name: &Region) -> Option<&RegionPolicy> {
        self.regions.iter().find(|r| r.name == *name)
    }

    /// The step of a weight (percent), with its index.
    pub fn step_at(&self, weight: u32) -> Option<usize> {
        self.steps.iter().position(|s| s.weight == weight)
    }

    /// `namespace/name` of the Canary in one region.
    pub fn service_in(&self, region: &Region) -> &str {
        let own = self.region(region).and_then(|r| r.aims.service.as_deref());
        own.unwrap_or(&self.service)
    }

    /// The guards of one region, each with what it means there: a lag's limit is the region's RPO, where it has one.
    pub fn guards_in(&self, region: &Region) -> Vec<Guard> {
        let rpo = self.region(region).and_then(|r| r.aims.rpo);
        let here = self.across.guards.iter().filter(|g| g.regions.is_empty() || g.regions.contains(region));
        let resolved = here.map(|guard| match (&guard.rule, rpo) {
            (Rule::ReplicationLag { bytes: false, .. }, Some(rpo)) => {
                let rule = Rule::ReplicationLag { most: rpo.as_s(), bytes: false };
                Guard { rule, ..guard.clone() }
            }
            (_, _) => guard.clone(),
        });
        resolved.collect()
    }

    /// A gate's limit in one region, in the unit of its kind.
    pub fn limit_in(&self, region: &Region, gate: &Gate) -> Option<f64> {
        let own = self.region(region).and_then(|r| r.limits.get(&gate.signal)).copied();
        own.or(gate.limit)
    }
}

/// What a policy's decisions may do to production.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Lets everything pass, never rolls back, reports what it would have done.
    Shadow,
    /// May hold, never rolls back.
    Guard,
    /// Holds and rolls back.
    Enforce,
}

/// What to do with a step that is still undecided when its extension is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnInconclusive {
    /// Wait for a person.
    Hold,
    /// Go on if nothing speaks against the canary; only missing *proof* is waived, never missing data.
    PromoteIfQuiet,
}

/// A canary weight with its observation window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Percent of the traffic.
    pub weight: u32,
    /// How long latency gates sit out at the beginning (cold caches); counted in the window.
    pub settle: Span,
    /// The least time.
    pub observe: Span,
    /// The most.
    pub extend_up_to: Span,
    /// Health is never asked to be proved more tightly than below this many times the limit.
    pub prove: u8,
}

/// A signal with what it must satisfy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    /// What is measured.
    pub signal: Signal,
    /// The absolute limit: a share of the requests (ratio), events per minute (rate), milliseconds (latency).
    pub limit: Option<f64>,
    /// How many times the primary's rate is tolerated.
    pub tolerate: Option<f64>,
    /// Judged and shown, but no part of any decision. Left out where it is not so: older records know no such gate.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub report_only: bool,
}

/// One place where the service runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RegionPolicy {
    /// Its name.
    pub name: Region,
    /// What it is for.
    pub role: Role,
    /// The regions that must have promoted the release, and baked, before this one may start.
    pub after: Vec<Region>,
    /// How long those must have run the release.
    pub bake: Span,
    /// Limits that differ here, in the unit of the signal's kind.
    pub limits: BTreeMap<Signal, f64>,
    /// What it has to keep beyond that. Left out where nothing is said, so that older records keep their digests.
    #[serde(default, skip_serializing_if = "Aims::is_empty")]
    pub aims: Aims,
}

/// What a region is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Serves users.
    Active,
    /// A standby that can serve at once.
    Warm,
    /// A standby with no or one pod.
    Cold,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Active => "active",
            Self::Warm => "warm",
            Self::Cold => "cold",
        })
    }
}

/// Reads what [`limit_text`] writes, in the unit of the signal's kind.
///
/// # Errors
/// A sentence that says how it is written.
pub fn read_limit(signal: Signal, text: &str) -> Result<f64, String> {
    units::limit(signal, text).map_err(|(problem, cure)| format!("{problem}; {cure}"))
}

/// A level in the unit of its signal: `80%`, `5s`, `200`.
pub fn level_text(signal: Signal, level: f64) -> String {
    match signal.unit() {
        Unit::Share => format!("{}%", units::short(level * 100.0)),
        Unit::Seconds => format!("{}s", units::short(level)),
        Unit::Number => units::short(level),
    }
}

/// A limit as people write it: `0.1%`, `5/min`, `200ms`, `30m`.
pub fn limit_text(signal: Signal, limit: f64) -> String {
    match signal.kind() {
        Kind::Ratio => format!("{}%", units::short(limit * 100.0)),
        Kind::Rate => format!("{}/min", units::short(limit)),
        Kind::Latency => format!("{}ms", units::short(limit)),
        Kind::Gauge | Kind::Place => match signal.unit() {
            Unit::Seconds => units::time(limit),
            Unit::Share | Unit::Number => level_text(signal, limit),
        },
    }
}
