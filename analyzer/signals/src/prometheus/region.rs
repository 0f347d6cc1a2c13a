//! One region's source: asks it at each poll and hands the answers to the ledger.

use super::answer::Matrix;
use super::choice::{self, Asked, Found};
use super::client::Session;
use super::config::{PrometheusConfig, Selectors};
use super::durations::durations;
use super::hub::{Hub, Hubs, Member, Question};
use super::judge::Family;
use super::ledger::{Answers, Ledger, Terms};
use super::native::Edges;
use super::offset::{Moved, Offset};
use super::refusal::ConfigError;
use super::requests::requests;
use super::selector::Selector;
use super::sighting::Sighting;
use crate::further::{self, Questions, Reader, Replies};
use crate::guards::{GuardReader, Plan};
use futures_util::future::{join, join_all};
use haldane_clock::Clock;
use haldane_core::guard::Watched;
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
    further: Reader,
    pub(super) guards: Arc<GuardReader>,
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
        let guards =
            Arc::new(GuardReader::new(Plan::default(), hub, config.region.clone(), config.scrape_interval));
        let terms = Terms {
            limit_ms: config.limit_ms()?,
            metrics: metrics(&selectors),
            signals: further::counted(&config.signals, &config.further),
            region: config.region,
            bin: config.bin,
            interval: config.scrape_interval,
            most_series: config.max_series,
        };
        Ok(Self {
            member,
            selectors,
            unit_ms: config.queries.le_unit.ms(),
            clock,
            deadline: config.deadline,
            ledger: Ledger::new(terms.clone()),
            further: Reader::new(&config.further, &terms)?,
            terms,
            guards,
            offset: Offset::default(),
            warned: false,
        })
    }

    /// The same, with the guards of the region.
    pub fn guarding(mut self, plan: Plan) -> Self {
        let (region, poll) = (self.terms.region.clone(), self.terms.interval);
        self.guards = Arc::new(GuardReader::new(plan, &self.member.hub, region, poll));
        self
    }

    /// What each guard of the region sees as of `as_of`. Takes up to the deadline of the configuration.
    pub async fn guards(&self, as_of: Timestamp) -> Vec<Watched> {
        self.guards.poll(as_of).await
    }

    /// [`PrometheusRegion::poll`] and [`PrometheusRegion::guards`] at the same time, so that both are asked with all others
    /// that poll now. Neither waits for the other, and neither fails with it.
    pub async fn look(&mut self, now: Timestamp, arms: Arms) -> (Option<Increment>, Vec<Watched>) {
        let guards = self.guards.clone();
        join(self.poll(now, arms), guards.poll(now)).await
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
        self.further.begin(arms);
        let asked = tokio::time::timeout(self.deadline, self.ask(now, arms)).await;
        let asked = asked.unwrap_or_else(|_| Err(self.member.source().timed_out()));
        let ahead = self.offset.get();
        let (answers, questions, replies) = asked.unwrap_or_else(|why| {
            tracing::debug!(region = %self.terms.region, %why, "not counted");
            let answers = self.pairs(arms).into_iter().map(|(key, _)| (key, Err(why.clone()))).collect();
            let questions = self.further.questions(arms, self.seen_until(now, ahead));
            let replies = questions.unanswered(&why);
            (answers, questions, replies)
        });
        let mut increment = self.ledger.observe(&answers, self.seen_until(now, ahead), ahead)?;
        let asked = further::Asked {
            arms,
            cut: increment.as_of + ahead,
            now: self.seen_until(now, ahead),
            ahead,
            bin: self.ledger.bin(),
            interval: self.ledger.interval(),
        };
        self.further.read(questions, replies, asked, &mut increment);
        Some(increment)
    }

    /// The instant, in the source's time, up to which it has heard everything by `now`.
    pub(super) fn seen_until(&self, now: Timestamp, ahead: Span) -> Timestamp {
        (now + ahead) - self.member.source().settles()
    }

    async fn ask(&mut self, now: Timestamp, arms: Arms) -> Result<(Answers, Questions, Replies), Missing> {
        let heard = self.member.time().await?;
        let moved = self.offset.measure(heard.sent, heard.received, heard.source);
        let ahead = self.offset.get();
        if moved == Moved::Yes {
            self.ledger.drop_intervals();
            self.further.drop_intervals();
        }
        if ahead != Span::ZERO && (moved == Moved::Yes || !self.warned) {
            self.warned = true;
            tracing::warn!(region = %self.terms.region, source_ahead_s = ahead.as_s(), "clocks differ");
        }
        let at = self.seen_until(now, ahead);
        let range = self.ledger.window(at);
        let (pairs, further) = (self.pairs_of(arms), self.further.questions(arms, at));
        let requests = pairs.values().map(|selector| (selector, range));
        let more = further.selectors.iter().map(|(selector, range)| (selector, *range));
        let questions: Vec<Question> = requests
            .chain(more)
            .map(|(selector, range)| Question { selector: selector.clone(), range })
            .collect();
        let (mut found, numbers) =
            join(self.member.samples(&questions, at), self.numbers(&further, at)).await;
        let matrices = found.split_off(pairs.len().min(found.len()));
        let mut found: Found = pairs.keys().copied().zip(found).collect();
        if let Some(native) = choice::native_instead(&found, &pairs, at) {
            let asked = native.values().map(|selector| Question { selector: selector.clone(), range });
            let natives = self.member.samples(&asked.collect::<Vec<_>>(), at).await;
            choice::newest(&mut found, native.into_keys().zip(natives).collect());
        }
        Ok((self.read(&pairs, found), further, Replies { matrices, numbers }))
    }

    /// What the source says of `arms`, from `range` before `at` on, in its time; asked beside all others.
    pub(super) async fn answers(
        &self,
        session: &Session<'_>,
        arms: Arms,
        at: Timestamp,
        range: Span,
    ) -> Answers {
        let pairs = self.pairs_of(arms);
        let mut found = ask_all(session, &pairs, at, range).await;
        if let Some(native) = choice::native_instead(&found, &pairs, at) {
            let natives = ask_all(session, &native, at, range).await;
            choice::newest(&mut found, natives);
        }
        self.read(&pairs, found)
    }

    fn read(&self, pairs: &Asked, found: Found) -> Answers {
        let durations = found.iter().filter(|((family, _), _)| *family == Family::Durations);
        let durations = durations.filter_map(|(_, matrix)| matrix.as_ref().ok());
        let limits: Vec<f64> = self.terms.limit_ms.iter().map(|limit_ms| limit_ms / self.unit_ms).collect();
        let edges = Edges::around(&limits, durations);
        let sighting = |key: &(Family, Arm), matrix: Matrix| {
            let metric = pairs.get(key).map_or("", |selector| &selector.metric);
            self.sighting(key.0, matrix, metric, edges.as_ref())
        };
        found.into_iter().map(|(key, matrix)| (key, matrix.map(|matrix| sighting(&key, matrix)))).collect()
    }

    fn sighting(&self, family: Family, matrix: Matrix, metric: &str, native: Option<&Edges>) -> Sighting {
        match family {
            Family::Requests => requests(matrix, Some(&self.selectors.bad), metric),
            Family::Durations => durations(matrix, self.unit_ms, metric, native),
        }
    }

    /// The numbers that further signals' own queries give; few have any, so they are asked one by one.
    async fn numbers(&self, questions: &Questions, at: Timestamp) -> Vec<Result<f64, Missing>> {
        if questions.scalars.is_empty() {
            return Vec::new();
        }
        let session = match self.member.session() {
            Ok(session) => session,
            Err(why) => return questions.scalars.iter().map(|_| Err(why.clone())).collect(),
        };
        let mut numbers = Vec::with_capacity(questions.scalars.len());
        for (query, signal) in &questions.scalars {
            numbers.push(session.number(query, signal, at).await);
        }
        numbers
    }

    fn pairs_of(&self, arms: Arms) -> Asked {
        self.pairs(arms).into_iter().map(|(key, selector)| (key, selector.clone())).collect()
    }

    /// The readers of further signals.
    pub(super) const fn further(&self) -> &Reader {
        &self.further
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
