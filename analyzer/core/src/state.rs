//! What the fold remembers: constant in size per gate, derived from the facts alone.
//!
//! One [`ServiceState`] per service holds the current rollout of every region and what the regions share. It spans
//! releases because regions do not change over together: the last one may still wait for a release that the first
//! has long promoted.

use crate::cluster::ClusterState;
use crate::evidence::capital::Capital;
use crate::evidence::dispersion::{self, Fano};
use crate::evidence::drift::MOST;
use crate::evidence::lone::Lone;
use crate::evidence::margin::Provability;
use crate::evidence::panel::Bettors;
use crate::evidence::proof::Proof;
use crate::fact::RolloutId;
use crate::guard::Guards;
use crate::history::SignalHistory;
use crate::increment::{Bracket, Counts, Missing, Region};
use crate::order::{Approval, Orders, Signed};
use crate::policy::Policy;
use crate::pool::Pool;
use crate::reason::Reason;
use crate::release::Releases;
use crate::signal::Signal;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Everything that is known about one service.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct ServiceState {
    /// The current (or last) rollout of each region.
    pub rollouts: BTreeMap<Region, Rollout>,
    /// Evidence that lives as long as a release, by release.
    pub pools: BTreeMap<String, Pool>,
    /// What is known of regions' clusters. Left out where there is nothing, so that older records keep their digests.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub clusters: BTreeMap<Region, ClusterState>,
    /// What is known of regions' guards. Left out where there is nothing, as above.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub guards: Guards,
    /// Which regions a person has frozen. Left out where there is nothing, as above.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub frozen: BTreeMap<Region, Signed>,
    /// The releases that regions' rollouts belong to. Left out where there is nothing, as above.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub releases: Releases,
}

/// One release in one region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rollout {
    /// Its id.
    pub id: RolloutId,
    /// Where.
    pub region: Region,
    /// Which release, once the hooks have said so.
    pub release: Option<String>,
    /// Flagger's checksum of the spec, once known.
    pub checksum: Option<String>,
    /// The policy that judges it to its end.
    pub policy: Policy,
    /// When it was heard of.
    pub opened: Timestamp,
    /// How far it is.
    pub stage: Stage,
    /// When the canary first got traffic.
    pub exposed: Option<Timestamp>,
    /// The last yes, until the weight is seen to move, or the traffic shows that it did not.
    pub permission: Option<Permission>,
    /// When the event hook was last heard, as far as it mattered.
    pub heard: Option<Timestamp>,
    /// When, by Flagger's clock, the newest event happened that told something of this run. What is older and arrives
    /// later tells nothing any more. Left out where it is not known, so that older records keep their digests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Timestamp>,
    /// The last poll, whatever it brought.
    pub polled: Option<Timestamp>,
    /// Requests per second of both arms, as last counted.
    pub traffic_per_s: Option<f64>,
    /// Percent of the requests that the canary got in the last increment of this step, if enough were counted.
    pub share_percent: Option<f64>,
    /// Evidence that the canary does not get its share of the requests in this step; absent before the first interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost_share: Option<Capital>,
    /// Up to when regions on the old version were read as this one's control. Left out where there is none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub controls: BTreeMap<Region, Timestamp>,
    /// The canary's restarts in this step. Left out where there is none, so that older records keep their digests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restarts: Option<Restarts>,
    /// One per gate of the policy, in its order.
    pub gates: Vec<Gate>,
    /// Set once and for all when evidence crosses the budget ([`Reason::Breach`]).
    pub breach: Option<Reason>,
    /// The run as the cluster names it. Left out where there is nothing, so that older records keep their digests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// What a person has ordered. Left out where there is nothing, so that older records keep their digests.
    #[serde(default, skip_serializing_if = "Orders::is_empty")]
    pub orders: Orders,
    /// How often this region has opened this release anew after it had been promoted here: 0 is the first time.
    #[serde(default, skip_serializing_if = "is_first")]
    pub attempt: u32,
    /// The region whose breach takes this one back with it, by the policy. Left out where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_back: Option<Region>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_first(attempt: &u32) -> bool {
    *attempt == 0
}

/// How the cluster names what a run analyses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// `status.lastAppliedSpec` of the run, once Flagger has written it.
    pub applied: Option<String>,
    /// The same of the run before, until this run's is written.
    pub not_applied: Option<String>,
    /// The image that the run began with.
    pub image: Option<String>,
}

