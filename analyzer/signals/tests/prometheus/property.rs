//! No event twice, none lost but those that a restart hides, whatever the samples and the polls do.

use crate::fake::{Reply, World};
use crate::store::Pod;
use haldane_core::increment::{Arms, Counts, Increment, Reading};
use haldane_core::signal::Signal::{ErrorRate, P99Latency};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::collections::BTreeMap;

/// What happens to one pod in one scrape interval.
#[derive(Clone, Copy, Debug)]
struct Turn {
    ok: u32,
    failed: u32,
    slow: u32,
    restarts: bool,
    /// The scrape fails.
    missed: bool,
    /// The scrape is stored so many seconds late; later ones wait for it.
    delay: u8,
}

/// What happens to the source in one scrape interval.
#[derive(Clone, Copy, Debug)]
struct Tick {
    pods: [Turn; 3],
    /// When in the interval it is polled; not at all, or twice.
    polls: [Option<u8>; 2],
    down: bool,
    emptied: bool,
}

#[derive(Clone, Copy)]
struct Chaos {
    restarts: f64,
    missed: f64,
    down: f64,
    emptied: f64,
}

fn turn(chaos: Chaos) -> impl Strategy<Value = Turn> {
    let chance = proptest::bool::weighted;
    let delay = prop_oneof![4 => Just(0_u8), 1 => 0..20_u8];
    (0..40_u32, 0..4_u32, chance(chaos.restarts), chance(chaos.missed), delay).prop_flat_map(
        |(ok, failed, restarts, missed, delay)| {
            let turn = move |slow| Turn { ok, failed, slow, restarts, missed, delay };
            (0..=ok + failed).prop_map(turn)
        },
    )
}

fn tick(chaos: Chaos) -> impl Strategy<Value = Tick> {
    let chance = proptest::bool::weighted;
    let pods = [turn(chaos), turn(chaos), turn(chaos)];
    let polls = [proptest::option::weighted(0.8, 0..8_u8), proptest::option::weighted(0.5, 8..15_u8)];
    (pods, polls, chance(chaos.down), chance(chaos.emptied)).prop_map(|(pods, polls, down, emptied)| Tick {
        pods,
        polls,
        down,
        emptied,
    })
}

/// Scrapes before the first poll.
const UNSEEN: usize = 6;

/// Scrapes of one pod: instant in milliseconds to what it had ever served by then: failed, all, slow.
type Books = BTreeMap<i64, [u32; 3]>;

const PHASES: [f64; 3] = [1.3, 6.1, 13.7];

struct Played {
    increments: Vec<Increment>,
    /// Pod by pod; only scrapes that happened.
    books: [Books; 3],
}

async fn play(ticks: &[Tick], hides_zero: bool, company: bool) -> Played {
    let mut world = if company { World::start().await } else { World::alone().await };
    let mut pods = [Pod::new("canary", "c1"), Pod::new("canary", "c2"), Pod::new("primary", "p1")];
    pods.iter_mut().for_each(|pod| pod.hides_zero = hides_zero);
    let (mut books, mut truth) = ([const { Books::new() }; 3], [[0_u32; 3]; 3]);
    let mut increments: Vec<Increment> = Vec::new();
    // Scrapes on their way: (stored at, pod, scraped at, its counters).
    let mut queue: Vec<(f64, usize, f64, Pod)> = Vec::new();
    let mut busy = [0.0_f64; 3];
    for (n, tick) in ticks.iter().enumerate() {
        let begin = 900.0 + 15.0 * n as f64;
        for (p, turn) in tick.pods.iter().enumerate() {
            if turn.restarts {
                pods[p].restart();
            }
            pods[p].serve(turn.ok, turn.failed, turn.slow);
            truth[p][0] += turn.failed;
            truth[p][1] += turn.ok + turn.failed;
            truth[p][2] += turn.slow;
            // What comes while nobody has looked yet is a beginning, however late: let it come in time.
            if !turn.missed || n < UNSEEN {
                let (scraped, delay) = (begin + PHASES[p], if n < UNSEEN { 0 } else { turn.delay });
                busy[p] = busy[p].max(scraped + f64::from(delay));
                queue.push((busy[p], p, scraped, pods[p].clone()));
                books[p].insert((scraped * 1000.0) as i64, truth[p]);
            }
        }
        if tick.emptied {
            world.prom.lock().store.clear();
        }
        world.prom.reply(if tick.down { Reply::Text(503, "no") } else { Reply::Data });
        for second in tick.polls.into_iter().flatten().filter(|_| n >= UNSEEN) {
            let now = begin + f64::from(second);
            queue.retain(|(stored, _, scraped, pod)| {
                let is_stored = *stored <= now;
                if is_stored {
                    world.prom.scrape(*scraped, &[pod]);
                }
                !is_stored
            });
            increments.extend(world.poll(now, Arms::Both).await);
        }
    }
    Played { increments, books }
}

