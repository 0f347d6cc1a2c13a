//! What many simulated releases came to: rates with their intervals, delays, reasons. Data for the API, text for people.

use crate::rollout::{End, Outcome};
use crate::simulate::Simulation;
use crate::stats::{Quantiles, Share};
use haldane_core::reason::Stratum;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// What many releases came to.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// The policy's name.
    pub policy: String,
    /// The noise, as it is written.
    pub noise: String,
    /// The fault, as it is written.
    pub fault: String,
    /// Requests per second of each region.
    pub rps: f64,
    /// Releases simulated.
    pub runs: usize,
    /// What names them.
    pub seed: u64,
    /// Rolled back. Without a fault this is the false rollback rate, with one the detection rate.
    pub rolled_back: Share,
    /// Rolled back by the pooled evidence of all regions.
    pub by_pool: Share,
    /// Promoted everywhere.
    pub promoted: Share,
    /// Promoted everywhere without any step extended.
    pub on_time: Share,
    /// Promoted everywhere with at least one step extended.
    pub extended: Share,
    /// Waiting for a person.
    pub held: Share,
    /// Releases held for each reason, at the end.
    pub hold_reasons: BTreeMap<String, usize>,
    /// Rollbacks by region, weight and heaviest gate.
    pub rollbacks: BTreeMap<String, usize>,
    /// Steps that were left, by place on the ladder.
    pub steps: Vec<StepSummary>,
    /// Minutes from the fault's onset in the region to the rollback.
    pub delay_min: Option<Quantiles>,
    /// Minutes from the canary's first traffic in the region to the rollback.
    pub exposed_min: Option<Quantiles>,
    /// Bad requests served beyond the healthy rate, in all runs in which the fault showed.
    pub bad_served: Option<Quantiles>,
}

/// How one step was left, over all regions of all runs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StepSummary {
    /// Percent.
    pub weight: u32,
    /// Left at the end of its window, of all times that it was left.
    pub on_time: Share,
}

pub(crate) fn summarise(of: &Simulation<'_>, outcomes: &[Outcome]) -> Summary {
    let share = |is: fn(&Outcome) -> bool| Share::among(outcomes, is);
    let back = |pick: fn(&End) -> Option<f64>| Quantiles::of(outcomes.iter().filter_map(|o| pick(&o.end)));
    Summary {
        policy: of.policy.name.clone(),
        noise: of.noise.to_string(),
        fault: of.fault.to_string(),
        rps: of.traffic.rps,
        runs: of.runs,
        seed: of.seed,
        rolled_back: share(|o| matches!(o.end, End::RolledBack { .. })),
        by_pool: share(|o| matches!(o.end, End::RolledBack { stratum: Stratum::Pool, .. })),
        promoted: share(|o| o.end == End::Promoted),
        on_time: share(Outcome::on_time),
        extended: share(|o| o.end == End::Promoted && !o.on_time()),
        held: share(|o| matches!(o.end, End::Held { .. })),
        hold_reasons: counted(outcomes.iter().flat_map(|o| hold_reasons(&o.end))),
        rollbacks: counted(outcomes.iter().filter_map(|o| place(&o.end))),
        steps: steps(of, outcomes),
        delay_min: back(|e| if let End::RolledBack { since_onset_min: m, .. } = e { *m } else { None }),
        exposed_min: back(|e| {
            if let End::RolledBack { since_exposure_min: m, .. } = e { Some(*m) } else { None }
        }),
        bad_served: Quantiles::of(outcomes.iter().filter(|o| o.fault_began).map(|o| o.bad_served)),
    }
}

fn counted(words: impl Iterator<Item = String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    words.for_each(|word| *counts.entry(word).or_default() += 1);
    counts
}

fn hold_reasons(end: &End) -> Vec<String> {
    if let End::Held { weight, reasons, .. } = end {
        return reasons.iter().map(|r| format!("{r} at {weight} %")).collect();
    }
    Vec::new()
}

fn place(end: &End) -> Option<String> {
    if let End::RolledBack { region, weight, stratum, culprit, .. } = end {
        let gate = culprit.map_or_else(String::new, |(s, against)| format!(", {s} against the {against}"));
        return Some(format!("{region} at {weight} %{gate}, {stratum}"));
    }
    None
}

fn steps(of: &Simulation<'_>, outcomes: &[Outcome]) -> Vec<StepSummary> {
    let step = |(index, step): (usize, &haldane_core::policy::Step)| {
        let left: Vec<_> = outcomes.iter().flat_map(|o| &o.left).filter(|l| l.step == index).collect();
        StepSummary { weight: step.weight, on_time: Share::among(&left, |l| l.on_time) }
    };
    of.policy.steps.iter().enumerate().map(step).collect()
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { policy, noise, fault, rps, runs, seed, .. } = self;
        writeln!(
            f,
            "{policy}: {runs} releases, noise {noise}, fault {fault}, {rps} requests/s per region, seed {seed}"
        )?;
        writeln!(f)?;
        for (what, share) in [
            ("rolled back", &self.rolled_back),
            ("promoted", &self.promoted),
            ("  on time", &self.on_time),
            ("  extended", &self.extended),
            ("held", &self.held),
        ] {
            writeln!(f, "  {what:<26}{share}")?;
        }
        for step in self.steps.iter().filter(|s| s.on_time.of > 0) {
            writeln!(f, "  {:<26}{}", format!("left {} % on time", step.weight), step.on_time)?;
        }
        for (what, quantiles) in [
            ("minutes from the onset", &self.delay_min),
            ("minutes from first traffic", &self.exposed_min),
            ("bad requests served", &self.bad_served),
        ] {
            if let Some(Quantiles { median, p95 }) = quantiles {
                writeln!(f, "  {what:<26} median {median:.1}, 95 % below {p95:.1}")?;
            }
        }
        list(f, "rolled back in", &self.rollbacks)?;
        list(f, "held for", &self.hold_reasons)
    }
}

fn list(f: &mut fmt::Formatter<'_>, title: &str, counts: &BTreeMap<String, usize>) -> fmt::Result {
    for (i, (word, count)) in counts.iter().enumerate() {
        let title = if i == 0 { title } else { "" };
        writeln!(f, "  {title:<26}{count} × {word}")?;
    }
    Ok(())
}
