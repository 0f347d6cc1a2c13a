//! What one look found: the part of the report that is written at every look.
//!
//! It is complete (evidence, proof, verdict, decision, with every number that they rest on) and it is data; pages,
//! the terminal and the hooks' one line are all read from it. The full report of a rollout is the sequence of its
//! looks, its facts, and the answers given.

use crate::evidence::margin::Provability;
use crate::fact::RolloutId;
use crate::guard::{Guard, GuardHold, Seen};
use crate::increment::{Missing, Region};
use crate::order::{Approval, Signed};
use crate::policy::Role;
use crate::reason::{Against, Reason, Stratum};
use crate::release::Mark;
use crate::signal::Signal;
use crate::state::{Level, Stage};
use crate::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One look at one service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[must_use]
pub struct Look {
    /// Up to when everything known was taken into account.
    pub as_of: Timestamp,
    /// Every region that has a rollout.
    pub regions: Vec<RegionLook>,
    /// Every release that a region's rollout belongs to, the newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub releases: Vec<ReleaseLook>,
    /// Every guard of every region, whether or not a rollout is open there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guards: Vec<GuardLook>,
}

/// One release over all regions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReleaseLook {
    /// Its name.
    pub release: String,
    /// When its first rollout opened.
    pub begun: Timestamp,
    /// The newest release, where this is not it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overtaken_by: Option<String>,
    /// Every region of the policy, in its order.
    pub regions: Vec<ReleaseRegion>,
    /// Regions where it breached while others, named second, stayed quiet: the same release is sick here and well there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contradiction: Option<(Vec<Region>, Vec<Region>)>,
}

/// A release in one region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReleaseRegion {
    /// Where.
    pub region: Region,
    /// What the region is for.
    pub role: Role,
    /// How far the release is there; absent where it has not come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    /// The weight there, in percent, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<u32>,
    /// Whether evidence has crossed the budget there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub breached: bool,
    /// What happened there, oldest first.
    pub timeline: Vec<Mark>,
}

/// One guard of one region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GuardLook {
    /// Where.
    pub region: Region,
    /// The guard.
    pub guard: Guard,
    /// What was seen last.
    pub seen: Seen,
    /// When.
    pub as_of: Timestamp,
    /// What it holds for; absent where it is clear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holds: Option<GuardHold>,
}

/// A run that is held beyond its windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldLook {
    /// Since when it could have gone on, as far as its windows are concerned.
    pub since: Timestamp,
    /// Whether that is longer than the policy's `maxHold`.
    pub too_long: bool,
}

impl Look {
    /// One region's part.
    pub fn region(&self, region: &Region) -> Option<&RegionLook> {
        self.regions.iter().find(|r| r.region == *region)
    }
}

/// One look at one rollout.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RegionLook {
    /// Which rollout.
    pub rollout: RolloutId,
    /// Where.
    pub region: Region,
    /// Which release, if the hooks name it.
    pub release: Option<String>,
    /// Up to when everything known was taken into account.
    pub as_of: Timestamp,
    /// The last poll of the region, whatever it brought.
    pub polled: Option<Timestamp>,
    /// How far it is.
    pub stage: Stage,
    /// The canary's weight in percent, where it is known.
    pub weight: Option<u32>,
    /// The step, in one.
    pub step: Option<StepLook>,
    /// What follows.
    pub decision: Decision,
    /// Evidence against the canary, per stratum.
    pub strata: Vec<StratumLook>,
    /// What each comparison says.
    pub gates: Vec<GateLook>,
    /// Set when the region breached after its promotion.
    pub late_breach: Option<Reason>,
    /// Who ordered the rollback, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ordered_back: Option<Signed>,
    /// The person's approval that the decision rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved: Option<Approved>,
    /// Where it is held beyond its windows, by anything but the order of regions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<HeldLook>,
    /// The region whose breach takes this one back with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_back: Option<Region>,
}

/// A person's approval, and what the decision would have been without it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Approved {
    /// Who, why, when and for which weight.
    pub approval: Approval,
    /// Every reason to wait that it overrules; none where the run would have gone on anyway.
    pub overrules: Vec<Reason>,
}

