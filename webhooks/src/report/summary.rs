//! One rollout on one line: what lists, the demo's progress and dashboards read.

use haldane_core::headline::{headline, standing};
use haldane_core::policy::Policy;
use haldane_core::reason::Against;
use haldane_core::report::{Decision, RegionLook, StepLook, Verdict};
use haldane_store::RolloutRecord;
use serde::{Deserialize, Serialize};

/// One rollout, as the API lists it. Keys are snake_case with units last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RolloutSummary {
    /// Its id.
    pub id: String,
    /// `namespace/name`.
    pub service: String,
    /// Where.
    pub region: String,
    /// Which release, if the hooks named it.
    pub release: Option<String>,
    /// When it opened, microseconds since the epoch.
    pub opened_us: i64,
    /// When it ended, if it has.
    pub closed_us: Option<i64>,
    /// waiting, progressing, held, rolling-back, promoted, rolled-back, rolled-back-by-order, failed-promotion,
    /// superseded, unknown.
    pub standing: String,
    /// What is happening, why, and what comes next.
    pub headline: String,
    /// advance, hold or rollback; absent once it has ended.
    pub decision: Option<String>,
    /// Why, where it is not a yes.
    pub reasons: Vec<String>,
    /// The person's approval that the decision rests on: who, and why.
    #[serde(default)]
    pub approved: Option<String>,
    /// The canary's weight, where it is known.
    pub weight_percent: Option<u32>,
    /// The step, in one.
    pub step: Option<StepSummary>,
    /// Evidence against the canary over its threshold, as logarithms, the nearest stratum: 1 would be a breach.
    pub against: Option<f64>,
    /// Limit gates proved in this step, of those that decide.
    pub proved: usize,
    /// Limit gates that decide.
    pub to_prove: usize,
}

/// A step under observation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepSummary {
    /// Its place on the ladder, from 0.
    pub index: usize,
    /// How many there are.
    pub of: usize,
    /// Time observed.
    pub elapsed_s: f64,
    /// The least time.
    pub observe_s: f64,
    /// The most.
    pub extend_up_to_s: f64,
}

/// The summary of a rollout that is still of interest to the engine, from a look at it now.
pub fn of_look(look: &RegionLook, policy: &Policy, opened_us: i64) -> RolloutSummary {
    let ended = look.stage.ended();
    let limits = look.gates.iter().filter(|g| g.against == Against::Limit && !g.report_only);
    RolloutSummary {
        id: look.rollout.to_string(),
        service: policy.service.clone(),
        region: look.region.to_string(),
        release: look.release.clone(),
        opened_us,
        closed_us: ended.map(|e| e.as_us()),
        standing: standing(look).name().to_owned(),
        headline: headline(look, policy),
        decision: ended.is_none().then(|| look.decision.name().to_owned()),
        reasons: if ended.is_some() {
            Vec::new()
        } else {
            look.decision.reasons().iter().map(ToString::to_string).collect()
        },
        approved: look.approved.as_ref().map(ToString::to_string),
        weight_percent: look.weight,
        step: look.step.as_ref().map(step),
        against: look.strata.iter().map(|s| s.ln_e / s.ln_threshold).reduce(f64::max),
        proved: limits.clone().filter(|g| g.verdict == Verdict::Healthy).count(),
        to_prove: limits.count(),
    }
}

impl RolloutSummary {
    /// The page of its release.
    pub fn release_href(&self) -> String {
        self.release.as_deref().map(super::release::href).unwrap_or_default()
    }

    /// The same rollout, which waits for `why` whatever was decided: the answer to Flagger is no.
    #[must_use]
    pub fn held_back(self, why: String) -> Self {
        let at = self.weight_percent.map(|w| format!(" at {w} %")).unwrap_or_default();
        Self {
            headline: format!("{} holds{at}: {why}.", self.region),
            decision: Some(Decision::Hold(Vec::new()).name().to_owned()),
            reasons: std::iter::once(why).chain(self.reasons).collect(),
            ..self
        }
    }
}

fn step(step: &StepLook) -> StepSummary {
    StepSummary {
        index: step.index,
        of: step.of,
        elapsed_s: step.elapsed.as_s(),
        observe_s: step.observe.as_s(),
        extend_up_to_s: step.extend_up_to.as_s(),
    }
}

/// What the store keeps beside a rollout's columns.
#[derive(Default, Deserialize)]
struct Kept {
    #[serde(default)]
    standing: String,
    #[serde(default)]
    headline: String,
    weight: Option<u32>,
}

/// The summary of a rollout that is over, as it was last written.
pub fn of_record(record: RolloutRecord) -> RolloutSummary {
    let kept: Kept = serde_json::from_str(&record.body).unwrap_or_default();
    RolloutSummary {
        id: record.id,
        service: record.service,
        region: record.region.to_string(),
        release: record.release,
        opened_us: record.opened.as_us(),
        closed_us: record.closed.map(|c| c.as_us()),
        standing: kept.standing,
        headline: kept.headline,
        decision: None,
        reasons: Vec::new(),
        approved: None,
        weight_percent: kept.weight,
        step: None,
        against: None,
        proved: 0,
        to_prove: 0,
    }
}
