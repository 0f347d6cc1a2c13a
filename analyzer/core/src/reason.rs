//! Every "no" has a named reason with its numbers.
//!
//! Reasons are data: the report stores them, tests compare them, and only here do they become sentences. Each
//! sentence says what is the case and, where a person can do something about it, what.

mod cluster;

pub use cluster::ClusterHold;

use crate::guard::GuardHold;
use crate::increment::{Bracket, Missing, Region};
use crate::math::exp;
use crate::order::Line;
use crate::policy::{RestsOn, level_text};
use crate::signal::{Kind, Signal};
use crate::time::Span;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a gate compares with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Against {
    /// The absolute limit.
    Limit,
    /// The primary, times what is tolerated.
    Primary,
}

impl fmt::Display for Against {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Limit => "limit",
            Self::Primary => "primary",
        })
    }
}

/// Whose evidence is weighed against which half of the budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stratum {
    /// This region alone.
    Region,
    /// All regions that the release has reached.
    Pool,
}

impl fmt::Display for Stratum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Region => "this region",
            Self::Pool => "all regions together",
        })
    }
}

/// What went wrong in another region of the same release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trouble {
    /// Evidence crossed the budget; the rollback is on its way.
    Breached,
    /// The same, and it stands out: the release is quiet in the other regions.
    StandsOut,
    /// It went back to the old version.
    RolledBack,
    /// It breached after its promotion.
    BreachedLate,
    /// Its promotion failed, with all traffic on the new version.
    FailedPromotion,
    /// A person ordered its rollback, which is on its way.
    OrderedBack,
    /// It went back to the old version because a person ordered it.
    RolledBackByOrder,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Breached => "breached",
            Self::StandsOut => "breached alone, while the other regions are quiet,",
            Self::RolledBack => "was rolled back",
            Self::BreachedLate => "breached after its promotion",
            Self::FailedPromotion => "failed its promotion with all traffic on the new version",
            Self::OrderedBack => "is being rolled back by a person's order",
            Self::RolledBackByOrder => "was rolled back by a person's order",
        })
    }
}

/// A gate's part in a breach.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Culprit {
    /// Which signal.
    pub signal: Signal,
    /// Compared with what.
    pub against: Against,
    /// Its evidence, as a logarithm.
    pub ln_e: f64,
    /// Its weight in the budget.
    pub weight: f64,
    /// Bad events of the canary since it got traffic.
    pub bad: f64,
    /// All its events since.
    pub total: f64,
}

