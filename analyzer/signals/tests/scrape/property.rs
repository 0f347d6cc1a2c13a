//! No event twice, and none lost but those lost in a reset, whatever counters and scrapes do.

use crate::pod::{IDLE, Pod, Reply, page, scraper};
use haldane_core::increment::{Arms, Counts, Reading};
use haldane_core::signal::Signal::{self, ErrorRate, P99Latency};
use haldane_core::time::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// What happens to one pod before one poll.
#[derive(Clone, Copy, Debug)]
struct Turn {
    ok: u32,
    failed: u32,
    slow: u32,
    restarts: bool,
    is_down: bool,
}

fn turn(restarts: f64) -> impl Strategy<Value = Turn> {
    let chance = proptest::bool::weighted;
    (0..40_u32, 0..4_u32, chance(restarts), chance(0.25)).prop_flat_map(|(ok, failed, restarts, is_down)| {
        (0..=ok + failed).prop_map(move |slow| Turn { ok, failed, slow, restarts, is_down })
    })
}

/// The pod's own books.
#[derive(Default)]
struct Books {
    /// What its counters show: good, failed, slow.
    shown: [u32; 3],
    /// What really happened; no restart takes it back.
    truth: [u32; 3],
    /// The requests that a scraper can know of: good, failed.
    knowable: [u32; 2],
    /// What it last showed of them to a scraper, once it was seen.
    last: Option<[u32; 2]>,
}

impl Books {
    fn turn(&mut self, turn: Turn, pod: &Pod) {
        if turn.restarts {
            self.shown = [0; 3];
        }
        for (at, events) in [turn.ok, turn.failed, turn.slow].into_iter().enumerate() {
            self.shown[at] += events;
            self.truth[at] += events;
        }
        let [ok, failed, slow] = self.shown;
        if turn.is_down {
            pod.reply(Reply::Status(503));
        } else if ok + failed == 0 {
            // Without traffic there is no series, so nothing is learnt of a restart either.
            pod.say(IDLE);
            self.last.get_or_insert_default();
        } else {
            pod.say(&page(ok, failed, slow));
            let now = [ok, failed];
            if let Some(last) = self.last {
                for ((sum, now), last) in self.knowable.iter_mut().zip(now).zip(last) {
                    *sum += if now < last { now } else { now - last };
                }
            }
            self.last = Some(now);
        }
    }
}

fn together<const N: usize>(a: [u32; N], b: [u32; N]) -> [f64; N] {
    std::array::from_fn(|at| f64::from(a[at] + b[at]))
}

/// What the increments hold in all, and what the books hold between the first cut and the last.
#[derive(Debug, Default)]
struct Sums {
    requests: Counts,
    durations: Counts,
    truth: [f64; 3],
    knowable: [f64; 2],
}

fn add(sum: &mut Counts, reading: &Reading) {
    if let Reading::Counted { canary: Some(counts), .. } = reading {
        sum.bad += counts.bad;
        sum.total += counts.total;
    }
}

/// Plays the turns to two canary pods.
async fn play(turns: &[(Turn, Turn)]) -> Sums {
    let pods = [Pod::start(IDLE).await, Pod::start(IDLE).await];
    let mut scraper = scraper(&[&pods[0], &pods[1]], &[]);
    let mut books = [Books::default(), Books::default()];
    let (mut sums, mut first_cut) = (Sums::default(), None);
    for (tick, turns) in (0..).zip(turns) {
        books[0].turn(turns.0, &pods[0]);
        books[1].turn(turns.1, &pods[1]);
        let Some(increment) = scraper.poll(Timestamp::from_s(15 * tick), Arms::CanaryOnly).await else {
            continue;
        };
        assert_eq!(increment.signals[&ErrorRate], increment.signals[&Signal::Http5xx]);
        if turns.0.is_down || turns.1.is_down {
            assert!(increment.signals.values().all(|reading| matches!(reading, Reading::Missing(_))));
            continue;
        }
        add(&mut sums.requests, &increment.signals[&ErrorRate]);
        add(&mut sums.durations, &increment.signals[&P99Latency]);
        let truth = together(books[0].truth, books[1].truth);
        let knowable = together(books[0].knowable, books[1].knowable);
        let (first_truth, first_knowable) = *first_cut.get_or_insert((truth, knowable));
        sums.truth = std::array::from_fn(|at| truth[at] - first_truth[at]);
        sums.knowable = std::array::from_fn(|at| knowable[at] - first_knowable[at]);
    }
    sums
}

fn played(turns: &[(Turn, Turn)]) -> Sums {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(play(turns))
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn without_restarts_increments_add_up_to_the_truth(
        turns in prop::collection::vec((turn(0.0), turn(0.0)), 2..40)
    ) {
        let sums = played(&turns);
        let [ok, failed, slow] = sums.truth;
        prop_assert_eq!((sums.requests.bad, sums.requests.total), (failed, ok + failed));
        prop_assert_eq!((sums.durations.bad, sums.durations.total), (slow, ok + failed));
    }

    #[test]
    fn with_restarts_no_event_is_counted_twice_and_only_what_a_reset_hides_is_lost(
        turns in prop::collection::vec((turn(0.15), turn(0.15)), 2..40)
    ) {
        let sums = played(&turns);
        let [ok, failed, slow] = sums.truth;
        let [knowable_ok, knowable_failed] = sums.knowable;
        prop_assert_eq!((sums.requests.bad, sums.requests.total), (knowable_failed, knowable_ok + knowable_failed));
        prop_assert!(sums.requests.bad <= failed && sums.requests.total <= ok + failed);
        prop_assert!(sums.durations.bad <= slow && sums.durations.total <= ok + failed);
    }
}
