//! The signals beyond requests and their durations: error logs, restarts, CPU, lag, and whatever a user's template asks for.
//!
//! ```text
//! questions ─► matrices ─► counts | gauge | place | scalar ─► Readings of one increment
//! ```
//!
//! Requests decide where an increment ends, because without them nothing is judged; everything else is read up to the same
//! instant. It does not matter whence the matrices come: a Prometheus, or pods' own pages put together.

pub(crate) mod by_pod;
mod counts;
mod exposure;
mod gauge;
mod place;
pub(crate) mod pods;
mod scalar;

pub use crate::templates::{Exposure, GaugeQuery, Of, PlaceOf, What};

use crate::prometheus::{ConfigError, Matrix, Selector, Terms};
use counts::Counted;
use exposure::Traffic;
use gauge::{Bounds, Gauge};
use haldane_core::increment::{Arm, Arms, Counts, Increment, Missing, Reading};
use haldane_core::signal::Signal;
use haldane_core::time::{Span, Timestamp};
use place::Place;
use scalar::Scalar;
use std::collections::BTreeMap;

/// How far back a level is asked for: four scrapes of a minute.
pub(crate) const LEVEL_WINDOW: Span = Span::from_min(5);

/// One further signal: how it is counted, and against what.
#[derive(Clone, Debug, PartialEq)]
pub struct Further {
    /// Which.
    pub signal: Signal,
    /// From what.
    pub what: What,
    /// Its limit in this region, in the unit of its kind: milliseconds, or the unit of the query.
    pub limit: Option<f64>,
    /// How many times the primary's is tolerated.
    pub tolerate: Option<f64>,
}

/// The signals that are counted from requests and durations: requests also where nobody gates them, because the ends of
/// increments are theirs, and other events are held against them.
pub(crate) fn counted(signals: &[Signal], further: &[Further]) -> Vec<Signal> {
    let told = signals.iter().any(|s| matches!(s, Signal::ErrorRate | Signal::Http5xx));
    let more = (!told && !further.is_empty()).then_some(Signal::ErrorRate);
    signals.iter().copied().chain(more).collect()
}

/// What one reading is about: instants in the source's time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) arms: Arms,
    /// The end of the increment.
    pub(crate) cut: Timestamp,
    /// Now.
    pub(crate) now: Timestamp,
    /// How far the source's clock is ahead of ours.
    pub(crate) ahead: Span,
    /// The least length of an interval.
    pub(crate) bin: Span,
    /// The time between two scrapes, until it is found.
    pub(crate) interval: Span,
}

/// Which part of which signal a question is for.
type Key = (usize, Arm, usize);

/// Every further signal of one region.
pub(crate) struct Reader {
    counted: Vec<Counted>,
    gauges: Vec<Gauge>,
    places: Vec<Place>,
    scalars: Vec<Scalar>,
    traffic: Traffic,
    arms: Option<Arms>,
}

/// What is asked, and for whom.
pub(crate) struct Questions {
    keys: Vec<Key>,
    /// The first key that is about the place.
    places_from: usize,
    /// Selectors with how far back, in order.
    pub(crate) selectors: Vec<(Selector, Span)>,
    numbers: Vec<(usize, Arm)>,
    /// Whole queries that have to give one number, with the signal's name, in order.
    pub(crate) scalars: Vec<(String, String)>,
}

/// What was answered, in the order of the questions.
pub(crate) struct Replies {
    pub(crate) matrices: Vec<Result<Matrix, Missing>>,
    pub(crate) numbers: Vec<Result<f64, Missing>>,
}

/// One question, and what it is for.
pub(crate) struct Part<'a> {
    pub(crate) signal: Signal,
    /// Absent where it is about the place.
    pub(crate) arm: Option<Arm>,
    pub(crate) selector: &'a Selector,
    pub(crate) range: Span,
}

impl Questions {
    /// Whole queries that have to give one number: whose, which, and of which signal.
    pub(crate) fn queries(&self) -> impl Iterator<Item = (Arm, &str, &str)> {
        let asked = self.numbers.iter().zip(&self.scalars);
        asked.map(|((_, arm), (query, signal))| (*arm, query.as_str(), signal.as_str()))
    }

