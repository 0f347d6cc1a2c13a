//! What is told: plain data, for a table and for JSON.

use crate::assumed::Healthy;
use haldane_core::evidence::margin::Provability;
use haldane_core::increment::Region;
use haldane_core::signal::Signal;
use serde::Serialize;

/// What a policy can prove and find.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outlook {
    /// `namespace/name`.
    pub service: String,
    /// The seed of the simulation.
    pub seed: u64,
    /// Simulated rollouts per gate and worsening.
    pub runs: u32,
    /// The length of an increment in seconds.
    pub increment_s: f64,
    /// Variance over mean of the bad events per increment.
    pub fano: f64,
    /// Each region, in the order of the policy.
    pub regions: Vec<RegionOutlook>,
    /// What cannot be proved or found, and what would help: one sentence each.
    pub advice: Vec<String>,
}

/// One region.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RegionOutlook {
    /// Its name.
    pub region: Region,
    /// Requests per second of both arms.
    pub requests_per_s: f64,
    /// The odds against the canary at which it is rolled back.
    pub threshold: f64,
    /// What the healthy service is taken to be like.
    pub healthy: Healthy,
    /// Each step.
    pub steps: Vec<StepOutlook>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StepOutlook {
    /// Percent.
    pub weight: u32,
    /// The least time, in minutes.
    pub observe_min: f64,
    /// The most, in minutes.
    pub extend_up_to_min: f64,
    /// Each gate, in the order of the policy.
    pub gates: Vec<GateOutlook>,
}

/// One gate at one step.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GateOutlook {
    /// What is measured.
    pub signal: Signal,
    /// The limit in the unit of the signal.
    pub limit: Option<f64>,
    /// How many times the primary's rate is tolerated.
    pub tolerate: Option<f64>,
    /// Only reported: it neither holds nor rolls back.
    pub report_only: bool,
    /// The healthy canary: bad requests per request, or for a rate the canary's events per minute at this weight.
    pub healthy: f64,
    /// What can be proved of its limit; absent without one.
    pub proof: Option<ProofOutlook>,
    /// What it finds; absent where it compares with nothing (a gate without a limit at 100 %) or is only reported.
    pub finds: Option<Finds>,
}

/// Whether and when a healthy canary is proved.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProofOutlook {
    /// How it is to be proved, as it will be chosen before the step.
    pub provability: Provability,
    /// Requests of the canary that a likely proof needs; absent where nothing will do.
    pub requests: Option<f64>,
    /// Minutes of the step until then, `settle` included.
    pub minutes: Option<f64>,
    /// The same over the time there is until `extendUpTo`: above 1 it is too late.
    pub of_extension: Option<f64>,
}

impl ProofOutlook {
    /// Whether a proof is asked for, and likely to be there in time.
    pub fn is_likely(&self) -> bool {
        matches!(self.provability, Provability::Below { .. }) && self.of_extension.is_some_and(|of| of <= 1.0)
    }
}

/// What a gate finds in a step, with a canary that becomes worse as the step begins.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finds {
    /// By the end of `observe`.
    pub by_observe: Smallest,
    /// By the end of `extendUpTo`.
    pub by_extend_up_to: Smallest,
    /// How long given worsenings take.
    pub median: Vec<Found>,
}

/// The smallest worsening that is found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Smallest {
    /// With 80 % probability; absent: not even when every request is bad.
    pub p80: Option<Worsening>,
    /// With 95 %.
    pub p95: Option<Worsening>,
}

/// How bad a canary is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Worsening {
    /// Times the healthy rate.
    pub times: f64,
    /// Bad requests per request, or for a rate the canary's events per minute at this weight.
    pub rate: f64,
}

/// How long a worsening takes to be found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Found {
    /// The worsening.
    pub worsening: Worsening,
    /// False where it would be more than every request.
    pub possible: bool,
    /// How often it is found by the end of `extendUpTo`.
    pub within_extension: f64,
    /// Half of the time it is found within so many minutes; absent where less than half is found at all.
    pub median_min: Option<f64>,
}
