//! What a source says today, for a person who checks a policy before it is used.
//!
//! It asks as a poll does and tells, query by query, what was found or what is wrong, so that nobody has to wait for
//! a rollout to learn that a selector finds nothing.

use super::judge::Family;
use super::ledger::{Answers, Ledger};
use super::offset::Offset;
use super::reader::times;
use super::region::PrometheusRegion;
use super::sighting::Sighting;
use haldane_core::increment::{Arm, Arms, Counts, Missing, Reading};
use haldane_core::time::{Span, Timestamp};
use serde::Serialize;

/// How far back samples are looked for.
const HISTORY: Span = Span::from_min(120);

/// How much each look into the past covers, and how far the looks are apart.
const STEP: Span = Span::from_min(10);

/// How far back one probe of a query reaches.
const WINDOW: Span = Span::from_min(5);

/// What one region's source says now.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProbeReport {
    /// How far the source's clock is ahead of ours in seconds; 0 below two.
    pub clock_ahead_s: f64,
    /// How far back the primary has samples, in minutes, looked for up to 120 in steps of 10.
    pub history_min: i64,
    /// Arm by arm, query by query.
    pub arms: Vec<ArmProbe>,
    /// What is wrong with the source as a whole; then nothing else was found out.
    pub wrong: Option<String>,
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
    /// The time between two scrapes in seconds.
    pub scrape_interval_s: Option<f64>,
    /// The finite bucket edges in milliseconds.
    pub edges_ms: Vec<f64>,
    /// Whether the latency limit is one of them.
    pub limit_is_edge: Option<bool>,
    /// What was counted over the last bin.
    pub current: Option<Current>,
    /// What is wrong, in one sentence.
    pub wrong: Option<String>,
}

/// What one bin held.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Current {
    /// The bin's length in seconds.
    pub over_s: f64,
    /// Requests per second.
    pub requests_per_s: f64,
    /// Failed requests (of `requests`) or those slower than the limit (of `buckets`), out of all; 0 to 1.
    /// Absent without a request.
    pub bad_share: Option<f64>,
}

impl PrometheusRegion {
    /// Asks every query once, and the past for how far it reaches. Changes nothing that a poll counts.
    ///
    /// Takes up to four deadlines of the configuration.
    pub async fn probe(&self, now: Timestamp) -> ProbeReport {
        let patience = self.deadline.saturating_mul(4);
        let report = tokio::time::timeout(patience, self.report(now)).await;
        report.unwrap_or_else(|_| Err(self.source.timed_out())).unwrap_or_else(|why| ProbeReport {
            clock_ahead_s: 0.0,
            history_min: 0,
            arms: Vec::new(),
            wrong: Some(why.to_string()),
        })
    }

    async fn report(&self, now: Timestamp) -> Result<ProbeReport, Missing> {
        let session = self.source.session()?;
        let mut offset = Offset::default();
        let (sent, source, received) = (self.clock.now(), session.time().await?, self.clock.now());
        offset.measure(sent, received, source);
        let at = now + offset.get();
        let answers = self.answers(&session, Arms::Both, at, WINDOW).await;
        let arm = |arm| ArmProbe { arm, queries: self.queries(arm, &answers, at) };
        let arms = vec![arm(Arm::Canary), arm(Arm::Primary)];
        let mut history_min = 0;
        for back in (1..=HISTORY.as_us() / STEP.as_us()).rev() {
            let past = self.answers(&session, Arms::PrimaryOnly, at - times(STEP, back), STEP).await;
            let has_samples = |answer: &Result<Sighting, Missing>| {
                answer.as_ref().is_ok_and(|sighting| sighting.newest().is_some())
            };
            if past.values().any(has_samples) {
                history_min = back * STEP.as_us() / 60_000_000;
                break;
            }
        }
        let clock_ahead_s = offset.get().as_s();
        Ok(ProbeReport { clock_ahead_s, history_min, arms, wrong: None })
    }

