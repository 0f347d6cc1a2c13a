//! Live progress in the terminal: one line per region; without a terminal one line per change.

use crate::report::summary::RolloutSummary;
use haldane_core::time::Span;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::BTreeMap;

/// Shows where each region stands.
pub(super) struct Progress {
    bars: Option<(MultiProgress, BTreeMap<String, ProgressBar>)>,
    last: BTreeMap<String, String>,
}

impl Progress {
    /// Bars on standard error, unless `headless` or there is no terminal.
    pub(super) fn new(regions: &[String], headless: bool) -> Self {
        let multi = MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(8));
        if headless || multi.is_hidden() {
            return Self { bars: None, last: BTreeMap::new() };
        }
        let style = ProgressStyle::with_template("{prefix:>12} {bar:24} {msg}");
        let bar = |region: &String| {
            let bar = multi.add(ProgressBar::new(1000));
            if let Ok(style) = &style {
                bar.set_style(style.clone().progress_chars("━╸ "));
            }
            bar.set_prefix(region.clone());
            bar.set_message("waits for Flagger");
            (region.clone(), bar)
        };
        let bars = regions.iter().map(bar).collect();
        Self { bars: Some((multi, bars)), last: BTreeMap::new() }
    }

    /// Shows the newest summaries; `tell` gets a line where something changed and there is no terminal.
    pub(super) fn show(&mut self, summaries: &[RolloutSummary], tell: &mut dyn FnMut(&str)) {
        for summary in summaries {
            match &self.bars {
                Some((_, bars)) => {
                    if let Some(bar) = bars.get(&summary.region) {
                        bar.set_position((progress(summary) * 1000.0) as u64);
                        bar.set_message(message(summary));
                    }
                }
                None => self.change(summary, tell),
            }
        }
    }

    fn change(&mut self, summary: &RolloutSummary, tell: &mut dyn FnMut(&str)) {
        let guard = guard(summary);
        let name = guard.and_then(|guard| guard.split(':').next());
        let key = format!(
            "{} {:?} {:?} {name:?} {}",
            summary.standing,
            summary.weight_percent,
            summary.decision,
            awaited(summary)
        );
        if self.last.get(&summary.region) != Some(&key) {
            // The sentence may be about something else that it waits for, too.
            let guard = guard.filter(|guard| !summary.headline.contains(guard));
            let also = guard.map(|guard| format!(" And {guard}.")).unwrap_or_default();
            tell(&format!("{:>12}  {}{also}", summary.region, summary.headline));
            self.last.insert(summary.region.clone(), key);
        }
    }

    /// Leaves the last state on the screen.
    pub(super) fn finish(&self) {
        if let Some((_, bars)) = &self.bars {
            bars.values().for_each(ProgressBar::abandon);
        }
    }
}

/// What a region that has no traffic yet waits for, without the numbers in it: they count down. What is not counted there
/// yet is left out, because nothing but traffic brings it.
fn awaited(summary: &RolloutSummary) -> String {
    let waits =
        |reason: &&String| summary.weight_percent.is_none_or(|w| w == 0) && !reason.contains("counted");
    let first = summary.reasons.first().filter(waits).map(String::as_str).unwrap_or_default();
    let is_name = |word: &&str| !word.starts_with(|c: char| c.is_ascii_digit());
    first.split(' ').filter(is_name).collect::<Vec<_>>().join(" ")
}

/// The first guard that holds a region whose canary has traffic.
fn guard(summary: &RolloutSummary) -> Option<&str> {
    let mut guards = summary.reasons.iter().filter(|reason| reason.starts_with("guard "));
    guards.next().filter(|_| summary.weight_percent > Some(0)).map(String::as_str)
}

/// How far along the ladder: steps done, and the share of the present window.
fn progress(summary: &RolloutSummary) -> f64 {
    match (&summary.step, summary.standing.as_str()) {
        (_, "promoted") => 1.0,
        (Some(step), _) => {
            let share = (step.elapsed_s / step.observe_s).min(1.0);
            (step.index as f64 + share) / step.of as f64
        }
        (None, _) => 0.0,
    }
}

/// Step, time left, evidence against, proof for.
fn message(summary: &RolloutSummary) -> String {
    let Some(step) = summary.step.as_ref().filter(|_| summary.closed_us.is_none()) else {
        return summary.headline.clone();
    };
    let left = step.observe_s - step.elapsed_s;
    let time = if left > 0.0 {
        format!("{} left", Span::from_s(left as i64))
    } else {
        format!("extended, {} left", Span::from_s((step.extend_up_to_s - step.elapsed_s).max(0.0) as i64))
    };
    format!(
        "{:>3} %  {time:<22} against {:>3.0} % of a rollback  proved {}/{}",
        summary.weight_percent.unwrap_or(0),
        summary.against.unwrap_or(0.0).max(0.0) * 100.0,
        summary.proved,
        summary.to_prove,
    )
}
