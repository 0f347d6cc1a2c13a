//! Short recorded series, judged once: what is wrongly convicted and what is seen, by law of the noise.
//!
//! The made-up cases are those of the judge's own tests. Thirty-one points a side; false findings with three metrics of
//! which each is struck, faults with one.

#[path = "../../../analyzer/core/tests/series/world.rs"]
#[expect(dead_code, reason = "the tests ask for more situations than the page shows")]
mod world;

use crate::effort::Effort;
use crate::table::{Cell, Table};
use haldane_core::recorded::Finding;
use haldane_core::series::{Direction, Metric, judge};
use haldane_lab::runs::parallel;
use haldane_lab::stats::Share;
use rand_chacha::ChaCha8Rng;
use world::{Law, Situation, common, pair};

const SEED: u64 = 1908;
const POINTS: usize = 31;

const LAWS: [(Law, &str); 6] = [
    (Law::Normal, "normal"),
    (Law::T4, "Student, 4 degrees"),
    (Law::Exponential, "exponential"),
    (Law::LogNormal, "log-normal, σ 1"),
    (Law::Ar3, "autoregressive .3"),
    (Law::Counts, "counts of 4"),
];

const HEALTHY: [(Situation, &str); 12] = [
    (Situation::Healthy, "nothing"),
    (Situation::SharedNoise, "noise that both share"),
    (Situation::SharedWave, "a wave that both share"),
    (Situation::SharedSpikes, "spikes that both share"),
    (Situation::EqualHighNoise, "both four times as noisy"),
    (Situation::EqualSpikes, "three spikes each, at instants of their own"),
    (Situation::RandomSpikes(0.05), "* each point of each spikes once in twenty"),
    (Situation::CorrelatedMetrics, "metrics correlated by .7"),
    (Situation::HealedStep(2.0), "worse by 2 sd in the first third"),
    (Situation::HealedDecay(6.0), "worse by 6 sd at first, decaying"),
    (Situation::HealedNoise(4.0), "four times as noisy in the first third"),
    (Situation::Better(1.0), "better by 1 sd"),
];

const FAULTS: [(Situation, &str); 12] = [
    (Situation::Level(1.0), "level + 1 sd"),
    (Situation::Level(1.5), "level + 1.5 sd"),
    (Situation::Level(2.0), "level + 2 sd"),
    (Situation::Spread(2.0), "spread × 2"),
    (Situation::Spread(3.0), "spread × 3"),
    (Situation::Spread(4.0), "spread × 4"),
    (Situation::Tail(3), "three spikes"),
    (Situation::Tail(4), "four spikes"),
    (Situation::Ramp(2.0), "drifting to 2 sd"),
    (Situation::Ramp(3.0), "drifting to 3 sd"),
    (Situation::Onset(0.5, 2.0), "2 sd from the middle on"),
    (Situation::Onset(0.7, 3.0), "3 sd in the last third"),
];

/// Healthy pairs called breached.
pub fn healthy(effort: Effort, done: &dyn Fn(&str)) -> Table {
    let title =
        "Short series of 31 points, three metrics: healthy cases called breached (outside the promise: *)";
    table("series-healthy", title, &HEALTHY, 3, effort.runs(60, 3_000), done)
}

/// Faults called breached; the last row has three metrics that are each a little worse.
pub fn faults(effort: Effort, done: &dyn Fn(&str)) -> Table {
    let runs = effort.runs(60, 2_000);
    let title = "Short series of 31 points, one metric: faults called breached";
    let mut faults = table("series-faults", title, &FAULTS, 1, runs, done);
    let joint = [(Situation::Level(0.6), "three metrics, each + .6 sd")];
    faults.rows.extend(table("joint", "", &joint, 3, runs, done).rows);
    faults
}

fn table(
    id: &str,
    title: &str,
    situations: &[(Situation, &str)],
    metrics: usize,
    runs: usize,
    done: &dyn Fn(&str),
) -> Table {
    let head: Vec<&str> = core::iter::once("what happens").chain(LAWS.map(|(_, name)| name)).collect();
    let mut table = Table::new(id, title, SEED, runs, &head);
    for (situation, name) in situations {
        done(name);
        let cells = LAWS.map(|(law, _)| {
            let found = parallel(runs, SEED, &|_| {}, |rng, _| breached(law, *situation, metrics, rng));
            Cell::Share(Share::among(&found, |b| *b))
        });
        table.row((*name).to_owned(), cells.to_vec());
    }
    table
}

fn breached(law: Law, situation: Situation, metrics: usize, rng: &mut ChaCha8Rng) -> bool {
    let together = common(law, POINTS, rng);
    let metric = |i: usize| {
        let [control, experiment] = pair(law, situation, POINTS, &together, rng);
        let (name, direction) = (format!("m{i}"), Direction::Increase);
        Metric { name, direction, control, experiment, history: Vec::new() }
    };
    let case: Vec<Metric> = (0..metrics).map(metric).collect();
    judge(&case).is_ok_and(|verdict| verdict.verdict == Finding::Breached)
}