    fn queries(&self, arm: Arm, answers: &Answers, at: Timestamp) -> Vec<QueryProbe> {
        let arms = match arm {
            Arm::Canary => Arms::CanaryOnly,
            Arm::Primary => Arms::PrimaryOnly,
        };
        let pairs = self.pairs(arms).into_iter();
        pairs
            .map(|(key, selector)| {
                let text = selector.over(WINDOW);
                match answers.get(&key) {
                    Some(Ok(sighting)) => self.query(key, text, sighting, answers, at),
                    Some(Err(why)) => QueryProbe { wrong: Some(why.to_string()), ..empty(key.0, text) },
                    None => empty(key.0, text),
                }
            })
            .collect()
    }

    fn query(
        &self,
        (family, arm): (Family, Arm),
        text: String,
        sighting: &Sighting,
        answers: &Answers,
        at: Timestamp,
    ) -> QueryProbe {
        let edges = sighting.targets.values().find_map(|seen| seen.edges.clone()).unwrap_or_default();
        let limit = self.terms.limit_ms.filter(|_| family == Family::Durations && !edges.is_empty());
        let (current, wrong) = match self.current(family, arm, answers, at) {
            Ok(current) => (current, None),
            Err(why) => (None, Some(why.to_string())),
        };
        QueryProbe {
            series: sighting.series,
            targets: sighting.targets.len(),
            newest_age_s: sighting.newest().map(|newest| (at - newest).as_s()),
            scrape_interval_s: super::interval::found([sighting].into_iter()).map(Span::as_s),
            limit_is_edge: limit.map(|limit| edges.iter().any(|edge| (edge - limit).abs() <= limit * 1e-9)),
            edges_ms: edges.into_iter().filter(|edge| edge.is_finite()).collect(),
            current,
            wrong,
            ..empty(family, text)
        }
    }

    /// The last bin that can be counted, or why there is none.
    fn current(
        &self,
        family: Family,
        arm: Arm,
        answers: &Answers,
        at: Timestamp,
    ) -> Result<Option<Current>, Missing> {
        let mut ledger = Ledger::new(self.terms.clone());
        ledger.begin(Arms::Both);
        ledger.learn(answers);
        let bin = ledger.bin();
        let mut why = None;
        for back in 1..4 {
            let end = at.aligned(bin) - times(bin, back - 1);
            let begun = ledger.cut_at(answers, end - bin, Span::ZERO);
            let increment = begun.and_then(|_| ledger.cut_at(answers, end, Span::ZERO));
            let reading = increment.and_then(|i| {
                i.signals.into_iter().find(|(signal, _)| Family::of(*signal) == family).map(|(_, r)| r)
            });
            match reading {
                Some(Reading::Counted { canary, primary, .. }) => {
                    let counts = match arm {
                        Arm::Canary => canary,
                        Arm::Primary => primary,
                    };
                    return Ok(counts.map(|counts| current(counts, bin)));
                }
                Some(Reading::Missing(missing)) => drop(why.get_or_insert(missing)),
                None => {}
            }
            ledger = Ledger::new(self.terms.clone());
            ledger.begin(Arms::Both);
            ledger.learn(answers);
        }
        why.map_or(Ok(None), Err)
    }
}

fn current(counts: Counts, bin: Span) -> Current {
    Current {
        over_s: bin.as_s(),
        requests_per_s: counts.total / bin.as_s(),
        bad_share: (counts.total > 0.0).then(|| counts.bad / counts.total),
    }
}

fn empty(family: Family, text: String) -> QueryProbe {
    QueryProbe {
        query: match family {
            Family::Requests => "requests",
            Family::Durations => "buckets",
        },
        text,
        series: 0,
        targets: 0,
        newest_age_s: None,
        scrape_interval_s: None,
        edges_ms: Vec::new(),
        limit_is_edge: None,
        current: None,
        wrong: None,
    }
}