    /// The selectors with how far back, and whose pages they are about: of the place, everybody's.
    pub(crate) fn of_pages(&self) -> impl Iterator<Item = (&str, Span, &'static [Arm])> {
        let selectors = self.keys.iter().zip(&self.selectors);
        selectors.map(|((at, arm, _), (selector, range))| {
            let of: &'static [Arm] = match arm {
                _ if *at >= self.places_from => &[Arm::Canary, Arm::Primary],
                Arm::Canary => &[Arm::Canary],
                Arm::Primary => &[Arm::Primary],
            };
            (selector.text(), *range, of)
        })
    }

    /// The same reason for every question.
    pub(crate) fn unanswered(&self, why: &Missing) -> Replies {
        Replies {
            matrices: self.selectors.iter().map(|_| Err(why.clone())).collect(),
            numbers: self.scalars.iter().map(|_| Err(why.clone())).collect(),
        }
    }
}

impl Reader {
    pub(crate) fn new(further: &[Further], terms: &Terms) -> Result<Self, ConfigError> {
        let mut reader = Self {
            counted: Vec::new(),
            gauges: Vec::new(),
            places: Vec::new(),
            scalars: Vec::new(),
            traffic: Traffic::default(),
            arms: None,
        };
        for one in further {
            let bounds = Bounds { limit: one.limit, tolerate: one.tolerate };
            reader.counted.extend(Counted::new(one, terms)?);
            match &one.what {
                What::Counts { .. } | What::Buckets { .. } => {}
                What::Gauge { canary, primary } => {
                    let arms = [(Arm::Canary, canary), (Arm::Primary, primary)];
                    reader.gauges.push(Gauge::new(one.signal, arms, bounds)?);
                }
                What::Place { value, of } => reader.places.push(Place::new(one.signal, value, *of)?),
                What::Scalar { canary, primary } => {
                    reader.scalars.push(Scalar::new(one.signal, canary, primary.as_deref(), bounds));
                }
            }
        }
        Ok(reader)
    }

    /// Other arms than last time begin new intervals.
    pub(crate) fn begin(&mut self, arms: Arms) {
        self.counted.iter_mut().for_each(|c| c.ledger.begin(arms));
        if self.arms.replace(arms) != Some(arms) {
            self.drop_levels();
        }
    }

    /// Forgets the intervals begun: nothing may be counted across this moment.
    pub(crate) fn drop_intervals(&mut self) {
        self.counted.iter_mut().for_each(|c| c.ledger.drop_intervals());
        self.drop_levels();
    }

    fn drop_levels(&mut self) {
        self.gauges.iter_mut().for_each(Gauge::drop_interval);
        self.scalars.iter_mut().for_each(Scalar::drop_interval);
        self.traffic = Traffic::default();
    }

    /// The questions with what they are for.
    pub(crate) fn parts<'a>(&'a self, questions: &'a Questions) -> impl Iterator<Item = Part<'a>> {
        let signals = self.counted.iter().map(|c| c.signal).chain(self.gauges.iter().map(|g| g.signal));
        let signals: Vec<Signal> = signals.chain(self.places.iter().map(|p| p.signal)).collect();
        questions.keys.iter().zip(&questions.selectors).filter_map(
            move |((at, arm, _), (selector, range))| {
                let arm = (*at < questions.places_from).then_some(*arm);
                Some(Part { signal: *signals.get(*at)?, arm, selector, range: *range })
            },
        )
    }

    /// Every selector's text.
    pub(crate) fn selectors(&self) -> Vec<String> {
        let asked = self.questions(Arms::Both, Timestamp::from_us(0));
        asked.selectors.iter().map(|(selector, _)| selector.text().to_owned()).collect()
    }

    /// What `arms` need at `now`, in the source's time.
    pub(crate) fn questions(&self, arms: Arms, now: Timestamp) -> Questions {
        let mut asked = Questions {
            keys: Vec::new(),
            places_from: self.counted.len() + self.gauges.len(),
            selectors: Vec::new(),
            numbers: Vec::new(),
            scalars: Vec::new(),
        };
        let mut ask = |key: Key, selector: &Selector, range: Span| {
            asked.keys.push(key);
            asked.selectors.push((selector.clone(), range));
        };
        let both = [Arm::Canary, Arm::Primary].into_iter().filter(|arm| arms.include(*arm));
        for arm in both.clone() {
            for (i, counted) in self.counted.iter().enumerate() {
                if let Some(selector) = counted.selector(arm) {
                    ask((i, arm, 0), selector, counted.window(now));
                }
            }
            for (i, gauge) in self.gauges.iter().enumerate() {
                let at = self.counted.len() + i;
                gauge.selectors(arm).enumerate().for_each(|(part, s)| ask((at, arm, part), s, LEVEL_WINDOW));
            }
        }
        for (i, place) in self.places.iter().enumerate() {
            let at = self.counted.len() + self.gauges.len() + i;
            ask((at, Arm::Primary, 0), &place.selector, LEVEL_WINDOW);
        }
        for (i, scalar) in self.scalars.iter().enumerate() {
            for arm in both.clone() {
                if let Some(query) = scalar.queries.get(&arm) {
                    asked.numbers.push((i, arm));
                    asked.scalars.push((query.clone(), scalar.signal.to_string()));
                }
            }
        }
        asked
    }

