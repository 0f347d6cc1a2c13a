//! Signals beyond requests, read from pods' own pages.
//!
//! Pages are kept for some minutes as a store of samples, and asked as a Prometheus is: the same readers count and measure.

use super::book::{Book, metrics};
use super::config::{ConfigError, ScrapeConfig};
use super::pod::Page;
use crate::further::{Asked, Reader, Replies, What};
use crate::prometheus::Terms;
use haldane_core::increment::{Arm, Arms, Increment};
use haldane_core::time::{Span, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// The further signals of one region.
pub(super) struct Beyond {
    reader: Reader,
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
        Ok(Self { reader, book: Book::default(), metrics, bin, interval, last: None })
    }

    /// The metrics that are read.
    pub(super) const fn metrics(&self) -> &BTreeSet<String> {
        &self.metrics
    }

    /// A poll begins. A time that went back begins everything anew.
    pub(super) fn begin(&mut self, as_of: Timestamp, arms: Arms) {
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
