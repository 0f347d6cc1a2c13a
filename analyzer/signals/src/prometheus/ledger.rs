//! Cuts through the samples of a source: the instants between which an increment is counted.
//!
//! Pure: answers in, increments out. Cuts lie on a grid in the source's time, whose mesh is a multiple of the scrape
//! interval, so that every target's interval holds the same number of scrapes. A cut waits until every target has
//! said all it will say up to it; when it has waited a whole bin, the increment says who is late instead. Nothing is
//! lost by waiting: what is not yet counted is counted by the next cut.

use super::interval;
use super::judge::{Family, Judgement, Judges};
use super::reader::{Moment, Reader, Vouched, times};
use super::sighting::Sighting;
use crate::counting::cut::{Cut, Shown, Totals};
use crate::counting::split::Split;
use haldane_core::increment::{Arm, Arms, Increment, Missing, Reading, Region, SourceFault};
use haldane_core::signal::{Kind, Signal};
use haldane_core::time::{Span, Timestamp};
use std::collections::BTreeMap;

/// What was answered for each family of each arm that was asked for.
pub(crate) type Answers = BTreeMap<(Family, Arm), Result<Sighting, Missing>>;

/// Scrape intervals that a query reaches back beyond the last cut.
const MARGIN_INTERVALS: i64 = 4;

/// How far back the first question reaches: four scrapes of a minute, and a bin.
const FIRST_WINDOW: Span = Span::from_min(5);

/// How far back a question reaches at most; what a source kept longer from us is one rise.
const LONGEST_WINDOW: Span = Span::from_min(30);

/// How many bins back a cut is looked for.
const MOST_CANDIDATES: i64 = 6;

/// How many scrape intervals a whole source may lag behind, as stores behind queues do, before that is a fault.
const TOLERATED_LAG_INTERVALS: i64 = 4;

/// What a ledger has to know of the configuration.
#[derive(Clone)]
pub(crate) struct Terms {
    pub(crate) region: Region,
    pub(crate) signals: Vec<Signal>,
    pub(crate) limit_ms: Option<f64>,
    /// The least length of an increment.
    pub(crate) bin: Span,
    /// The scrape interval, until it is found.
    pub(crate) interval: Span,
    pub(crate) most_series: usize,
    /// What reasons call each family of each arm.
    pub(crate) metrics: BTreeMap<(Family, Arm), String>,
}

/// One region's totals, cuts, and what they rest on.
pub(crate) struct Ledger {
    terms: Terms,
    interval: Option<Span>,
    arms: Option<Arms>,
    readers: BTreeMap<(Family, Arm), Reader>,
    cuts: BTreeMap<Signal, Cut>,
    /// Up to when each family was counted, in the source's time.
    counted: BTreeMap<Family, Timestamp>,
    /// The end of the last increment, in our time.
    last: Option<Timestamp>,
    /// An answer was too long or too slow: ask for less until something was counted. What is not seen of the time
    /// between is one rise.
    narrow: bool,
}

impl Ledger {
    pub(crate) fn new(terms: Terms) -> Self {
        let cuts = terms.signals.iter().map(|signal| (*signal, Cut::default())).collect();
        Self {
            terms,
            interval: None,
            arms: None,
            readers: BTreeMap::new(),
            cuts,
            counted: BTreeMap::new(),
            last: None,
            narrow: false,
        }
    }

    /// Other arms than last time begin a new interval; an arm that was not asked for lately begins anew altogether.
    pub(crate) fn begin(&mut self, arms: Arms) {
        let before = self.arms.replace(arms);
        if before == Some(arms) {
            return;
        }
        self.drop_intervals();
        for arm in [Arm::Canary, Arm::Primary] {
            if arms.include(arm) && !before.is_some_and(|before| before.include(arm)) {
                for family in Family::ALL {
                    self.readers.insert((family, arm), Reader::new(arm, 2 * self.terms.most_series));
                }
            }
        }
    }

    /// Forgets the intervals begun: nothing may be counted across this moment.
    pub(crate) fn drop_intervals(&mut self) {
        self.cuts.values_mut().for_each(Cut::drop_interval);
        self.counted.clear();
    }

    /// The scrape interval found, or the one assumed.
    pub(crate) fn interval(&self) -> Span {
        self.interval.unwrap_or(self.terms.interval).max(Span::from_us(100_000))
    }

    /// The smallest multiple of the scrape interval that is not below the configured bin.
    pub(crate) fn bin(&self) -> Span {
        let (interval, least) = (self.interval().as_us(), self.terms.bin.as_us().max(1));
        Span::from_us((least + interval - 1) / interval * interval)
    }

    /// How far back to ask at `now` (the source's time): all that is not yet counted, and a margin.
    pub(crate) fn window(&self, now: Timestamp) -> Span {
        let least = times(self.interval(), MARGIN_INTERVALS);
        if self.narrow {
            return least + self.bin();
        }
        let uncounted = Family::ALL.iter().filter_map(|family| self.counted.get(family)).min();
        let window = uncounted.map_or(FIRST_WINDOW, |counted| (now - *counted) + least);
        window.max(least + self.bin()).min(LONGEST_WINDOW.max(least + self.bin()))
    }

