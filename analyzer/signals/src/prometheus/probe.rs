//! What a source says today, for a person who checks a policy before it is used.
//!
//! It asks as a poll does, counts as a poll does and reads the past as a start does, so that nobody has to wait for
//! a rollout to learn that a selector finds nothing: what is wrong here is what would be missing there.

use super::identity::StoreProbe;
use super::judge::Family;
use super::ledger::Answers;
use super::offset::Offset;
use super::probe_further::SignalProbe;
use super::reader::times;
use super::recent::{Counted, Recent};
use super::region::PrometheusRegion;
use super::sighting::Sighting;
use crate::guards::GuardProbe;
use haldane_core::history::{PastIncrement, summarise};
use haldane_core::increment::{Arm, Arms, Missing};
use haldane_core::time::{Span, Timestamp};
use serde::Serialize;

/// How far back the past is read: as far as a start reads it.
const HISTORY: Span = Span::from_min(120);

/// How far back one probe of a query reaches.
pub(super) const WINDOW: Span = Span::from_min(5);

/// Scrape intervals without a sample after which an arm has no pod.
const GONE_INTERVALS: i64 = 4;

/// What one region's source says now.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProbeReport {
    /// How far the source's clock is ahead of ours in seconds; 0 below two.
    pub clock_ahead_s: f64,
    /// What the source seems to be; absent where nothing was found out.
    pub store: Option<StoreProbe>,
    /// The primary's past.
    pub past: PastProbe,
    /// Arm by arm, query by query.
    pub arms: Vec<ArmProbe>,
    /// The signals beyond requests, question by question.
    pub further: Vec<SignalProbe>,
    /// The guards, in the policy's order.
    pub guards: Vec<GuardProbe>,
    /// What is wrong with the source as a whole; then nothing else was found out.
    pub wrong: Option<Missing>,
}

/// How much of the primary's past can be counted.
#[derive(Clone, Debug, PartialEq, Default, Serialize)]
pub struct PastProbe {
    /// Minutes, of the signal that has the fewest.
    pub counted_min: i64,
    /// Minutes looked for.
    pub asked_min: i64,
    /// Why the reading of it was given up, if it was.
    pub ends_early: Option<Missing>,
}

/// One arm.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArmProbe {
    /// Which.
    pub arm: Arm,
    /// Its queries.
    pub queries: Vec<QueryProbe>,
}

/// One query of one arm.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QueryProbe {
    /// `requests` or `buckets`.
    pub query: &'static str,
    /// The whole query, to be pasted into the source's own page.
    pub text: String,
    /// How many series it finds.
    pub series: usize,
    /// How many targets.
    pub targets: usize,
    /// The age of the newest sample in seconds, in the source's time.
    pub newest_age_s: Option<f64>,
    /// Whether that is so old that the arm has no pod any more.
    pub is_gone: bool,
    /// The time between two scrapes in seconds.
    pub scrape_interval_s: Option<f64>,
    /// Whether the histogram is a native one: then only the edges around the limit are told.
    pub is_native: bool,
    /// The finite bucket edges in milliseconds.
    pub edges_ms: Vec<f64>,
    /// Whether the latency limit is one of them.
    pub limit_is_edge: Option<bool>,
    /// What was counted over the last minutes.
    pub counted: Option<Counted>,
    /// Why it cannot be counted now.
    pub wrong: Option<Missing>,
}

impl PrometheusRegion {
    /// Asks every query once, and the past of the primary. Changes nothing that a poll counts.
    ///
    /// Takes up to nine deadlines of the configuration: one for the present, one for what the source is, six for the past, one
    /// for the guards.
    pub async fn probe(&self, now: Timestamp) -> ProbeReport {
        let present = tokio::time::timeout(self.deadline, self.present(now)).await;
        match present.unwrap_or_else(|_| Err(self.member.source().timed_out())) {
            Ok((clock_ahead_s, arms, further)) => {
                let store = tokio::time::timeout(self.deadline, self.store()).await.ok().flatten();
                let past = self.past_probe(now).await;
                let guards = self.guards.probe(now).await;
                ProbeReport { clock_ahead_s, store, past, arms, further, guards, wrong: None }
            }
            Err(why) => ProbeReport {
                clock_ahead_s: 0.0,
                store: None,
                past: PastProbe::default(),
                arms: Vec::new(),
                further: Vec::new(),
                guards: Vec::new(),
                wrong: Some(why),
            },
        }
    }

    async fn store(&self) -> Option<StoreProbe> {
        Some(self.member.session().ok()?.identity().await)
    }