/// Why a decision is what it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum Reason {
    /// Evidence crossed the budget's threshold.
    Breach {
        /// Whose evidence.
        stratum: Stratum,
        /// The evidence, as a logarithm.
        ln_e: f64,
        /// The threshold, as a logarithm.
        ln_threshold: f64,
        /// The gates that carry it, heaviest first.
        culprits: Vec<Culprit>,
    },
    /// A person ordered the rollback. It says nothing about the evidence.
    OrderedRollback {
        /// Who.
        by: Line,
        /// Why.
        why: Line,
    },
    /// A person holds the run until somebody resumes it.
    HeldBy {
        /// Who.
        by: Line,
        /// Why.
        why: Line,
    },
    /// Something is not quiet enough to go on, though nothing is convicted.
    SpeaksAgainst {
        /// Whose evidence.
        stratum: Stratum,
        /// The evidence, as a logarithm.
        ln_e: f64,
    },
    /// A gate speaks against the canary, though too softly for its stratum to be loud.
    NotQuiet {
        /// Which signal.
        signal: Signal,
        /// Compared with what.
        against: Against,
        /// Its evidence, as a logarithm.
        ln_e: f64,
    },
    /// One of the canary's pods carries nearly all of its bad events: it is left out of the bets for five minutes, once.
    LonePod {
        /// Which signal.
        signal: Signal,
        /// Which pod.
        pod: String,
        /// Its bad events.
        bad: f64,
        /// All pods'.
        of: f64,
    },
    /// The canary is worse than the policy tolerates, but not beyond what the rate is known to wander by itself.
    Wanders {
        /// Which signal.
        signal: Signal,
        /// The multiple of the primary's rate that the policy tolerates.
        tolerate: f64,
        /// The multiple that the rate is known to wander by.
        wanders: f64,
        /// Evidence that the canary is worse than the policy tolerates, as a logarithm.
        ln_e: f64,
    },
    /// The canary is over its limit, and so is the primary: rolling back would not help.
    Environment {
        /// Which signal.
        signal: Signal,
        /// Evidence that the limit is broken, whoever breaks it, as a logarithm.
        ln_e: f64,
    },
    /// The step's window is not over.
    Observing {
        /// Time counted so far.
        elapsed: Span,
        /// The least time.
        observe: Span,
    },
    /// The canary's processes restart, and what they lost is not counted.
    CanaryRestarted {
        /// How often in this step, at least.
        count: u32,
        /// Time since the last one.
        calm: Span,
        /// The time without one that is waited for.
        observe: Span,
    },
    /// Health is not proved yet.
    NotProved {
        /// Which signal.
        signal: Signal,
        /// Evidence for health, as a logarithm.
        ln_e: f64,
        /// Times the limit below which it has to be proved.
        margin: u8,
        /// Exposure so far in this step (requests; seconds for a rate).
        exposure: f64,
        /// About how much a healthy service needs; absent when the baseline is too little known to say.
        needed: Option<f64>,
    },
    /// Even a perfect canary could not be proved at this traffic; it only has to stay quiet.
    TooLittleTraffic {
        /// Which signal.
        signal: Signal,
        /// Exposure so far in this step (requests; seconds for a rate).
        exposure: f64,
        /// About how much a proof would need.
        needed: Option<f64>,
    },
    /// Too little traffic for a proof of its own, but all regions of the release together have one.
    Borrowed {
        /// Which signal.
        signal: Signal,
        /// Exposure so far in this step (requests; seconds for a rate).
        exposure: f64,
        /// Evidence of all regions together that they are healthy, as a logarithm.
        ln_e: f64,
    },
    /// A comparison with the primary only has to stay quiet.
    NeedsNoProof {
        /// Which signal.
        signal: Signal,
        /// Its evidence, as a logarithm.
        ln_e: f64,
    },
    /// How tightly health can be proved is not known before the traffic is.
    TrafficUnknown {
        /// Which signal.
        signal: Signal,
    },
    /// The primary itself is over the limit: no release could be proved against it.
    BaselineOverLimit {
        /// Which signal.
        signal: Signal,
        /// The primary's rate over the limit.
        times_limit: f64,
        /// The edges around a limit that is no bucket edge: often the true cause.
        bracket: Option<Bracket>,
    },
    /// A signal is not being counted.
    NotCounted {
        /// Which signal.
        signal: Signal,
        /// Why; absent when no poll has brought anything yet.
        missing: Option<Missing>,
    },
    /// The canary gets no requests, and silence is not health.
    NoTraffic {
        /// Which signal.
        signal: Signal,
    },
    /// The primary gets no requests in a step that compares with it.
    NoControl {
        /// Which signal.
        signal: Signal,
    },
    /// The newest count is too old to rest on.
    Stale {
        /// Its age.
        age: Span,
        /// What is still fresh.
        max_age: Span,
    },
    /// Latency gates sit out the beginning of a step.
    Settling {
        /// Time left.
        left: Span,
    },
    /// Nobody has said which step the run is in.
    WeightUnknown,
    /// The weight is no step of the policy.
    WeightOffLadder {
        /// Percent.
        weight: u32,
    },
    /// The traffic does not agree with the weight that was reported.
    WeightContradicted {
        /// Percent reported.
        weight: u32,
        /// Percent of the requests that the canary really got.
        share_percent: f64,
    },
    /// A level of the place (replication lag, health) is above its limit.
    PlaceOverLimit {
        /// Which signal.
        signal: Signal,
        /// The worst that was seen, in the signal's unit.
        level: f64,
        /// The limit.
        limit: f64,
        /// Where it was seen, or what was wrong there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        what: Option<String>,
    },
    /// The canary counts fewer than half of the requests that its weight gives it, interval after interval.
    TrafficShare {
        /// Percent reported.
        weight: u32,
        /// Evidence for it, as a logarithm.
        ln_e: f64,
    },
    /// Promotion was asked for below the top of the ladder, as far as anybody has said.
    PromotionAskedEarly {
        /// Percent that was last reported.
        weight: Option<u32>,
    },
    /// The event hook has not been heard, so weights would not be either.
    EventHookSilent,
    /// A permission was given, and neither event nor traffic has said since whether it was used.
    PermissionUnanswered {
        /// The weight that was allowed to be left.
        weight: u32,
    },
    /// This region comes after one that has not promoted the release.
    AwaitsRegion {
        /// The other region.
        region: Region,
    },
    /// The region before this one has not run the release long enough.
    Baking {
        /// The other region.
        region: Region,
        /// Time left.
        left: Span,
    },
    /// The region before this one bakes unseen.
    BakesUnseen {
        /// The other region.
        region: Region,
    },
    /// The release is in trouble elsewhere.
    OtherRegion {
        /// The other region.
        region: Region,
        /// What happened there.
        trouble: Trouble,
    },
    /// A region that must not be under way at the same time is.
    OtherUnderWay {
        /// The other region.
        region: Region,
        /// Its release, where it names one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        release: Option<String>,
    },
    /// As many regions are under way as may be at once.
    TooManyUnderWay {
        /// Those that are.
        regions: Vec<Region>,
        /// How many may be.
        at_once: u32,
    },
    /// A newer release has begun; this one starts nowhere any more.
    Overtaken {
        /// The newer one.
        by: String,
    },
    /// The region before this one runs the release, but not with what has changed since.
    AwaitsAttempt {
        /// The other region.
        region: Region,
    },
    /// A window of the policy in which nothing goes on.
    Frozen {
        /// Why, in the policy's words.
        why: String,
        /// Time left.
        left: Span,
    },
    /// A person froze the region.
    FrozenBy {
        /// Who.
        by: Line,
        /// Why.
        why: Line,
    },
    /// A condition of the place.
    Guard(GuardHold),
    /// Too little traffic for a verdict of its own, and something that it rests on instead does not hold.
    RestLacks {
        /// What.
        on: RestsOn,
        /// What is the case.
        lacks: String,
    },
    /// Too little traffic for a verdict of its own: it rests on other things, and all of them hold.
    Rests {
        /// Which signal.
        signal: Signal,
        /// On what.
        on: Vec<RestsOn>,
    },
    /// The release breached in another region, and the policy takes it back everywhere.
    WithRelease {
        /// Where it breached.
        region: Region,
    },
    /// What the cluster shows, or does not show.
    Cluster(ClusterHold),
    /// An order exists, but the hook does not say which release this is.
    ReleaseUnknown,
    /// confirm-rollout has not been answered yes.
    NotAdmitted,
    /// Flagger copies the new version to the primary.
    Promoting,
    /// The run is over.
    Ended,
    /// No poll of this region has been judged lately.
    LookTooOld {
        /// Age of the last poll; absent when there was none.
        age: Option<Span>,
    },
}