    /// Takes in one poll's answers, of the source's time `now`; `ahead` is how far its clock is ahead of ours.
    pub(crate) fn observe(&mut self, answers: &Answers, now: Timestamp, ahead: Span) -> Option<Increment> {
        self.learn(answers);
        self.narrow |= answers.values().any(|answer| answer.as_ref().is_err_and(is_too_much));
        let (bin, reach) = (self.bin(), self.reach(answers, now));
        let top = now.aligned(bin);
        let candidates: Vec<Timestamp> = (0..MOST_CANDIDATES)
            .map(|back| top - times(bin, back))
            .take_while(|cut| self.may_end(*cut - ahead))
            .collect();
        for cut in &candidates {
            let judgements = self.judge(answers, *cut, now);
            let waits = judgements.values().any(|j| matches!(j, Judgement::Waiting(_)));
            if !waits && judgements.values().any(|j| matches!(j, Judgement::Ready { .. })) {
                return self.take(judgements, answers, *cut, ahead);
            }
        }
        let overdue = candidates.into_iter().find(|cut| *cut + bin <= reach)?;
        let judgements = self.judge(answers, overdue, now);
        self.take(judgements, answers, overdue, ahead)
    }

    /// Counts up to `cut` if that can be done at once; for the past, where nothing is still on its way.
    pub(crate) fn cut_at(&mut self, answers: &Answers, cut: Timestamp, ahead: Span) -> Option<Increment> {
        let judgements = self.judge(answers, cut, cut);
        let ready = judgements.values().any(|j| matches!(j, Judgement::Ready { .. }));
        if ready { self.take(judgements, answers, cut, ahead) } else { None }
    }

    /// Counts up to a cut that somebody else has chosen; nothing where samples are still on their way to it. When they have
    /// been for two bins, it says who is late.
    pub(crate) fn cut_where(
        &mut self,
        answers: &Answers,
        cut: Timestamp,
        now: Timestamp,
        ahead: Span,
    ) -> Option<Increment> {
        self.learn(answers);
        self.narrow |= answers.values().any(|answer| answer.as_ref().is_err_and(is_too_much));
        let judgements = self.judge(answers, cut, now);
        let waits = judgements.values().any(|j| matches!(j, Judgement::Waiting(_)));
        let patience = times(self.bin(), 2);
        let counted = self.counted.values().min().copied();
        let overdue = counted.is_none_or(|counted| cut - counted > patience);
        if waits && !overdue { None } else { self.take(judgements, answers, cut, ahead) }
    }

    /// How many targets of `arm` are live.
    pub(crate) fn targets(&self, family: Family, arm: Arm) -> usize {
        self.readers.get(&(family, arm)).map_or(0, Reader::targets)
    }

    /// Learns the scrape interval from what was answered.
    pub(crate) fn learn(&mut self, answers: &Answers) {
        let found = interval::found(answers.values().filter_map(|answer| answer.as_ref().ok()));
        self.interval = found.or(self.interval);
    }

    /// Up to when samples can have come. A source that lags as a whole, within reason, is waited for.
    fn reach(&self, answers: &Answers, now: Timestamp) -> Timestamp {
        let sightings = answers.values().filter_map(|answer| answer.as_ref().ok());
        let newest = sightings.filter_map(|sighting| sighting.newest()).max().unwrap_or(now);
        let lag = (now - newest) - self.interval();
        let tolerated = lag > Span::ZERO && lag <= times(self.interval(), TOLERATED_LAG_INTERVALS);
        if tolerated { now - lag } else { now }
    }

    /// Whether an increment may end at `as_of`: a configured bin after the last end, also where the grid has changed.
    /// The first cut of a new interval may repeat the last end: it only begins.
    fn may_end(&self, as_of: Timestamp) -> bool {
        let is_later = |last| as_of > last && as_of - last >= self.terms.bin;
        self.last.is_none_or(|last| is_later(last) || (self.counted.is_empty() && as_of == last))
    }

    fn judge(&self, answers: &Answers, cut: Timestamp, now: Timestamp) -> BTreeMap<Family, Judgement> {
        let judges = Judges {
            answers,
            readers: &self.readers,
            metrics: &self.terms.metrics,
            moment: Moment { cut, now, interval: self.interval() },
        };
        let asked = Family::ALL.into_iter().filter(|family| answers.keys().any(|(f, _)| f == family));
        asked.map(|family| (family, judges.judge(family))).collect()
    }