/// How far a rollout is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum Stage {
    /// Flagger asks confirm-rollout; the canary is still at zero pods.
    Waiting,
    /// Admitted; the canary runs without traffic.
    Admitted,
    /// Somewhere in a run; nobody has said where.
    Unknown,
    /// At a weight that is no step of the policy.
    OffLadder {
        /// Percent.
        weight: u32,
    },
    /// At a step of the policy.
    Step {
        /// Index in the policy's steps.
        index: usize,
        /// When its weight was seen.
        since: Timestamp,
    },
    /// Flagger copies the new version to the primary.
    Promoting {
        /// Since when.
        since: Timestamp,
        /// Whether every step was passed before. Written only where not, so that older records keep their digests.
        #[serde(default = "judged", skip_serializing_if = "Clone::clone")]
        judged: bool,
    },
    /// The region runs the release; it bakes, and is still watched.
    Promoted {
        /// Since when.
        since: Timestamp,
    },
    /// The region runs the release, but nobody judged it: Flagger was told to skip the analysis.
    PromotedUnjudged {
        /// Since when.
        since: Timestamp,
    },
    /// The region is back on the old version.
    RolledBack {
        /// Since when.
        since: Timestamp,
        /// Whether Haldane's evidence did it; otherwise Flagger did by itself.
        ours: bool,
    },
    /// The region is back on the old version because a person ordered it.
    RolledBackByOrder {
        /// Since when.
        since: Timestamp,
    },
    /// The promotion failed: all traffic is on the *new* version.
    FailedPromotion {
        /// Since when.
        since: Timestamp,
    },
    /// Another run took its place before it was over.
    Superseded {
        /// Since when.
        since: Timestamp,
    },
    /// Nobody said how it ended.
    EndedUnknown {
        /// Since when.
        since: Timestamp,
    },
}

const fn judged() -> bool {
    true
}

impl Stage {
    /// Since when the run has been over, if it is.
    pub const fn ended(self) -> Option<Timestamp> {
        match self {
            Self::Promoted { since }
            | Self::PromotedUnjudged { since }
            | Self::RolledBack { since, .. }
            | Self::RolledBackByOrder { since }
            | Self::FailedPromotion { since }
            | Self::Superseded { since }
            | Self::EndedUnknown { since } => Some(since),
            Self::Waiting
            | Self::Admitted
            | Self::Unknown
            | Self::OffLadder { .. }
            | Self::Step { .. }
            | Self::Promoting { .. } => None,
        }
    }
}

/// Restarts of the canary's processes, as its counters tell them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restarts {
    /// How many, at least.
    pub count: u32,
    /// The end of the last increment with one.
    pub last: Timestamp,
}

/// A yes to leaving a weight.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Permission {
    /// The weight that may be left.
    pub weight: u32,
    /// When it was given.
    pub at: Timestamp,
    /// The canary's requests counted since; how they are split says whether the weight was left.
    pub canary_requests: f64,
    /// Both arms' requests counted since.
    pub requests: f64,
}

impl Permission {
    /// A yes given at `at`, with no traffic counted since.
    pub const fn new(weight: u32, at: Timestamp) -> Self {
        Self { weight, at, canary_requests: 0.0, requests: 0.0 }
    }
}

/// One signal's gate: both comparisons share what is known about its noise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    /// What is measured.
    pub signal: Signal,
    /// Against the absolute limit.
    pub limit: Option<LimitGate>,
    /// Against the primary.
    pub ratio: Option<RatioGate>,
    /// How noisy it is.
    pub noise: Noise,
    /// What the last poll brought.
    pub reading: LastReading,
    /// The canary's bad events since it got traffic.
    pub bad: f64,
    /// All its events since.
    pub total: f64,
    /// The canary's bad events pod by pod.
    #[serde(default, skip_serializing_if = "Lone::is_empty")]
    pub lone: Lone,
    /// Judged and shown, but no part of any decision.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub report_only: bool,
    /// What a level was last seen at. Left out where there is none, so that older records keep their digests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
}

/// A level (CPU, lag) as last seen, in the unit of its query.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// The mean of the canary's pods; of a place, its worst.
    pub canary: f64,
    /// The mean of the primary's pods, where it was asked for.
    pub primary: Option<f64>,
    /// Where it was seen, or what was wrong there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub what: Option<String>,
}

/// What is known about the noise and the height of a signal in the primary.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Noise {
    /// Before the rollout.
    pub history: Option<SignalHistory>,
    /// Since.
    pub so_far: Fano,
    /// Bad events of the primary since, at most.
    pub bad: f64,
    /// All its events since.
    pub total: f64,
}

impl Noise {
    /// Who may bet against the canary.
    pub fn bettors(&self) -> Bettors {
        if self.history.as_ref().is_some_and(SignalHistory::suffices) {
            Bettors::All
        } else {
            Bettors::Fractions
        }
    }

    /// The dispersion that bets against assume; fixed for the rollout.
    pub fn phi_against(&self) -> f64 {
        dispersion::phi(self.history.as_ref().and_then(|h| h.fano))
    }

    /// The factor by which the rate is known to wander by itself; 1 where it is not.
    pub fn drift(&self) -> f64 {
        self.history
            .as_ref()
            .filter(|h| h.suffices())
            .and_then(|h| h.drift)
            .map_or(1.0, |d| d.clamp(1.0, MOST))
    }

    /// The dispersion that a proof assumes; cautious without history.
    pub fn phi_for(&self) -> f64 {
        match self.bettors() {
            Bettors::All => self.phi_against(),
            Bettors::Fractions => dispersion::cautious_phi(&self.so_far),
        }
    }
}