    /// Adds what was answered to `increment`, which is about the requests up to the same instant.
    pub(crate) fn read(
        &mut self,
        questions: Questions,
        replies: Replies,
        asked: Asked,
        increment: &mut Increment,
    ) {
        self.traffic.note(increment);
        let mut shown: BTreeMap<Key, Result<Matrix, Missing>> =
            questions.keys.into_iter().zip(replies.matrices).collect();
        for i in 0..self.counted.len() {
            self.count(i, &mut shown, asked, increment);
        }
        let at = self.counted.len();
        for (i, gauge) in self.gauges.iter_mut().enumerate() {
            let arms = [Arm::Canary, Arm::Primary].into_iter().filter_map(|arm| {
                let value = shown.remove(&(at + i, arm, 0))?;
                let per = shown.remove(&(at + i, arm, 1)).transpose();
                Some((arm, value.and_then(|value| Ok((value, per?)))))
            });
            let reading = gauge.read(arms.collect(), asked);
            increment.signals.extend(reading.map(|reading| (gauge.signal, reading)));
        }
        for (i, place) in self.places.iter().enumerate() {
            if let Some(matrix) = shown.remove(&(at + self.gauges.len() + i, Arm::Primary, 0)) {
                increment.signals.insert(place.signal, place.read(matrix, asked));
            }
        }
        let mut numbers: BTreeMap<usize, BTreeMap<Arm, Result<f64, Missing>>> = BTreeMap::new();
        for ((i, arm), number) in questions.numbers.into_iter().zip(replies.numbers) {
            numbers.entry(i).or_default().insert(arm, number);
        }
        for (i, numbers) in numbers {
            if let Some(scalar) = self.scalars.get_mut(i) {
                increment.signals.insert(scalar.signal, scalar.read(numbers, asked));
            }
        }
    }

    fn count(
        &mut self,
        i: usize,
        shown: &mut BTreeMap<Key, Result<Matrix, Missing>>,
        asked: Asked,
        increment: &mut Increment,
    ) {
        let Some(counted) = self.counted.get_mut(i) else { return };
        let arms = [Arm::Canary, Arm::Primary].into_iter();
        let arms = arms.filter_map(|arm| Some((arm, shown.remove(&(i, arm, 0))?))).collect();
        let Some(mut own) = counted.read(arms, asked) else { return };
        let Some(reading) = own.signals.remove(&counted.signal) else { return };
        let pods = |arm: Arm| counted.targets(arm) as f64;
        let reading = match (reading, counted.exposure) {
            (Reading::Counted { since, canary, primary, bracket }, Exposure::Pods) => {
                let s = (increment.as_of - since).as_s();
                let per_pod =
                    |arm: Arm, counts: Option<Counts>| counts.map(|c| Counts { total: pods(arm) * s, ..c });
                let (canary, primary) = (per_pod(Arm::Canary, canary), per_pod(Arm::Primary, primary));
                Reading::Counted { since, canary, primary, bracket }
            }
            (Reading::Counted { since, canary, primary, bracket }, Exposure::Requests) => {
                let served = |arm: Arm, counts: Option<Counts>| {
                    counts.map(|c| Counts { total: self.traffic.requests(arm, since, increment.as_of), ..c })
                };
                let (canary, primary) = (served(Arm::Canary, canary), served(Arm::Primary, primary));
                Reading::Counted { since, canary, primary, bracket }
            }
            (reading, Exposure::Own | Exposure::Pods | Exposure::Requests) => reading,
        };
        increment.canary_pods.extend(own.canary_pods);
        increment.signals.insert(counted.signal, reading);
    }
}

/// Reads the selector of `arm`; what is wrong with it is told with the signal's name.
fn selector(signal: Signal, arm: Arm, text: &str) -> Result<Selector, ConfigError> {
    Selector::parse(text).map_err(|why| ConfigError::Signal { arm, signal: signal.to_string(), why })
}