impl fmt::Display for Approved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Signed { by, reason, .. } = &self.approval.signed;
        write!(f, "approved by {by}: {reason}")
    }
}

/// A step under observation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepLook {
    /// Its place on the ladder, from 0.
    pub index: usize,
    /// How many steps there are.
    pub of: usize,
    /// When its weight was seen.
    pub since: Timestamp,
    /// Time observed.
    pub elapsed: Span,
    /// The least time.
    pub observe: Span,
    /// The most.
    pub extend_up_to: Span,
    /// Still undecided after the most: it waits for a person.
    pub overdue: bool,
}

/// What follows from a look.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "decision", content = "reasons", rename_all = "kebab-case")]
pub enum Decision {
    /// The rollout may go on from where it is.
    Advance,
    /// It waits, for each of these reasons.
    Hold(Vec<Reason>),
    /// Traffic goes back to the old version.
    Rollback(Vec<Reason>),
}

impl Decision {
    /// The word for it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Advance => "advance",
            Self::Hold(_) => "hold",
            Self::Rollback(_) => "rollback",
        }
    }

    /// Why, where it is not a yes.
    pub fn reasons(&self) -> &[Reason] {
        match self {
            Self::Advance => &[],
            Self::Hold(reasons) | Self::Rollback(reasons) => reasons,
        }
    }
}

/// Evidence against the canary in one stratum, with the threshold that it must not cross.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct StratumLook {
    /// Whose.
    pub stratum: Stratum,
    /// Evidence, as a logarithm.
    pub ln_e: f64,
    /// Threshold, as a logarithm.
    pub ln_threshold: f64,
}

/// What one comparison says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GateLook {
    /// Which signal.
    pub signal: Signal,
    /// Compared with what.
    pub against: Against,
    /// The limit in the unit of the signal's kind, or the multiple of the primary's rate that is tolerated.
    pub bound: f64,
    /// Its share of the budget; 0 for one that is only reported.
    pub weight: f64,
    /// Judged and shown, but no part of any decision.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub report_only: bool,
    /// Evidence against the canary, as a logarithm.
    pub ln_e: f64,
    /// The verdict.
    pub verdict: Verdict,
    /// Evidence for health, for a gate against a limit.
    pub proof: Option<ProofLook>,
    /// The canary's bad events since it got traffic.
    pub bad: f64,
    /// All its events since.
    pub total: f64,
    /// The dispersion that bets against it assume.
    pub phi: f64,
    /// What the dispersion rests on.
    pub noise: NoiseSource,
    /// Why the last poll brought nothing; absent when it did.
    pub missing: Option<Missing>,
    /// What a level (CPU, lag) was last seen at; counts are in `bad` and `total` then: samples above the bound, of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
}

/// What is known about the noise of a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoiseSource {
    /// At least an hour of the primary's past.
    History,
    /// The same, but made up (a demo's).
    SyntheticHistory,
    /// Too little history: distribution-free bettors alone, and proof under a cautious dispersion.
    None,
}

/// Evidence for health in this step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProofLook {
    /// As a logarithm.
    pub ln_e: f64,
    /// Whether it reaches 20 : 1.
    pub proved: bool,
    /// How it is to be proved; absent before the traffic is known.
    pub provability: Option<Provability>,
    /// Exposure in this step (requests; seconds for a rate).
    pub exposure: f64,
    /// About how much a healthy service needs.
    pub needed: Option<f64>,
    /// The dispersion that the proof assumes.
    pub phi: f64,
}

/// What a gate says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "verdict", content = "reason", rename_all = "kebab-case")]
pub enum Verdict {
    /// Proved.
    Healthy,
    /// It carries a breach of the budget; one that is only reported would cross the region's threshold alone.
    Breached,
    /// Neither.
    Inconclusive(Reason),
}

impl Verdict {
    /// The word for it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Breached => "breached",
            Self::Inconclusive(_) => "inconclusive",
        }
    }
}