impl Reason {
    /// Whether `onInconclusive: promote-if-quiet` may go on in spite of it: only missing proof, never missing data.
    pub const fn is_missing_proof(&self) -> bool {
        matches!(self, Self::NotProved { .. })
    }

    /// Whether it belongs to the preflight: it holds the first traffic, never the start of the canary's pods.
    pub const fn is_preflight(&self) -> bool {
        matches!(
            self,
            Self::NotCounted { .. }
                | Self::BaselineOverLimit { .. }
                | Self::EventHookSilent
                | Self::Cluster(_)
        )
    }
}

/// Evidence for people: `E = 12`, `E = 3.4 million`, capped where the exact number says no more.
pub fn evidence_text(ln_e: f64) -> String {
    const LN_MILLION: f64 = 13.815_510_557_964_274;
    if ln_e > LN_MILLION {
        return "more than a million".to_owned();
    }
    let e = exp(ln_e);
    if e < 10.0 { format!("{e:.2}") } else { format!("{e:.0}") }
}

fn exposure_text(signal: Signal, exposure: f64) -> String {
    match signal.kind() {
        Kind::Rate => Span::from_s(exposure as i64).to_string(),
        Kind::Ratio | Kind::Latency => format!("{exposure:.0} requests"),
        Kind::Gauge | Kind::Place => format!("{exposure:.0} samples"),
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Breach { stratum, ln_e, ln_threshold, culprits } => {
                write!(f, "evidence against the canary in {stratum} is {}", evidence_text(*ln_e))?;
                write!(f, ", over the budget's {}", evidence_text(*ln_threshold))?;
                culprits.first().map_or(Ok(()), |c| {
                    let Culprit { signal, against, bad, total, .. } = c;
                    write!(f, ", carried by {signal} against the {against}: {bad:.0} bad of {total:.0} requests")
                })
            }
            Self::OrderedRollback { by, why } => write!(f, "rollback ordered by {by}: {why}"),
            Self::HeldBy { by, why } => write!(f, "held by {by}: {why}"),
            Self::SpeaksAgainst { stratum, ln_e } => {
                write!(f, "evidence against the canary in {stratum} is {}, not below 10", evidence_text(*ln_e))
            }
            Self::NotQuiet { signal, against, ln_e } => {
                write!(f, "{signal} against the {against} is not quiet: evidence {}", evidence_text(*ln_e))
            }
            Self::LonePod { signal, pod, bad, of } => {
                write!(f, "{signal}: {bad:.0} of the canary's {of:.0} bad events are of one pod, {}; ", pod.escape_debug())?;
                f.write_str("it is left out for five minutes, so that it can be rescheduled")
            }
            Self::Wanders { signal, tolerate, wanders, ln_e } => {
                write!(f, "{signal} is more than {tolerate} times the primary's (evidence {}), ", evidence_text(*ln_e))?;
                write!(f, "but by itself it wanders up to {wanders:.1} times: held, and not rolled back")
            }
            Self::Environment { signal, ln_e } => {
                write!(f, "{signal} is over its limit, and so is what it is compared with (evidence {}): ", evidence_text(*ln_e))?;
                f.write_str("an incident of the environment, which a rollback would not mend")
            }
            Self::Observing { elapsed, observe } => write!(f, "observed {elapsed} of {observe}"),
            Self::CanaryRestarted { count, calm, observe } => {
                let times = if *count == 1 { "once".to_owned() } else { format!("{count} times") };
                write!(f, "the canary's counters began anew {times} in this step: its processes restart, and what they ")?;
                write!(f, "lost is not counted; {calm} of {observe} without a restart")
            }
            Self::NotProved { signal, ln_e, margin, exposure, needed } => {
                write!(f, "{signal} is not proved below {margin}x its limit (evidence {} of 20): ", evidence_text(*ln_e))?;
                f.write_str(&exposure_text(*signal, *exposure))?;
                needed.map_or(Ok(()), |n| write!(f, " of about {}", exposure_text(*signal, n)))
            }
            Self::TooLittleTraffic { signal, exposure, needed } => {
                write!(f, "{signal} cannot be proved at this traffic and only has to stay quiet: ")?;
                f.write_str(&exposure_text(*signal, *exposure))?;
                needed.map_or(Ok(()), |n| write!(f, " of about {}", exposure_text(*signal, n)))
            }
            Self::Borrowed { signal, exposure, ln_e } => {
                write!(f, "{signal} cannot be proved here ({}) ", exposure_text(*signal, *exposure))?;
                write!(f, "and borrows the proof of all regions together: evidence {}", evidence_text(*ln_e))
            }
            Self::NeedsNoProof { signal, ln_e } => {
                write!(f, "{signal} against the primary only has to stay quiet: evidence {}", evidence_text(*ln_e))
            }
            Self::TrafficUnknown { signal } => {
                write!(f, "{signal} waits for the first count of the traffic")
            }
            Self::BaselineOverLimit { signal, times_limit, bracket } => {
                write!(f, "the primary itself is at {times_limit:.1} times the limit of {signal}; ")?;
                match bracket {
                    Some(b) => write!(f, "the limit is no bucket edge (below it {} ms): add one", b.below_ms),
                    None => f.write_str("raise the limit or mend the primary"),
                }
            }
            Self::NotCounted { signal, missing: Some(missing) } => write!(f, "{signal} is not counted: {missing}"),
            Self::NotCounted { signal, missing: None } => write!(f, "{signal} is not counted yet"),
            Self::NoTraffic { signal } => write!(f, "{signal}: the canary gets no requests"),
            Self::NoControl { signal } => {
                write!(f, "{signal}: the primary has had no requests in this step, so nothing can be compared")
            }
            Self::Stale { age, max_age } => write!(f, "the newest count is {age} old, more than {max_age}"),
            Self::Settling { left } => write!(f, "latency settles for {left} more"),
            Self::WeightUnknown => f.write_str(
                "nobody has said which step this run is in; configure the event hook, or start the rollout anew",
            ),
            Self::WeightOffLadder { weight } => write!(f, "weight {weight} % is no step of the policy"),
            Self::WeightContradicted { weight, share_percent } => {
                write!(f, "weight {weight} % was reported, but the canary gets {share_percent:.0} % of the requests")
            }
            Self::PlaceOverLimit { signal, level, limit, what } => {
                let (level, limit) = (level_text(*signal, *level), level_text(*signal, *limit));
                write!(f, "{signal} of the region is {level}, over its limit of {limit}")?;
                what.as_ref().map_or(Ok(()), |what| write!(f, ": {what}"))
            }
            Self::TrafficShare { weight, ln_e } => {
                write!(f, "the canary counts less than half of the requests that {weight} % gives it ")?;
                write!(f, "(evidence {}): what it fails or never gets is not counted", evidence_text(*ln_e))
            }
            Self::PromotionAskedEarly { weight: Some(weight) } => {
                write!(f, "promotion is asked for, but the last weight reported is {weight} %, not the top")
            }
            Self::PromotionAskedEarly { weight: None } => {
                f.write_str("promotion is asked for, but nobody has reported the top weight")
            }
            Self::EventHookSilent => {
                f.write_str("the event hook has not been heard; add it to the Canary, or weights stay unknown")
            }
            Self::PermissionUnanswered { weight } => {
                write!(f, "leaving {weight} % was allowed and no event says that it happened; the next polls' traffic will tell")
            }
            Self::AwaitsRegion { region } => write!(f, "{region} has not promoted this release"),
            Self::Baking { region, left } => write!(f, "{region} bakes for {left} more"),
            Self::BakesUnseen { region } => write!(f, "{region} bakes unseen: its metrics are missing"),
            Self::OtherRegion { region, trouble } => write!(f, "{region} {trouble} with this release"),
            Self::OtherUnderWay { region, release } => {
                write!(f, "{region} is under way")?;
                release.as_ref().map_or(Ok(()), |r| write!(f, " with release {}", r.escape_debug()))?;
                f.write_str(", and not both at once may be")
            }
            Self::TooManyUnderWay { regions, at_once } => {
                let names: Vec<String> = regions.iter().map(ToString::to_string).collect();
                let are = if names.len() == 1 { "is" } else { "are" };
                write!(f, "{} {are} under way, and at most {at_once} may be at once", names.join(", "))
            }
            Self::Overtaken { by } => {
                write!(f, "release {} has begun since: this one starts nowhere any more", by.escape_debug())
            }
            Self::AwaitsAttempt { region } => {
                write!(f, "{region} runs this release from before it changed (the same image again)")
            }
            Self::Frozen { why, left } => write!(f, "frozen for {left} more: {}", why.escape_debug()),
            Self::FrozenBy { by, why } => write!(f, "frozen by {by}: {why}"),
            Self::Guard(hold) => hold.fmt(f),
            Self::RestLacks { on, lacks } => {
                write!(f, "too little traffic for a verdict, and {on}, on which it rests instead, does not hold: {lacks}")
            }
            Self::Rests { signal, on } => {
                let on: Vec<String> = on.iter().map(ToString::to_string).collect();
                write!(f, "{signal} has too little traffic here; the verdict rests on {}", on.join(", "))
            }
            Self::WithRelease { region } => {
                write!(f, "{region} breached, and the policy takes the release back everywhere")
            }
            Self::Cluster(hold) => hold.fmt(f),
            Self::ReleaseUnknown => {
                f.write_str(
                    "an order of regions needs to know which release this is: configure the region's cluster, or \
                     metadata.release on the hooks",
                )
            }
            Self::NotAdmitted => f.write_str("the rollout has not been admitted"),
            Self::Promoting => f.write_str("Flagger is promoting"),
            Self::Ended => f.write_str("the run is over"),
            Self::LookTooOld { age: Some(age) } if *age < Span::ZERO => {
                write!(f, "the last poll of this region is {} ahead of the clock, which was set back", Span::ZERO - *age)
            }
            Self::LookTooOld { age: Some(age) } => write!(f, "the last poll of this region is {age} old"),
            Self::LookTooOld { age: None } => f.write_str("this region has not been polled yet"),
        }
    }
}
