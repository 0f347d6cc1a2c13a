//! The reader of pods' pages: whatever they say, every increment is a possible one, and no event is counted that no page
//! showed.
//!
//! The first byte chooses the latency limit, the number of pods and the arms. Then come pages, dealt out to the pods
//! asked, poll by poll, fifteen seconds apart.

use crate::pieces::{first, pieces};
use haldane::demo::fnp;
use haldane_core::fact::{Entry, Fact, HeardBy, Opened, RolloutId};
use haldane_core::fold::look;
use haldane_core::increment::{Arm, Arms, Counts, Increment, Reading, Region};
use haldane_core::policy::Policy;
use haldane_core::signal::Signal;
use haldane_core::state::ServiceState;
use haldane_core::time::{Span, Timestamp};
use haldane_signals::scrape::{Bodies, PageCounter, ScrapeConfig};
use std::collections::BTreeMap;
use std::sync::OnceLock;

const HOME: &str = "us-east";
const BEGIN: Timestamp = Timestamp::from_s(1_800_000_000);
const INTERVAL: Span = Span::from_s(15);

/// Polls that one input is good for.
const MOST_POLLS: usize = 12;

/// In milliseconds: on an edge of common histograms, between two, beyond all, and where numbers end.
const LIMITS_MS: [f64; 4] = [200.0, 250.0, 1e9, 1e-300];

/// Events by signal and arm.
type Events = BTreeMap<(Signal, Arm), f64>;

/// Feeds `data` to the reader of pods' pages.
pub fn exposition(data: &[u8]) {
    let Some((choice, pages)) = first(data) else { return };
    let pods = if choice & 4 == 0 { 1 } else { 2 };
    let arms = [Arms::Both, Arms::CanaryOnly, Arms::PrimaryOnly, Arms::Both][usize::from(choice >> 3 & 3)];
    let mut counter = counter(LIMITS_MS[usize::from(choice & 3)], pods);
    let asked: Vec<Arm> = [Arm::Canary, Arm::Primary].into_iter().filter(|a| arms.include(*a)).collect();
    let pages: Vec<&[u8]> = pieces(pages).collect();
    let (mut counted, mut shown) = (Events::new(), BTreeMap::new());
    let (mut at, mut increments) = (BEGIN, Vec::new());
    let mut polls = pages.chunks(pods * asked.len()).take(MOST_POLLS);
    for pages in polls.clone() {
        at = at + INTERVAL;
        for (pages, arm) in pages.chunks(pods).zip(&asked) {
            *shown.entry(*arm).or_insert(0.0) += pages.iter().map(|page| most_events(page)).sum::<f64>();
        }
        let increment = counter.count(at, arms, dealt(pages, pods, &asked));
        increments.extend(increment.inspect(|i| add(&mut counted, i)));
    }
    for ((signal, arm), events) in &counted {
        let most = shown.get(arm).copied().unwrap_or_default();
        assert!(*events <= most * (1.0 + 1e-9), "{signal} of the {arm}: {events} counted, {most} shown");
    }
    if let Some(last) = polls.next_back() {
        nothing_happens_between_equal_pages(&mut counter, at, arms, || dealt(last, pods, &asked));
    }
    can_be_judged(increments);
}

fn counter(limit_ms: f64, pods: usize) -> PageCounter {
    let addresses = |arm: &str| {
        let urls = (0..pods).map(|pod| format!("http://{arm}-{pod}:9797/metrics"));
        urls.collect::<Vec<String>>().into()
    };
    let config = ScrapeConfig {
        canary: addresses("canary"),
        primary: addresses("primary"),
        latency_limit_ms: Some(limit_ms),
        signals: Signal::CORE.to_vec(),
        bin: INTERVAL + INTERVAL,
        ..ScrapeConfig::new(Region::from(HOME))
    };
    PageCounter::new(&config).expect("the addresses are URLs and the limit is a positive number")
}

/// One poll's pages, by arm and pod. An arm that is dealt none was not reached.
fn dealt(pages: &[&[u8]], pods: usize, asked: &[Arm]) -> Bodies {
    let arms = asked.iter().zip(pages.chunks(pods));
    arms.map(|(arm, pages)| (*arm, pages.iter().map(|page| Ok(page.to_vec())).collect())).collect()
}

