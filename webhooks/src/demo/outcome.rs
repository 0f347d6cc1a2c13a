//! How a demo ended, per region.

use crate::report::summary::RolloutSummary;
use serde::{Serialize, Serializer};
use std::fmt::Write;

/// How a demo ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// What happened to the release.
    pub scenario: String,
    /// Seed of all simulated traffic.
    pub seed: u64,
    /// Each region's end, in the policy's order.
    #[serde(serialize_with = "as_object")]
    pub regions: Vec<(String, RegionOutcome)>,
    /// Real seconds that it took.
    pub wall_seconds: f64,
}

/// How a region ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RegionOutcome {
    /// promoted, rolled-back, held or waiting.
    pub outcome: String,
    /// Percent of the region's requests that the new version gets.
    pub weight: u32,
    /// What is happening, why, and what comes next.
    pub reason: String,
    /// The rollout's id.
    pub rollout: String,
}

/// An object whose keys keep their order.
fn as_object<S: Serializer>(regions: &[(String, RegionOutcome)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(regions.iter().map(|(region, end)| (region, end)))
}

/// How a region ended, from the newest summary of it and the traffic that its canary gets. `still`: nothing has moved
/// for longer than any window lasts, so whatever is under way is held, even before its first step.
pub(super) fn of(summary: &RolloutSummary, canary_weight: u32, still: bool) -> RegionOutcome {
    let promoted = summary.standing == "promoted";
    let held = still && summary.standing == "progressing";
    RegionOutcome {
        outcome: if held { "held".to_owned() } else { summary.standing.clone() },
        weight: if promoted { 100 } else { canary_weight },
        reason: summary.headline.clone(),
        rollout: summary.id.clone(),
    }
}

/// Whether nothing more will happen: everything promoted, something held for a person, or a release that went back
/// while nothing else is on its way.
pub(super) fn is_over(summaries: &[RolloutSummary], regions: usize) -> bool {
    let count = |standing: &str| summaries.iter().filter(|s| s.standing == standing).count();
    let gone_back = count("rolled-back") + count("failed-promotion");
    let under_way = count("progressing") + count("rolling-back");
    count("promoted") == regions || count("held") > 0 || (gone_back > 0 && under_way == 0)
}

impl Outcome {
    /// For people.
    pub fn text(&self) -> String {
        let mut text =
            format!("\n{} (seed {}), after {:.0} s:\n", self.scenario, self.seed, self.wall_seconds);
        for (region, end) in &self.regions {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "  {region:<11} {:<12} {}", end.outcome, end.reason);
        }
        text
    }
}
