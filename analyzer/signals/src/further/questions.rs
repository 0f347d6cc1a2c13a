//! What the signals of a region ask, and which answer is whose.
//!
//! Questions are a flat list, because whoever asks them merges and splits them; keys beside it lead each answer back.

use super::Reader;
use crate::prometheus::{Matrix, Selector};
use haldane_core::increment::{Arm, Arms, Missing};
use haldane_core::signal::Signal;
use haldane_core::time::{Span, Timestamp};

/// How far back a level is asked for: four scrapes of a minute.
pub(crate) const LEVEL_WINDOW: Span = Span::from_min(5);

/// Which part of which signal a question is for.
pub(super) type Key = (usize, Arm, usize);

/// What is asked, and for whom.
pub(crate) struct Questions {
    pub(super) keys: Vec<Key>,
    /// The first key that is about the place.
    places_from: usize,
    /// Selectors with how far back, in order.
    pub(crate) selectors: Vec<(Selector, Span)>,
    pub(super) numbers: Vec<(usize, Arm)>,
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
}