    async fn present(&self, now: Timestamp) -> Result<(f64, Vec<ArmProbe>, Vec<SignalProbe>), Missing> {
        let session = self.member.session()?;
        let mut offset = Offset::default();
        let (sent, source, received) = (self.clock.now(), session.time().await?, self.clock.now());
        offset.measure(sent, received, source);
        let at = self.seen_until(now, offset.get());
        let mut answers = self.answers(&session, Arms::Both, at, WINDOW).await;
        let mut arms =
            [Arm::Canary, Arm::Primary].map(|arm| ArmProbe { arm, queries: self.queries(arm, &answers, at) });
        // An arm whose pods are gone, as between two rollouts, must not make the other look late.
        if arms[0].queries.iter().all(|q| q.wrong.is_none() && (q.is_gone || q.series == 0)) {
            answers.retain(|(_, arm), _| *arm == Arm::Primary);
        }
        let recent = Recent::of(&self.terms, &answers, at);
        for arm in &mut arms {
            for query in arm.queries.iter_mut().filter(|query| query.wrong.is_none()) {
                let family = if query.query == REQUESTS { Family::Requests } else { Family::Durations };
                query.counted = recent.counted(family, arm.arm);
                query.wrong = recent.missing(family, arm.arm);
            }
        }
        let further = self.probe_further(&session, at).await;
        Ok((offset.get().as_s(), arms.into(), further))
    }

    async fn past_probe(&self, now: Timestamp) -> PastProbe {
        let (past, ends_early) = self.backfill(now - HISTORY, now).await;
        let past: Vec<PastIncrement> =
            past.into_iter().map(|increment| PastIncrement { increment, synthetic: false }).collect();
        let summaries = summarise(&past);
        let covers =
            self.terms.signals.iter().map(|s| summaries.get(s).map_or(Span::ZERO, |h| h.covers)).min();
        PastProbe {
            counted_min: covers.unwrap_or(Span::ZERO).as_us() / 60_000_000,
            asked_min: HISTORY.as_us() / 60_000_000,
            ends_early,
        }
    }

    fn queries(&self, arm: Arm, answers: &Answers, at: Timestamp) -> Vec<QueryProbe> {
        let pairs = self.pairs(Arms::Both).into_iter().filter(|((_, of), _)| *of == arm);
        pairs
            .map(|((family, arm), selector)| {
                let asked = empty(family, selector.over(WINDOW));
                match answers.get(&(family, arm)) {
                    Some(Ok(sighting)) => {
                        let native = selector.native().filter(|_| sighting.is_native);
                        let text = native.map_or(asked.text.clone(), |native| native.over(WINDOW));
                        self.query(QueryProbe { text, ..asked }, family, sighting, at)
                    }
                    Some(Err(why)) => QueryProbe { wrong: Some(why.clone()), ..asked },
                    None => asked,
                }
            })
            .collect()
    }

    fn query(&self, asked: QueryProbe, family: Family, sighting: &Sighting, at: Timestamp) -> QueryProbe {
        let edges = sighting.targets.values().find_map(|seen| seen.edges.clone()).unwrap_or_default();
        let limit = self.terms.limit_ms.filter(|_| family == Family::Durations && !edges.is_empty());
        let interval = super::interval::found([sighting].into_iter());
        let age = sighting.newest().map(|newest| at - newest);
        let gone = times(interval.unwrap_or(self.terms.interval), GONE_INTERVALS);
        QueryProbe {
            series: sighting.series,
            is_native: sighting.is_native,
            targets: sighting.targets.len(),
            newest_age_s: age.map(Span::as_s),
            is_gone: age.is_some_and(|age| age > gone),
            scrape_interval_s: interval.map(Span::as_s),
            limit_is_edge: limit.map(|limit| edges.iter().any(|edge| (edge - limit).abs() <= limit * 1e-9)),
            edges_ms: edges.into_iter().filter(|edge| edge.is_finite()).collect(),
            ..asked
        }
    }
}

const REQUESTS: &str = "requests";

fn empty(family: Family, text: String) -> QueryProbe {
    QueryProbe {
        query: match family {
            Family::Requests => REQUESTS,
            Family::Durations => "buckets",
        },
        text,
        series: 0,
        targets: 0,
        newest_age_s: None,
        is_gone: false,
        scrape_interval_s: None,
        is_native: false,
        edges_ms: Vec::new(),
        limit_is_edge: None,
        counted: None,
        wrong: None,
    }
}