    fn take(
        &mut self,
        judgements: BTreeMap<Family, Judgement>,
        answers: &Answers,
        cut: Timestamp,
        ahead: Span,
    ) -> Option<Increment> {
        let (as_of, arms) = (cut - ahead, self.arms?);
        let mut signals = BTreeMap::new();
        let mut targets: BTreeMap<Arm, usize> = BTreeMap::new();
        let vouched = self.vouched();
        for (family, judgement) in judgements {
            if let Judgement::Ready { live, .. } = &judgement {
                for (arm, live) in live {
                    let most = targets.entry(*arm).or_default();
                    *most = live.len().max(*most);
                }
            }
            let outcome = self.count(family, judgement, answers, cut, &vouched);
            for (signal, held) in self.cuts.iter_mut().filter(|(signal, _)| Family::of(**signal) == family) {
                let reading = match &outcome {
                    Ok(shown) => held.take(as_of, shown.clone(), self.terms.limit_ms),
                    Err(why) => Reading::Missing(why.clone()),
                };
                signals.insert(*signal, reading);
            }
        }
        let is_new = self.last.is_none_or(|last| as_of > last);
        self.last = self.last.max(Some(as_of));
        let targets = |arm| targets.get(&arm).map_or(0, |count| u32::try_from(*count).unwrap_or(u32::MAX));
        is_new.then(|| Increment {
            region: self.terms.region.clone(),
            as_of,
            arms,
            canary_targets: targets(Arm::Canary),
            primary_targets: targets(Arm::Primary),
            canary_restarts: self.canary_restarts(),
            canary_pods: self.canary_pods(&signals),
            signals,
        })
    }

    /// Whose bad events the counted signals of the canary are. A signal that is missing keeps them for its next cut.
    fn canary_pods(
        &mut self,
        signals: &BTreeMap<Signal, Reading>,
    ) -> BTreeMap<Signal, BTreeMap<String, f64>> {
        let mut pods = BTreeMap::new();
        for family in Family::ALL {
            if let Some(reader) = self.readers.get_mut(&(family, Arm::Canary)) {
                pods.extend(reader.pods.share_out(signals.iter().filter(|(s, _)| Family::of(**s) == family)));
            }
        }
        pods
    }

    /// The canary's restarts since this was last asked; its two families tell of the same ones.
    fn canary_restarts(&mut self) -> u32 {
        let canary = self.readers.iter_mut().filter(|((_, arm), _)| *arm == Arm::Canary);
        canary.map(|(_, reader)| std::mem::take(&mut reader.restarts)).max().unwrap_or(0)
    }

    /// Whom each family's sibling vouches for, before this cut is read: both were read up to the same instant.
    fn vouched(&self) -> BTreeMap<(Family, Arm), Vouched> {
        let of = |((family, arm), reader): (&(Family, Arm), &Reader)| {
            let (at, sibling) = (*self.counted.get(family)?, family.other());
            (self.counted.get(&sibling) == Some(&at)).then(|| ((sibling, *arm), reader.idle(at)))
        };
        self.readers.iter().filter_map(of).collect()
    }

    /// Reads one family of every arm up to the cut.
    fn count(
        &mut self,
        family: Family,
        judgement: Judgement,
        answers: &Answers,
        cut: Timestamp,
        vouched: &BTreeMap<(Family, Arm), Vouched>,
    ) -> Result<Shown, Missing> {
        let (live, edges) = match judgement {
            Judgement::Ready { live, edges } => (live, edges),
            Judgement::Waiting(why) | Judgement::Faulty(why) => return Err(why),
        };
        if let Some(edges) = &edges {
            let latency = self.cuts.iter_mut().filter(|(signal, _)| signal.kind() == Kind::Latency);
            latency.for_each(|(_, held)| held.hold_edges(edges));
        }
        let split = match family {
            Family::Requests => Split::REQUESTS,
            Family::Durations => {
                Split::at(edges.as_deref().unwrap_or_default(), self.terms.limit_ms.unwrap_or(f64::MAX))
            }
        };
        let (mut totals, mut torn) = (Totals::new(), None);
        for (arm, live) in live {
            let key = (family, arm);
            let (Some(reader), Some(Ok(sighting))) = (self.readers.get_mut(&key), answers.get(&key)) else {
                continue;
            };
            let odd =
                reader.advance(sighting, &live, cut, split, vouched.get(&key).unwrap_or(&Vouched::NONE));
            torn = torn.or_else(|| odd.map(|target| (arm, target)));
            totals.insert(arm, reader.totals);
        }
        self.counted.insert(family, cut);
        self.narrow = false;
        match torn {
            None => Ok(Shown { totals, edges }),
            Some((arm, target)) => Err(Missing::BadHistogram {
                arm,
                target: Some(target.to_string()),
                series: self.terms.metrics.get(&(family, arm)).cloned().unwrap_or_default(),
                detail: "bucket counts moved against each other".to_owned(),
            }),
        }
    }
}

fn is_too_much(why: &Missing) -> bool {
    let Missing::Source { fault, .. } = why else { return false };
    matches!(fault, SourceFault::TooLarge { .. } | SourceFault::TimedOut { .. })
}
