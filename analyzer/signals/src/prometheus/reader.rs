//! One family of one arm: its targets, what they were seen to count, and whether they can be counted up to an instant.

use super::gone::{Gone, Return};
use super::memory::Memory;
use super::sighting::{Seen, Sighting};
use super::target::TargetKey;
use crate::counting::family::Fault;
use crate::counting::pods::Pods;
use crate::counting::split::Split;
use crate::counting::tally::Tally;
use crate::reason::one_line;
use haldane_core::increment::{Arm, Missing};
use haldane_core::time::{Span, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// Scrape intervals without a sample after which a target is gone.
const GONE_INTERVALS: i64 = 4;

/// The targets of one arm and one family, and their totals.
pub(crate) struct Reader {
    arm: Arm,
    targets: BTreeMap<TargetKey, Known>,
    gone: Gone,
    /// Events ever counted.
    pub(crate) totals: Tally,
    /// Bad events by target since this was last taken.
    pub(crate) pods: Pods,
    /// Targets whose counters began anew, since this was last set to zero.
    pub(crate) restarts: u32,
    /// The most series that are remembered.
    most_remembered: usize,
}

struct Known {
    memory: Memory,
    newest: Timestamp,
    edges: Option<Vec<f64>>,
}

/// Targets whose other family was there up to an instant, and stood at zero: they had no requests by then.
pub(crate) struct Vouched {
    until: Timestamp,
    targets: BTreeSet<TargetKey>,
}

impl Vouched {
    /// For nobody.
    pub(crate) const NONE: Self = Self { until: Timestamp::from_us(0), targets: BTreeSet::new() };

    fn memory(&self, key: &TargetKey) -> Memory {
        if self.targets.contains(key) { Memory::vouched(self.until) } else { Memory::default() }
    }
}

/// An instant to be judged, in the source's time.
#[derive(Clone, Copy)]
pub(crate) struct Moment {
    /// The end of the interval.
    pub(crate) cut: Timestamp,
    /// The source's time now.
    pub(crate) now: Timestamp,
    /// The time between two scrapes.
    pub(crate) interval: Span,
}

/// Whether an arm's family can be counted up to an instant.
pub(crate) enum Judged {
    /// Yes; these targets are live.
    Ready(Vec<TargetKey>),
    /// There was never a target.
    Empty,
    /// Not yet, or no longer.
    Waiting(Missing),
    /// Not with these samples.
    Faulty(Missing),
}

impl Reader {
    pub(crate) fn new(arm: Arm, most_remembered: usize) -> Self {
        Self {
            arm,
            targets: BTreeMap::new(),
            gone: Gone::default(),
            totals: Tally::default(),
            pods: Pods::default(),
            restarts: 0,
            most_remembered,
        }
    }

    /// How many targets are live.
    pub(crate) fn targets(&self) -> usize {
        self.targets.len()
    }

    /// Whether every known target has said all it will say up to the cut.
    pub(crate) fn judge(&self, sighting: &Sighting, moment: Moment, metric: &str) -> Judged {
        let Moment { cut, now, interval } = moment;
        let gone = times(interval, GONE_INTERVALS);
        let resumed = self.resumed(sighting, gone).filter(|at| *at <= cut);
        let keys: BTreeSet<&TargetKey> = self.targets.keys().chain(sighting.targets.keys()).collect();
        let (mut live, mut late, mut newest_of_all) = (Vec::new(), None, None);
        for key in keys {
            let seen = sighting.targets.get(key);
            if let Some(fault) = seen.and_then(|seen| fault_at(seen, moment)) {
                return Judged::Faulty(missing(self.arm, key, fault.clone(), metric));
            }
            let known = self.targets.get(key);
            let shown = seen.and_then(|seen| seen.newest(cut));
            let Some(newest) = shown.max(known.map(|known| known.newest)) else { continue };
            newest_of_all = newest_of_all.max(Some(newest));
            if is_fresh(newest, seen, moment) {
                live.push(key.clone());
            } else if known.is_some() && cut - resumed.unwrap_or(newest).max(newest) <= gone {
                late = late.or(Some(Missing::TargetLate {
                    arm: self.arm,
                    target: key.to_string(),
                    age_s: whole_s(cut - newest),
                    interval_s: whole_s(interval),
                }));
            }
        }
        match (late, newest_of_all) {
            (Some(late), _) => Judged::Waiting(late),
            (None, Some(_)) if !live.is_empty() => Judged::Ready(live),
            (None, Some(newest)) => {
                // A cut inside a gap is old too, although there are samples after it.
                let end = if sighting.newest().is_some_and(|last| last > cut) { cut } else { now };
                Judged::Waiting(Missing::OldData { arm: self.arm, age_s: whole_s(end - newest) })
            }
            (None, None) => Judged::Empty,
        }
    }

    /// When the arm's samples began again after a gap of the whole arm: what has not returned by then is not yet gone.
    fn resumed(&self, sighting: &Sighting, gone: Span) -> Option<Timestamp> {
        let mut last = self.targets.values().map(|known| known.newest).max()?;
        let mut resumed = None;
        let pages: BTreeSet<Timestamp> =
            sighting.targets.values().flat_map(|seen| seen.pages.range(last..)).copied().collect();
        for at in pages {
            if at - last > gone {
                resumed = Some(at);
            }
            last = at;
        }
        resumed
    }

    /// Counts up to the cut. Targets that are not live are read to their end and forgotten: if one returns, it begins
    /// anew, because what it counted meanwhile belongs to no interval. Tells whose row moved as none can.
    pub(crate) fn advance(
        &mut self,
        sighting: &Sighting,
        live: &[TargetKey],
        cut: Timestamp,
        split: Split,
        vouched: &Vouched,
    ) -> Option<TargetKey> {
        let mut torn = None;
        for key in live.iter().filter(|key| !self.targets.contains_key(*key)).collect::<Vec<_>>() {
            let memory = self.welcome(key, sighting.targets.get(key), cut, vouched);
            self.targets.insert(key.clone(), Known { memory, newest: cut, edges: None });
        }
        for (key, known) in &mut self.targets {
            let Some(seen) = sighting.targets.get(key) else { continue };
            if seen.edges.is_some() && known.edges != seen.edges {
                known.memory = Memory::default();
                known.edges.clone_from(&seen.edges);
            }
            let advance = known.memory.advance(&seen.series, cut, split);
            self.totals.add(advance.counts);
            self.pods.add(key, advance.counts);
            self.restarts += u32::from(advance.is_reset);
            known.newest = seen.newest(cut).unwrap_or(known.newest);
            torn = torn.or_else(|| advance.is_torn.then(|| key.clone()));
        }
        for (key, known) in self.targets.iter().filter(|(key, _)| !live.contains(key)) {
            self.gone.leave(key, &known.memory, known.newest, self.most_remembered);
        }
        self.targets.retain(|key, _| live.contains(key));
        self.bound(sighting);
        torn
    }

    /// What is known of a target that was not. One that goes on with what it had counted before is vouched for by
    /// nobody: its past would count again.
    fn welcome(&mut self, key: &TargetKey, seen: Option<&Seen>, cut: Timestamp, vouched: &Vouched) -> Memory {
        match self.gone.returns(key, seen, cut) {
            Return::GoesOn => Memory::default(),
            Return::Newcomer => vouched.memory(key),
            Return::Anew => {
                self.restarts += 1;
                vouched.memory(key)
            }
        }
    }

    /// The targets that were read up to `at` and had counted nothing by then.
    pub(crate) fn idle(&self, at: Timestamp) -> Vouched {
        let idle = self.targets.iter().filter(|(_, known)| known.memory.is_idle_at(at));
        Vouched { until: at, targets: idle.map(|(key, _)| key.clone()).collect() }
    }

    /// With too many series to remember, the vanished ones are forgotten.
    fn bound(&mut self, sighting: &Sighting) {
        let remembered: usize = self.targets.values().map(|known| known.memory.len()).sum();
        if remembered <= self.most_remembered {
            return;
        }
        let none = BTreeMap::new();
        for (key, known) in &mut self.targets {
            known.memory.forget_vanished(sighting.targets.get(key).map_or(&none, |seen| &seen.series));
        }
    }
}

/// Whether the newest sample up to the cut is the last one there will be. Younger than an interval, it is. Older, the
/// next may still be on its way, unless a later sample shows that it is not: then a ragged scrape may have gaps of one
/// and a half.
fn is_fresh(newest: Timestamp, seen: Option<&Seen>, moment: Moment) -> bool {
    let age = moment.cut - newest;
    let has_later = seen.is_some_and(|seen| seen.pages.last().is_some_and(|last| *last > moment.cut));
    age < moment.interval || (has_later && age <= ragged(moment.interval))
}

/// The fault of the newest instant of a target, while no later row heals it.
fn fault_at(seen: &Seen, moment: Moment) -> Option<&Fault> {
    let (at, fault) = seen.faults.range(..=moment.cut).next_back()?;
    (moment.cut - *at < moment.interval).then_some(fault)
}

/// The longest age that is taken for fresh at all.
fn ragged(interval: Span) -> Span {
    Span::from_us(interval.as_us().saturating_mul(3) / 2)
}

/// `n` times as long.
pub(super) fn times(span: Span, n: i64) -> Span {
    Span::from_us(span.as_us().saturating_mul(n))
}

/// In whole seconds, rounded up, not negative.
pub(super) fn whole_s(span: Span) -> u64 {
    u64::try_from((span.as_us().max(0) + 999_999) / 1_000_000).unwrap_or(0)
}

/// A fault of a target as increments tell it.
pub(super) fn missing(arm: Arm, key: &TargetKey, fault: Fault, metric: &str) -> Missing {
    let target = Some(key.to_string());
    match fault {
        Fault::Absent { series } => Missing::SeriesAbsent { arm, target, series },
        Fault::NotANumber { series } => Missing::NotANumber { arm, target, series },
        Fault::Twice { series } => Missing::NotMetrics {
            arm,
            target: key.to_string(),
            detail: format!("one series of {series} stands twice"),
        },
        Fault::Histogram { detail } => {
            Missing::BadHistogram { arm, target, series: metric.to_owned(), detail: one_line(&detail) }
        }
    }
}
