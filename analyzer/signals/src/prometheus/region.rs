//! One region's source: asks it at each poll and hands the answers to the ledger.

use super::client::Session;
use super::config::{LeUnit, PrometheusConfig, Selectors};
use super::durations::durations;
use super::hub::{Hub, Hubs, Member, Question};
use super::judge::Family;
use super::ledger::{Answers, Ledger, Terms};
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
use std::sync::Arc;
use std::time::Duration;

/// Reads one region's Prometheus into increments.
pub struct PrometheusRegion {
    /// Its place among all who read this source.
    pub(super) member: Member,
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
        let hub = Hubs::new(clock.clone()).of(&config)?;
        Self::among(config, clock, &hub)
    }

    /// The same, asking together with all others that read this hub's source, which `config` must name.
    ///
    /// # Errors
    ///
    /// As [`PrometheusRegion::new`].
    pub fn among(config: PrometheusConfig, clock: Clock, hub: &Arc<Hub>) -> Result<Self, ConfigError> {
        let selectors = config.selectors()?;
        let member = hub.join(config.region.clone(), config.scrape_interval);
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
            member,
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
        let answers = match asked.unwrap_or_else(|_| Err(self.member.source().timed_out())) {
            Ok(answers) => answers,
            Err(why) => {
                tracing::debug!(region = %self.terms.region, %why, "not counted");
                self.pairs(arms).into_iter().map(|(key, _)| (key, Err(why.clone()))).collect()
            }
        };
        let ahead = self.offset.get();
        self.ledger.observe(&answers, now + ahead, ahead)
    }

    async fn ask(&mut self, now: Timestamp, arms: Arms) -> Result<Answers, Missing> {
        let heard = self.member.time().await?;
        let moved = self.offset.measure(heard.sent, heard.received, heard.source);
        let ahead = self.offset.get();
        if moved == Moved::Yes {
            self.ledger.drop_intervals();
        }
        if ahead != Span::ZERO && (moved == Moved::Yes || !self.warned) {
            self.warned = true;
            tracing::warn!(region = %self.terms.region, source_ahead_s = ahead.as_s(), "clocks differ");
        }
        let at = now + ahead;
        let range = self.ledger.window(at);
        let asked = self.pairs(arms);
        let questions: Vec<Question> =
            asked.iter().map(|(_, selector)| Question { selector: (*selector).clone(), range }).collect();
        let answers = self.member.samples(&questions, at).await.into_iter();
        let read = |((key, selector), matrix): (((Family, Arm), &Selector), Result<_, Missing>)| {
            (key, matrix.map(|matrix| self.sighting(key.0, matrix, &selector.metric)))
        };
        Ok(asked.into_iter().zip(answers).map(read).collect())
    }

    /// What the source says of `arms`, from `range` before `at` on, in its time; asked beside all others.
    pub(super) async fn answers(
        &self,
        session: &Session<'_>,
        arms: Arms,
        at: Timestamp,
        range: Span,
    ) -> Answers {
        let asked = self.pairs(arms).into_iter().map(async |(key, selector)| {
            let matrix = session.samples(&selector.over(range), at).await;
            (key, matrix.map(|matrix| self.sighting(key.0, matrix, &selector.metric)))
        });
        join_all(asked).await.into_iter().collect()
    }

    pub(super) fn sighting(&self, family: Family, matrix: super::answer::Matrix, metric: &str) -> Sighting {
        match family {
            Family::Requests => requests(matrix, &self.selectors.bad, metric),
            Family::Durations => durations(matrix, self.unit_ms, metric),
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

fn metrics(selectors: &Selectors) -> BTreeMap<(Family, Arm), String> {
    let requests = selectors.requests.iter().map(|(arm, s)| ((Family::Requests, *arm), s.metric.clone()));
    let buckets =
        selectors.buckets.iter().flatten().map(|(arm, s)| ((Family::Durations, *arm), s.metric.clone()));
    requests.chain(buckets).collect()
}