/// No page can tell of more events than the sum of its numbers, read without any grammar: of each line the largest.
fn most_events(page: &[u8]) -> f64 {
    let number = |word: &[u8]| std::str::from_utf8(word).ok()?.parse::<f64>().ok();
    let largest = |line: &[u8]| {
        let words = line.split(|b| b" \t\r}".contains(b)).filter_map(number);
        words.filter(|n| (0.0..=9.1e15).contains(n)).fold(0.0, f64::max)
    };
    page.split(|b| *b == b'\n').map(largest).sum()
}

/// Checks an increment, and adds its events.
fn add(events: &mut Events, increment: &Increment) {
    assert_eq!(increment.signals.len(), Signal::CORE.len(), "{increment:?}");
    for (signal, reading) in &increment.signals {
        match reading {
            Reading::Counted { since, canary, primary, bracket } => {
                assert!(*since < increment.as_of, "{increment:?}");
                for (arm, counts) in [(Arm::Canary, canary), (Arm::Primary, primary)] {
                    assert_eq!(counts.is_some(), increment.arms.include(arm), "{increment:?}");
                    let Some(counts) = counts else { continue };
                    assert!(is_possible(counts), "{signal} of the {arm}: {counts:?}");
                    *events.entry((*signal, arm)).or_insert(0.0) += counts.total;
                }
                if let Some(bracket) = bracket {
                    assert!(bracket.below_ms >= 0.0 && bracket.below_ms.is_finite(), "{bracket:?}");
                    assert!(bracket.above_ms.is_none_or(|above| above > bracket.below_ms), "{bracket:?}");
                }
            }
            Reading::Gauged { .. } | Reading::Placed { .. } => {
                unreachable!("nobody asked for a level: {reading:?}")
            }
            Reading::Missing(why) => {
                let why = why.to_string();
                assert!(why.len() < 400 && !why.chars().any(char::is_control), "{why:?}");
            }
        }
    }
}

fn is_possible(counts: &Counts) -> bool {
    let Counts { bad, bad_at_most, total } = *counts;
    total.is_finite() && 0.0 <= bad && bad <= bad_at_most && bad_at_most <= total
}

/// Every event is counted once: pages that say the same again tell of no event.
fn nothing_happens_between_equal_pages(
    counter: &mut PageCounter,
    at: Timestamp,
    arms: Arms,
    bodies: impl Fn() -> Bodies,
) {
    let bin = INTERVAL + INTERVAL;
    let mut after = Events::new();
    counter.count(at + bin, arms, bodies());
    let Some(increment) = counter.count(at + bin + bin, arms, bodies()) else {
        return;
    };
    add(&mut after, &increment);
    assert!(after.values().all(|events| *events == 0.0), "{increment:?}");
}

/// Whatever was counted, the fold takes it, finds finite evidence, and can be recorded.
fn can_be_judged(increments: Vec<Increment>) {
    static POLICY: OnceLock<Policy> = OnceLock::new();
    let policy = POLICY.get_or_init(|| fnp().expect("the example policy is valid").0);
    let region = Region::from(HOME);
    let opened = Fact::Opened(Box::new(Opened {
        rollout: RolloutId::mint(&policy.service, &region, BEGIN),
        region: region.clone(),
        release: None,
        checksum: None,
        by: HeardBy::MidRun,
        policy: policy.clone(),
        history: BTreeMap::new(),
        pooled_fano: BTreeMap::new(),
    }));
    let begin = [opened, Fact::WeightSeen { region, weight: 5 }].map(|fact| Entry { at: BEGIN, fact });
    let polled = increments.into_iter().map(|i| Entry { at: i.as_of, fact: Fact::Polled(i) });
    let entries: Vec<Entry> = begin.into_iter().chain(polled).collect();
    let as_of = entries.last().map_or(BEGIN, |entry| entry.at);
    let (state, _) = look(ServiceState::default(), &entries, as_of);
    let written = serde_json::to_string(&state).expect("a state can be recorded");
    let read: ServiceState = serde_json::from_str(&written).expect("NaN and infinity are no JSON numbers");
    assert!(read == state, "{written}");
}
