//! What the primary did before the rollout: how noisy its counts are, and how high its rates.
//!
//! The hour before a rollout fixes the dispersion that the bets assume and the baseline that a proof has to allow
//! for. It is summarised once, when the rollout opens, and recorded with it: nothing that happens during the rollout
//! can change what the bets were placed under.

use crate::evidence::dispersion::Fano;
use crate::evidence::drift::Drift;
use crate::increment::{Counts, Increment, Reading};
use crate::signal::Signal;
use crate::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The least history that the dispersion may be taken from.
pub const LEAST: Span = Span::from_min(60);

/// One signal of the primary before the rollout.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct SignalHistory {
    /// Time covered.
    pub covers: Span,
    /// Bad events, at most.
    pub bad: f64,
    /// All events.
    pub total: f64,
    /// Fano factor of the bad events per increment; absent when there was none.
    pub fano: Option<f64>,
    /// Whether any of it was made up (a demo's) instead of scraped.
    pub synthetic: bool,
    /// The factor that the rate wanders by over minutes; absent where it is not seen to. Left out so that older records
    /// keep their digests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<f64>,
}

impl SignalHistory {
    /// Whether it is long enough for the dispersion to be taken from it.
    pub fn suffices(&self) -> bool {
        self.covers >= LEAST
    }
}

/// One past increment of the primary, and whether it was made up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PastIncrement {
    /// What was counted.
    pub increment: Increment,
    /// True for a demo's invented past.
    pub synthetic: bool,
}

/// What one poll of the past counted for one signal.
struct Past<'a> {
    as_of: Timestamp,
    since: Timestamp,
    counts: &'a Counts,
    synthetic: bool,
}

/// Each signal's summary of one region's past, oldest increment first.
pub fn summarise(past: &[PastIncrement]) -> BTreeMap<Signal, SignalHistory> {
    let mut summaries = BTreeMap::new();
    for signal in told(past) {
        let (mut fano, mut drift) = (Fano::default(), Drift::default());
        let mut summary = SignalHistory::default();
        let mut end = None;
        for Past { as_of, since, counts, synthetic } in counted(past, signal) {
            if end != Some(since) {
                fano.break_off();
                drift.break_off();
            }
            end = Some(as_of);
            fano.push(counts.bad_at_most, as_of - since);
            drift.push(counts.bad_at_most, counts.total, as_of - since);
            summary.covers = summary.covers + (as_of - since);
            summary.bad += counts.bad_at_most;
            summary.total += counts.total;
            summary.synthetic |= synthetic;
        }
        if summary.covers > Span::ZERO {
            summary.fano = fano.factor();
            summary.drift = drift.factor(summary.fano.unwrap_or(1.0));
            summaries.insert(signal, summary);
        }
    }
    summaries
}

/// The Fano factor of all regions' bad events counted together, tick by tick of `bin`.
///
/// Noise that regions share does not average out, so a pool must not be judged by its members' factors.
pub fn pooled_fano(regions: &[Vec<PastIncrement>], bin: Span) -> BTreeMap<Signal, f64> {
    let mut factors = BTreeMap::new();
    for signal in told(regions.iter().flatten()) {
        let mut ticks: BTreeMap<Timestamp, (f64, usize)> = BTreeMap::new();
        for past in regions {
            for Past { as_of, counts, .. } in counted(past, signal) {
                let tick = ticks.entry(as_of.aligned(bin)).or_default();
                *tick = (tick.0 + counts.bad_at_most, tick.1 + 1);
            }
        }
        let mut fano = Fano::default();
        let most = ticks.values().map(|(_, members)| *members).max().unwrap_or(0);
        for (bad, members) in ticks.into_values() {
            if members == most { fano.push(bad, bin) } else { fano.break_off() }
        }
        factors.extend(fano.factor().map(|f| (signal, f)));
    }
    factors
}

/// The signals that any of it tells of.
fn told<'a>(past: impl IntoIterator<Item = &'a PastIncrement>) -> BTreeSet<Signal> {
    past.into_iter().flat_map(|p| p.increment.signals.keys().copied()).collect()
}

fn counted(past: &[PastIncrement], signal: Signal) -> impl Iterator<Item = Past<'_>> {
    past.iter().filter_map(move |p| match p.increment.signals.get(&signal)? {
        Reading::Counted { since, primary: Some(counts), .. } => {
            Some(Past { as_of: p.increment.as_of, since: *since, counts, synthetic: p.synthetic })
        }
        Reading::Counted { primary: None, .. }
        | Reading::Gauged { .. }
        | Reading::Placed { .. }
        | Reading::Missing(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::increment::{Arms, Region};

    fn past(bads: &[f64]) -> Vec<PastIncrement> {
        let bin = Span::from_s(30);
        bads.iter()
            .enumerate()
            .map(|(i, bad)| {
                let since = Timestamp::from_s(30 * i64::try_from(i).unwrap());
                let primary = Some(Counts::exact(*bad, 12_000.0));
                let reading = Reading::Counted { since, canary: None, primary, bracket: None };
                let increment = Increment {
                    region: Region::from("us-east"),
                    as_of: since + bin,
                    arms: Arms::PrimaryOnly,
                    canary_targets: 2,
                    primary_targets: 0,
                    canary_restarts: 0,
                    canary_pods: Default::default(),
                    signals: [(Signal::ErrorRate, reading)].into(),
                };
                PastIncrement { increment, synthetic: true }
            })
            .collect()
    }

    #[test]
    fn an_hour_of_increments_suffices_and_a_minute_less_does_not() {
        let summary = |n: usize| summarise(&past(&vec![1.0; n])).remove(&Signal::ErrorRate).unwrap();
        assert!(summary(120).suffices() && !summary(118).suffices());
        assert_eq!((summary(120).bad, summary(120).synthetic), (120.0, true));
    }

    #[test]
    fn a_signal_that_was_never_counted_has_no_history() {
        assert!(!summarise(&past(&[1.0])).contains_key(&Signal::P99Latency));
    }

    #[test]
    fn bursts_that_regions_share_count_as_larger_bursts() {
        let bursts: Vec<f64> = (0..120).map(|i| if i % 10 == 5 { 6.0 } else { 0.0 }).collect();
        let pooled = pooled_fano(&[past(&bursts), past(&bursts)], Span::from_s(30));
        assert_eq!(pooled[&Signal::ErrorRate], 12.0);
        assert_eq!(summarise(&past(&bursts))[&Signal::ErrorRate].fano, Some(6.0));
    }
}
