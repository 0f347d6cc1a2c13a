//! Whether a family can be counted in every arm up to an instant: all of them, or none.

use super::ledger::Answers;
use super::reader::{Judged, Moment, Reader, missing};
use super::sighting::Sighting;
use super::target::TargetKey;
use super::twins;
use crate::counting::edges::{self, Odd};
use crate::counting::family::Fault;
use haldane_core::increment::{Arm, Missing};
use haldane_core::signal::{Kind, Signal};
use haldane_core::time::Timestamp;
use std::collections::BTreeMap;

/// What one query brings: several signals may rest on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Family {
    /// The request counter.
    Requests,
    /// The duration histogram.
    Durations,
}

impl Family {
    pub(crate) const ALL: [Self; 2] = [Self::Requests, Self::Durations];

    /// What `signal` is counted from.
    pub(crate) const fn of(signal: Signal) -> Self {
        match signal.kind() {
            Kind::Latency => Self::Durations,
            Kind::Ratio | Kind::Rate | Kind::Gauge | Kind::Place => Self::Requests,
        }
    }

    /// The other one.
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Requests => Self::Durations,
            Self::Durations => Self::Requests,
        }
    }
}

/// Whether a family can be counted up to an instant.
pub(crate) enum Judgement {
    /// Yes: these are each arm's live targets, and the bucket edges that they share.
    Ready { live: BTreeMap<Arm, Vec<TargetKey>>, edges: Option<Vec<f64>> },
    /// Not yet, or no longer.
    Waiting(Missing),
    /// Not with these samples.
    Faulty(Missing),
}

/// Everything that a judgement rests on.
pub(crate) struct Judges<'a> {
    pub(crate) answers: &'a Answers,
    pub(crate) readers: &'a BTreeMap<(Family, Arm), Reader>,
    pub(crate) metrics: &'a BTreeMap<(Family, Arm), String>,
    pub(crate) moment: Moment,
}

impl Judges<'_> {
    /// Judges one family over all arms that were asked.
    pub(crate) fn judge(&self, family: Family) -> Judgement {
        let mut live = BTreeMap::new();
        let mut waiting = None;
        let asked: Vec<_> = self.answers.iter().filter(|((f, _), _)| *f == family).collect();
        for ((_, arm), answer) in &asked {
            let sighting = match answer {
                Ok(sighting) => sighting,
                Err(why) => return Judgement::Faulty(why.clone()),
            };
            match self.arm(family, *arm, sighting, asked.len() > 1) {
                Judged::Ready(targets) => drop(live.insert(*arm, targets)),
                Judged::Empty => drop(live.insert(*arm, Vec::new())),
                Judged::Waiting(why) => drop(waiting.get_or_insert(why)),
                Judged::Faulty(why) => return Judgement::Faulty(why),
            }
        }
        if let Some(why) = waiting {
            return Judgement::Waiting(why);
        }
        if let Some(why) = twins::find(self.seen(family, &live)) {
            return Judgement::Faulty(why);
        }
        match self.edges(family, &live) {
            Ok(edges) => Judgement::Ready { live, edges },
            Err(why) => Judgement::Faulty(why),
        }
    }

    fn arm(&self, family: Family, arm: Arm, sighting: &Sighting, compared: bool) -> Judged {
        let Some(reader) = self.readers.get(&(family, arm)) else { return Judged::Empty };
        let judged = reader.judge(sighting, self.moment, self.metric(family, arm));
        if let Some(key) = self.unvouched(family, arm, sighting) {
            let fault = Fault::Absent { series: self.metric(family, arm).to_owned() };
            return Judged::Faulty(missing(arm, key, fault, ""));
        }
        match judged {
            // Honest for a canary that has no traffic yet, beside a primary that answers; never for a primary.
            Judged::Empty if arm == Arm::Primary || !compared => Judged::Faulty(Missing::SeriesAbsent {
                arm,
                target: None,
                series: self.metric(family, arm).to_owned(),
            }),
            Judged::Empty | Judged::Ready(_) | Judged::Waiting(_) | Judged::Faulty(_) => judged,
        }
    }

    /// A target whose other family shows traffic, while this one does not know it: it hides something. Families that
    /// are scraped from different targets altogether cannot vouch for each other.
    fn unvouched(&self, family: Family, arm: Arm, mine: &Sighting) -> Option<&TargetKey> {
        let other = self.answers.get(&(family.other(), arm))?.as_ref().ok()?;
        let apart =
            !mine.targets.is_empty() && !mine.targets.keys().any(|key| other.targets.contains_key(key));
        let Moment { cut, interval, .. } = self.moment;
        let recent = |newest: Timestamp| cut - newest < interval;
        let hides = |key: &TargetKey| {
            let seen = other.targets.get(key);
            seen.is_some_and(|seen| seen.newest(cut).is_some_and(recent) && seen.has_counted(cut))
        };
        other.targets.keys().find(|key| !apart && !mine.targets.contains_key(key) && hides(key))
    }

    /// The live targets with what was seen of them, arm by arm.
    fn seen<'b>(
        &'b self,
        family: Family,
        live: &'b BTreeMap<Arm, Vec<TargetKey>>,
    ) -> impl Iterator<Item = (Arm, &'b TargetKey, Option<&'b super::sighting::Seen>)> {
        live.iter().flat_map(move |(arm, keys)| {
            let sighting = self.answers.get(&(family, *arm)).and_then(|answer| answer.as_ref().ok());
            keys.iter().map(move |key| (*arm, key, sighting.and_then(|s| s.targets.get(key))))
        })
    }

    /// The edges that all live targets share; the primary's are what the canary's are held to.
    fn edges(
        &self,
        family: Family,
        live: &BTreeMap<Arm, Vec<TargetKey>>,
    ) -> Result<Option<Vec<f64>>, Missing> {
        let mut seen: Vec<_> = self.seen(family, live).collect();
        seen.sort_by_key(|(arm, ..)| std::cmp::Reverse(*arm));
        let edges = seen
            .into_iter()
            .filter_map(|(arm, key, seen)| Some(((arm, key), seen.and_then(|seen| seen.edges.as_deref())?)));
        edges::common(edges).map_err(|Odd { odd: (arm, key), first: (_, first) }| {
            let detail = edges::other_than(&first.to_string());
            missing(arm, key, Fault::Histogram { detail }, self.metric(family, arm))
        })
    }

    fn metric(&self, family: Family, arm: Arm) -> &str {
        self.metrics.get(&(family, arm)).map_or("", String::as_str)
    }
}