fn played(ticks: &[Tick], hides_zero: bool, company: bool) -> Played {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(play(ticks, hides_zero, company))
}

/// What pods had served by their last scrapes up to `us`.
fn served(books: &[Books], us: i64) -> [f64; 3] {
    let mut sum = [0.0; 3];
    for book in books {
        let by = book.range(..=us / 1000).next_back().map_or([0; 3], |(_, by)| *by);
        (0..3).for_each(|at| sum[at] += f64::from(by[at]));
    }
    sum
}

/// The counted readings: since, until, canary and primary as failed, all, slow (slow only where durations were).
fn counted(increment: &Increment) -> Vec<(i64, i64, [Counts; 2], bool)> {
    let each = [(ErrorRate, false), (P99Latency, true)].into_iter();
    each.filter_map(|(signal, slow)| match &increment.signals[&signal] {
        Reading::Counted { since, canary, primary, .. } => {
            Some((since.as_us(), increment.as_of.as_us(), [(*canary)?, (*primary)?], slow))
        }
        Reading::Gauged { .. } | Reading::Placed { .. } | Reading::Missing(_) => None,
    })
    .collect()
}

fn ordered(increments: &[Increment]) -> Result<(), TestCaseError> {
    for pair in increments.windows(2) {
        prop_assert!(pair[0].as_of < pair[1].as_of);
        // At most one per bin; missed scrapes may look like a longer interval, and widen it.
        prop_assert!(pair[1].as_of.as_us() - pair[0].as_of.as_us() >= 30_000_000);
        prop_assert!(pair[1].as_of.as_us() % 15_000_000 == 0);
    }
    Ok(())
}

const CALM: Chaos = Chaos { restarts: 0.0, missed: 0.0, down: 0.2, emptied: 0.0 };
const WILD: Chaos = Chaos { restarts: 0.1, missed: 0.25, down: 0.2, emptied: 0.03 };

fn setting(seed: u64) -> ProptestConfig {
    ProptestConfig {
        cases: 48,
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(setting(3))]

    #[test]
    fn with_nothing_reset_or_lost_every_increment_is_the_truth_between_its_instants(
        ticks in prop::collection::vec(tick(CALM), 12..40), company in any::<bool>()
    ) {
        let Played { increments, books } = played(&ticks, false, company);
        ordered(&increments)?;
        for (since, until, counts, slow) in increments.iter().flat_map(counted) {
            for (counts, books) in counts.iter().zip([&books[..2], &books[2..]]) {
                let (then, now) = (served(books, since), served(books, until));
                let bad = if slow { now[2] - then[2] } else { now[0] - then[0] };
                prop_assert_eq!((counts.bad, counts.total), (bad, now[1] - then[1]), "{}..{}", since, until);
            }
        }
    }

    #[test]
    fn whatever_happens_no_event_is_counted_twice_or_before_it_happened(
        ticks in prop::collection::vec(tick(WILD), 12..60), hides_zero in any::<bool>(),
        company in any::<bool>()
    ) {
        let Played { increments, books } = played(&ticks, hides_zero, company);
        ordered(&increments)?;
        for slow in [false, true] {
            for (arm, books) in [&books[..2], &books[2..]].into_iter().enumerate() {
                let readings: Vec<_> =
                    increments.iter().flat_map(counted).filter(|reading| reading.3 == slow).collect();
                let mut sum = Counts::default();
                for (_, until, counts, _) in &readings {
                    let counts = counts[arm];
                    prop_assert!(counts.bad >= 0.0 && counts.total >= counts.bad, "{:?}", counts);
                    sum = Counts::exact(sum.bad + counts.bad, sum.total + counts.total);
                    let truth = served(books, *until);
                    prop_assert!(sum.total <= truth[1], "{} of {}", sum.total, truth[1]);
                    let bad = if slow { truth[2] } else { truth[0] };
                    prop_assert!(sum.bad <= bad);
                }
            }
        }
    }
}