/// What the last poll brought for a gate.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct LastReading {
    /// Whether it has ever been counted since the rollout was admitted: preflight.
    pub answered: bool,
    /// The end of the last counted interval of this step.
    pub counted: Option<Timestamp>,
    /// The end of the last counted interval of any step: the next one may not begin before it.
    pub until: Option<Timestamp>,
    /// Why the last poll brought nothing; absent when it did.
    pub missing: Option<Missing>,
    /// The canary's requests in this step.
    pub requests: f64,
    /// The primary's requests in this step.
    pub control: f64,
    /// The end of the last interval of this step in which the canary had requests.
    pub traffic: Option<Timestamp>,
    /// The primary's last counts and their end: what regions without a control of their own are held against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary: Option<(Timestamp, Counts)>,
    /// Edges around a limit that is none.
    pub bracket: Option<Bracket>,
}

/// A gate against its absolute limit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LimitGate {
    /// The limit here, in the unit of the signal's kind.
    pub limit: f64,
    /// Its share of the budget.
    pub weight: f64,
    /// Evidence that the canary, and not the environment, breaks it.
    pub against: Capital,
    /// Evidence that it is broken now, by whomever; never banked.
    pub broken: Capital,
    /// Evidence for health, in this step.
    pub proof: Proof,
    /// The same below twice the margin: what counts when the step's extension is over.
    pub wider: Proof,
    /// Bad events in this step, at most, and how many of them the limit allows.
    pub step_bad: f64,
    /// See `step_bad`.
    pub step_allowed: f64,
    /// How it is to be proved in this step; chosen before the step's evidence.
    pub provability: Option<Provability>,
    /// About the exposure that a proof needs.
    pub needed: Option<f64>,
    /// Exposure in this step that counted for the proof: requests, or seconds for a rate.
    pub exposure: f64,
}

/// A gate against the primary.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RatioGate {
    /// How many times the primary's rate is tolerated: what the policy says, or what the rate is known to wander by.
    pub tolerate: f64,
    /// Its share of the budget.
    pub weight: f64,
    /// Evidence that the canary is worse.
    pub against: Capital,
    /// Where the rate is known to wander: the same beyond what the policy alone tolerates, which holds and convicts nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubt: Option<Doubt>,
}

/// Evidence for what a rate may have come to by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Doubt {
    /// How many times the primary's rate the policy tolerates.
    pub tolerate: f64,
    /// Evidence that the canary is worse than that now; never banked.
    pub against: Capital,
}

impl LimitGate {
    /// Forgets all evidence for health.
    pub(crate) fn prove_anew(&mut self) {
        self.proof = Proof::default();
        self.wider = Proof::default();
        (self.step_bad, self.step_allowed, self.exposure) = (0.0, 0.0, 0.0);
    }
}

impl Rollout {
    /// The weight that the canary is known to have, in percent.
    pub fn weight(&self) -> Option<u32> {
        match self.stage {
            Stage::Waiting | Stage::Admitted => Some(0),
            Stage::Step { index, .. } => self.policy.steps.get(index).map(|s| s.weight),
            Stage::OffLadder { weight } => Some(weight),
            Stage::Unknown
            | Stage::Promoting { .. }
            | Stage::Promoted { .. }
            | Stage::RolledBack { .. }
            | Stage::RolledBackByOrder { .. }
            | Stage::FailedPromotion { .. }
            | Stage::Superseded { .. }
            | Stage::PromotedUnjudged { .. }
            | Stage::EndedUnknown { .. } => None,
        }
    }

    /// The approval that is for where the run is now. One for the start is none for the first traffic.
    pub fn approval(&self) -> Option<&Approval> {
        self.orders.approval.as_ref().filter(|a| match self.stage {
            Stage::Waiting => a.start,
            Stage::Admitted | Stage::OffLadder { .. } | Stage::Step { .. } => {
                !a.start && self.weight() == Some(a.weight)
            }
            Stage::Unknown
            | Stage::Promoting { .. }
            | Stage::Promoted { .. }
            | Stage::RolledBack { .. }
            | Stage::RolledBackByOrder { .. }
            | Stage::FailedPromotion { .. }
            | Stage::Superseded { .. }
            | Stage::PromotedUnjudged { .. }
            | Stage::EndedUnknown { .. } => false,
        })
    }

    /// Evidence crossed the budget: once and for all, and a person's approval knew nothing of it.
    pub(crate) fn convict(&mut self, breach: Option<Reason>) {
        self.breach = self.breach.take().or(breach);
        if self.breach.is_some() {
            self.orders.approval = None;
        }
    }

    /// The gates that decide.
    pub fn binding(&self) -> impl Iterator<Item = &Gate> {
        self.gates.iter().filter(|g| !g.report_only)
    }

    /// Whether a signal tells how much traffic there is: it counts requests, and may reach a decision. An increment may bring
    /// signals that no gate asks for.
    pub(crate) fn binds(&self, signal: Signal) -> bool {
        signal.counts_requests() && !self.gates.iter().any(|g| g.report_only && g.signal == signal)
    }

    /// Under which name regions share evidence; a rollout that names no release shares with nobody.
    pub fn release_key(&self) -> String {
        self.release.clone().unwrap_or_else(|| format!("unnamed:{}", self.id))
    }
}
