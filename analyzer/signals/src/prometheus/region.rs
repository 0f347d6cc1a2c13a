//! One region's source: asks it at each poll and hands the answers to the ledger.

use super::answer::Matrix;
use super::choice::{self, Asked, Found};
use super::client::{Session, Source};
use super::config::{LeUnit, PrometheusConfig, Selectors};
use super::durations::durations;
use super::judge::Family;
use super::ledger::{Answers, Ledger, Terms};
use super::native::Edges;
use super::offset::{Moved, Offset};
use super::refusal::ConfigError;
use super::requests::requests;
use super::selector::Selector;
use super::sighting::Sighting;
use futures_util::future::join_all;
use haldane_clock::Clock;
use haldane_core::increment::{Arm, Arms, Increment, Missing};
use haldane_core::signal::Signal;
use haldane_core::time::{Span, Timestamp};
use std::collections::BTreeMap;
use std::time::Duration;

/// Reads one region's Prometheus into increments.
pub struct PrometheusRegion {
    pub(super) source: Source,
    pub(super) selectors: Selectors,
    pub(super) unit_ms: f64,
    pub(super) clock: Clock,
    pub(super) deadline: Duration,
    pub(super) terms: Terms,
    ledger: Ledger,
    offset: Offset,
    warned: bool,
}

impl PrometheusRegion {
    /// A reader that has not asked yet. Secret files are not looked at before the first poll.
    ///
    /// # Errors
    ///
    /// When the URL, a header, a query or the matchers of bad requests cannot be used, or p99-latency lacks its limit.
    pub fn new(config: PrometheusConfig, clock: Clock) -> Result<Self, ConfigError> {
        let (source, selectors) = (Source::new(&config)?, config.selectors()?);
        let terms = Terms {
            limit_ms: config.limit_ms()?,
            metrics: metrics(&selectors),
            region: config.region,
            signals: config.signals,
            bin: config.bin,
            interval: config.scrape_interval,
            most_series: config.max_series,
        };
        Ok(Self {
            source,
            selectors,
            unit_ms: match config.queries.le_unit {
                LeUnit::Seconds => crate::counting::buckets::SECONDS,
                LeUnit::Milliseconds => 1.0,
            },
            clock,
            deadline: config.deadline,
            ledger: Ledger::new(terms.clone()),
            terms,
            offset: Offset::default(),
            warned: false,
        })
    }

    /// Asks the source for `arms` at the instant `now`.
    ///
    /// Gives an increment when a whole bin can be counted since the last one, or when it cannot although it has been
    /// due for a bin (the first poll tells a fault at once). `as_of` is the end of the bin in our time, not `now`; it
    /// strictly ascends. Takes up to the deadline of the configuration.
    ///
    /// Other arms than at the last poll begin a new interval. So does a clock, ours or the source's, that was moved:
    /// between such instants no length can be told. While our clock stands before the last increment there is none.
    pub async fn poll(&mut self, now: Timestamp, arms: Arms) -> Option<Increment> {
        self.ledger.begin(arms);
        let asked = tokio::time::timeout(self.deadline, self.ask(now, arms)).await;
        let answers = match asked.unwrap_or_else(|_| Err(self.source.timed_out())) {
            Ok(answers) => answers,
            Err(why) => {
                tracing::debug!(region = %self.terms.region, %why, "not counted");
                self.pairs(arms).into_iter().map(|(key, _)| (key, Err(why.clone()))).collect()
            }
        };
        let ahead = self.offset.get();
        self.ledger.observe(&answers, self.seen_until(now, ahead), ahead)
    }

    /// The instant, in the source's time, up to which it has heard everything by `now`.
    pub(super) fn seen_until(&self, now: Timestamp, ahead: Span) -> Timestamp {
        (now + ahead) - self.source.manner.settles()
    }

    async fn ask(&mut self, now: Timestamp, arms: Arms) -> Result<Answers, Missing> {
        let session = self.source.session()?;
        let (sent, source, received) = (self.clock.now(), session.time().await?, self.clock.now());
        let moved = self.offset.measure(sent, received, source);
        let ahead = self.offset.get();
        if moved == Moved::Yes {
            self.ledger.drop_intervals();
        }
        if ahead != Span::ZERO && (moved == Moved::Yes || !self.warned) {
            self.warned = true;
            tracing::warn!(region = %self.terms.region, source_ahead_s = ahead.as_s(), "clocks differ");
        }
        let at = self.seen_until(now, ahead);
        let range = self.ledger.window(at);
        Ok(self.answers(&session, arms, at, range).await)
    }

    /// What the source says of `arms`, from `range` before `at` on, in its time.
    pub(super) async fn answers(
        &self,
        session: &Session<'_>,
        arms: Arms,
        at: Timestamp,
        range: Span,
    ) -> Answers {
        let pairs = self.pairs(arms).into_iter().map(|(key, selector)| (key, selector.clone())).collect();
        let mut matrices = ask_all(session, &pairs, at, range).await;
        if let Some(native) = choice::native_instead(&matrices, &pairs, at) {
            let found = ask_all(session, &native, at, range).await;
            choice::newest(&mut matrices, found);
        }
        let durations = matrices.iter().filter(|((family, _), _)| *family == Family::Durations);
        let durations = durations.filter_map(|(_, matrix)| matrix.as_ref().ok());
        let limits: Vec<f64> = self.terms.limit_ms.iter().map(|limit_ms| limit_ms / self.unit_ms).collect();
        let edges = Edges::around(&limits, durations);
        let sighting = |key: &(Family, Arm), matrix: Matrix| {
            let metric = pairs.get(key).map_or("", |selector| &selector.metric);
            self.sighting(key.0, matrix, metric, edges.as_ref())
        };
        matrices.into_iter().map(|(key, matrix)| (key, matrix.map(|matrix| sighting(&key, matrix)))).collect()
    }

    fn sighting(&self, family: Family, matrix: Matrix, metric: &str, native: Option<&Edges>) -> Sighting {
        match family {
            Family::Requests => requests(matrix, &self.selectors.bad, metric),
            Family::Durations => durations(matrix, self.unit_ms, metric, native),
        }
    }

    /// The questions that `arms` and the signals need.
    pub(super) fn pairs(&self, arms: Arms) -> Vec<((Family, Arm), &Selector)> {
        let needs = |family| self.terms.signals.iter().any(|signal: &Signal| Family::of(*signal) == family);
        let requests = self.selectors.requests.iter().map(|(arm, s)| ((Family::Requests, *arm), s));
        let buckets = self.selectors.buckets.iter().flatten().map(|(arm, s)| ((Family::Durations, *arm), s));
        requests.chain(buckets).filter(|((family, arm), _)| needs(*family) && arms.include(*arm)).collect()
    }
}

async fn ask_all(session: &Session<'_>, asked: &Asked, at: Timestamp, range: Span) -> Found {
    let all =
        asked.iter().map(async |(key, selector)| (*key, session.samples(&selector.over(range), at).await));
    join_all(all).await.into_iter().collect()
}

fn metrics(selectors: &Selectors) -> BTreeMap<(Family, Arm), String> {
    let requests = selectors.requests.iter().map(|(arm, s)| ((Family::Requests, *arm), s.metric.clone()));
    let buckets =
        selectors.buckets.iter().flatten().map(|(arm, s)| ((Family::Durations, *arm), s.metric.clone()));
    requests.chain(buckets).collect()
}
