//! Signals beyond requests, read from pods' own pages.
//!
//! Pages are kept for some minutes as a store of samples, and asked as a Prometheus is: the same readers count and measure.
//! Guards are read from them, too, as far as selectors go: nothing here reads PromQL.

use super::book::{Book, metrics};
use super::config::{ConfigError, ScrapeConfig};
use super::pod::Page;
use crate::further::{Asked, Reader, Replies, What};
use crate::guards::{Ask, GuardProbe, Plan, Words};
use crate::prometheus::{Matrix, Terms};
use haldane_core::guard::Watched;
use haldane_core::increment::{Arm, Arms, Increment, Missing};
use haldane_core::time::{Span, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// The further signals of one region.
pub(super) struct Beyond {
    reader: Reader,
    guards: Plan,
    /// What the last poll asked for: pages of nobody who is asked any more say nothing of how the place is.
    asked: Arms,
    book: Book,
    metrics: BTreeSet<String>,
    bin: Span,
    interval: Span,
    last: Option<Timestamp>,
}

/// Series that are remembered of one signal.
const MOST_SERIES: usize = 20_000;

impl Beyond {
    pub(super) fn new(config: &ScrapeConfig) -> Result<Self, ConfigError> {
        let scalar = |f: &&crate::further::Further| matches!(f.what, What::Scalar { .. });
        if let Some(further) = config.further.iter().find(scalar) {
            return Err(ConfigError::Scalar { signal: further.signal });
        }
        let terms = Terms {
            region: config.region.clone(),
            signals: Vec::new(),
            limit_ms: None,
            bin: config.bin,
            interval: config.scrape_interval,
            most_series: MOST_SERIES,
            metrics: BTreeMap::new(),
        };
        let reader = Reader::new(&config.further, &terms)?;
        let selectors = reader.selectors();
        let metrics = metrics(selectors.iter().map(String::as_str));
        let (bin, interval) = (config.bin, config.scrape_interval);
        Ok(Self {
            reader,
            guards: Plan::default(),
            asked: Arms::Both,
            book: Book::default(),
            metrics,
            bin,
            interval,
            last: None,
        })
    }

    /// With the guards of the region, whose series are read from then on.
    pub(super) fn guard(&mut self, plan: Plan) {
        let selectors = plan.asks().filter_map(|ask| match &ask.words {
            Words::Samples(selector, _) => Some(selector.text()),
            Words::Query(_) => None,
        });
        self.metrics.extend(metrics(selectors));
        self.guards = plan;
    }

    /// What each guard sees on the pages as of `as_of`.
    pub(super) fn guards(&self, as_of: Timestamp) -> Vec<Watched> {
        let answers = self.guards.asks().map(|ask| self.answer(ask, as_of)).collect();
        self.guards.read(answers, as_of)
    }

    /// The same, with what was asked for it.
    pub(super) fn probe_guards(&self, as_of: Timestamp) -> Vec<GuardProbe> {
        self.guards.probe(self.guards.asks().map(|ask| self.answer(ask, as_of)).collect(), as_of)
    }

    fn answer(&self, ask: &Ask, as_of: Timestamp) -> Result<Matrix, Missing> {
        match &ask.words {
            Words::Samples(selector, range) => {
                let asked = [Arm::Canary, Arm::Primary].into_iter().filter(|arm| self.asked.include(*arm));
                let asked: Vec<Arm> = asked.collect();
                Ok(self.book.matrix(selector.text(), &asked, as_of, *range))
            }
            // Alerts, and queries that are more than a selector: no page has an answer to them.
            Words::Query(_) => Err(Missing::PlaceAbsent { series: ask.name.clone() }),
        }
    }

    /// The metrics that are read.
    pub(super) const fn metrics(&self) -> &BTreeSet<String> {
        &self.metrics
    }

    /// A poll begins. A time that went back begins everything anew.
    pub(super) fn begin(&mut self, as_of: Timestamp, arms: Arms) {
        self.asked = arms;
        self.reader.begin(arms);
        if self.last.replace(as_of).is_some_and(|last| as_of < last) {
            self.reader.drop_intervals();
        }
        self.book.forget(as_of);
    }

    /// Keeps what one pod's page says.
    pub(super) fn note(&mut self, arm: Arm, target: &str, as_of: Timestamp, page: &mut Page) {
        let samples = std::mem::take(&mut page.more);
        if !samples.is_empty() {
            self.book.note(arm, target, as_of, samples);
        }
    }

    /// Adds the further signals to `increment`.
    pub(super) fn read(&mut self, arms: Arms, increment: &mut Increment) {
        let cut = increment.as_of;
        let questions = self.reader.questions(arms, cut);
        let find =
            |(selector, range, of): (&str, Span, &[Arm])| Ok(self.book.matrix(selector, of, cut, range));
        let matrices = questions.of_pages().map(find).collect();
        let asked = Asked { arms, cut, now: cut, ahead: Span::ZERO, bin: self.bin, interval: self.interval };
        self.reader.read(questions, Replies { matrices, numbers: Vec::new() }, asked, increment);
    }
}
