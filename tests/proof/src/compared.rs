//! Haldane, Flagger's thresholds and Kayenta's rule on the same streams: false rollbacks, and faults found.

use crate::chart::{Chart, Series};
use crate::effort::Effort;
use crate::peers::{flagger, kayenta};
use crate::stream::{DT, Scene};
use crate::table::{Cell, Table};
use haldane_core::policy::Policy;
use haldane_core::time::Span;
use haldane_lab::fault::{Fault, Kind};
use haldane_lab::noise::Noise;
use haldane_lab::reference::{self, REGIONS};
use haldane_lab::runs::parallel;
use haldane_lab::stats::{Quantiles, Share};
use haldane_lab::watch;

const SEED: u64 = 1892;
/// Failed checks after which Flagger rolls back.
pub const THRESHOLDS: [usize; 3] = [1, 3, 5];

/// When each rule rolls back, in minutes from the first traffic.
#[derive(Clone, Copy, Debug)]
struct Verdicts {
    haldane: Option<f64>,
    flagger: [Option<f64>; 3],
    peeked: Option<f64>,
    once: bool,
}

/// One region of six; latency counts from the first request on, as it does for the others.
pub fn policy() -> Policy {
    let mut policy = reference::policy(REGIONS, DT);
    policy.steps.iter_mut().for_each(|step| step.settle = Span::ZERO);
    policy
}

fn verdicts(scene: &Scene, runs: usize, seed: u64) -> Vec<Verdicts> {
    let policy = policy();
    parallel(runs, seed, &|_| {}, |rng, _| {
        let stream = scene.draw(rng);
        let (peeked, once) = kayenta::judge(&stream);
        let watched = watch(&policy, 0, &stream.history, &stream.pair(), scene.traffic.pods);
        let haldane = watched.found.map(|f| f.minutes);
        Verdicts { haldane, flagger: flagger::rolled_back(&stream, THRESHOLDS), peeked, once }
    })
}

/// False rollbacks of one region in 30 minutes.
pub fn false_rollback(effort: Effort, done: &dyn Fn(&str)) -> (Table, Chart) {
    let runs = effort.runs(60, 4_000);
    let head = ["noise", "Haldane", "Flagger, 1 failed check", "3", "5", "Mann–Whitney, each minute", "once"];
    let title = "Healthy canaries rolled back within 30 minutes, one region";
    let mut table = Table::new("t2", title, SEED, runs, &head);
    for (near, scene) in
        [("", Scene::healthy as fn(Noise) -> Scene), (", near the limits", Scene::near_limits)]
    {
        for (name, noise) in Noise::ALL {
            done(name);
            let all = verdicts(&scene(noise), runs, SEED);
            let share = |is: &dyn Fn(&Verdicts) -> bool| Cell::Share(Share::among(&all, is));
            let mut cells = vec![share(&|v| v.haldane.is_some())];
            cells.extend((0..3).map(|i| share(&|v: &Verdicts| v.flagger[i].is_some())));
            cells.extend([share(&|v| v.peeked.is_some()), share(&|v| v.once)]);
            table.row(format!("{name}{near}"), cells);
        }
    }
    let chart = by_minute(effort);
    (table, chart)
}

/// Rolled back by each minute, for the noise with everything in it.
fn by_minute(effort: Effort) -> Chart {
    let all = verdicts(&Scene::healthy(Noise::MIXED), effort.runs(60, 4_000), SEED);
    let series = |name: &str, at: &dyn Fn(&Verdicts) -> Option<f64>| {
        let by = |minute: f64| Share::among(&all, |v| at(v).is_some_and(|m| m <= minute)).share;
        let minutes = [1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0];
        Series { name: name.to_owned(), points: minutes.map(|m| [m, by(m)]).to_vec() }
    };
    Chart {
        id: "false-rollback".to_owned(),
        title: "Healthy canaries rolled back, mixed noise".to_owned(),
        x: "minutes of the canary's traffic".to_owned(),
        y: "share rolled back".to_owned(),
        top: 1.0,
        series: vec![
            series("Haldane", &|v| v.haldane),
            series("Flagger, 1 failed check", &|v| v.flagger[0]),
            series("Flagger, 3", &|v| v.flagger[1]),
            series("Flagger, 5", &|v| v.flagger[2]),
            series("Mann–Whitney", &|v| v.peeked),
        ],
    }
}

const FAULTS: [(&str, Kind); 5] = [
    ("errors .05 → .2 %", Kind::Errors(0.002)),
    ("errors → 1 %", Kind::Errors(0.01)),
    ("errors → 5 %", Kind::Errors(0.05)),
    ("P99 150 → 250 ms", Kind::P99Ms(250.0)),
    ("5xx 1 → 10 per minute", Kind::Http5xxPerMin(10.0)),
];

/// Faults found: power, median delay, bad requests served; by noise and onset.
pub fn detection(effort: Effort, done: &dyn Fn(&str)) -> [Table; 2] {
    let runs = effort.runs(40, 2_000);
    let title = "Faults found within 30 minutes of the first traffic: power; median minutes from the onset; bad requests \
                 served until then";
    let noises = ["iid", "bursty", "shared", "drift", "mixed"];
    let mut ours = Table::new("t3", title, SEED, runs, &[&["fault"][..], &noises[..]].concat());
    let head = ["fault, noise", "Haldane", "Flagger, 1", "3", "5", "Mann–Whitney, each minute"];
    let title = "The same beside other rules (a rollback before the onset counts as not found)";
    let mut peers = Table::new("t3-peers", title, SEED, runs, &head);
    for (name, kind) in FAULTS {
        for onset_min in [0_u8, 8] {
            let name = format!("{name}, from minute {onset_min}");
            done(&name);
            let fault = Fault::of(kind).after(Span::from_min(i64::from(onset_min)));
            let found = |noise, at: &dyn Fn(&Verdicts) -> Option<f64>, all: &[Verdicts]| {
                let scene = Scene::healthy(noise).with(fault);
                let delays: Vec<Option<f64>> = all
                    .iter()
                    .map(|v| at(v).map(|m| m - f64::from(onset_min)).filter(|d| *d > 0.0))
                    .collect();
                found(&delays, scene.bad_per_min())
            };
            let mut cells = Vec::new();
            for (noise_name, noise) in Noise::ALL {
                let all = verdicts(&Scene::healthy(noise).with(fault), runs, SEED);
                cells.push(found(noise, &|v| v.haldane, &all));
                if ["iid", "bursty"].contains(&noise_name) {
                    let mut row = vec![found(noise, &|v| v.haldane, &all)];
                    row.extend((0..3).map(|i| found(noise, &|v: &Verdicts| v.flagger[i], &all)));
                    row.push(found(noise, &|v| v.peeked, &all));
                    peers.row(format!("{name}, {noise_name}"), row);
                }
            }
            ours.row(name, cells);
        }
    }
    [ours, peers]
}

fn found(delays: &[Option<f64>], bad_per_min: f64) -> Cell {
    let median_min = Quantiles::of(delays.iter().copied().flatten()).map(|q| q.median);
    let power = Share::among(delays, Option::is_some);
    Cell::Found { power, median_min, bad: median_min.map(|m| m * bad_per_min) }
}

/// Delay by the canary's traffic, independent events.
pub fn by_traffic(effort: Effort, done: &dyn Fn(&str)) -> (Table, Chart) {
    let runs = effort.runs(20, 1_000);
    let sizes = [0.002, 0.005, 0.01, 0.05, 0.2];
    let head = ["canary's requests/s", "→ .2 %", "→ .5 %", "→ 1 %", "→ 5 %", "→ 20 %"];
    let title = "Errors .05 % → more, found within 30 minutes, by traffic: power; median minutes; bad requests served";
    let mut table = Table::new("t4", title, SEED, runs, &head);
    let mut curves = sizes.map(|s| Series { name: format!("→ {} %", 100.0 * s), points: Vec::new() });
    let policy = policy();
    for rps in [0.5, 2.0, 5.0, 20.0, 50.0, 200.0, 1000.0] {
        done(&format!("{rps} requests/s"));
        let mut cells = Vec::new();
        for (size, curve) in sizes.iter().zip(&mut curves) {
            let fault = Fault::of(Kind::Errors(*size));
            let scene = Scene::healthy(Noise::IID).canary_rps(rps).with(fault);
            let delays = parallel(runs, SEED, &|_| {}, |rng, _| {
                let stream = scene.draw(rng);
                watch(&policy, 0, &stream.history, &stream.pair(), 2).found.map(|f| f.minutes)
            });
            let cell = found(&delays, scene.bad_per_min());
            if let Cell::Found { power, median_min: Some(median), .. } = &cell
                && power.share >= 0.5
            {
                curve.points.push([rps, *median]);
            }
            cells.push(cell);
        }
        table.row(format!("{rps}"), cells);
    }
    let chart = Chart {
        id: "delay-by-traffic".to_owned(),
        title: "Errors .05 % → more: median delay where at least half are found".to_owned(),
        x: "canary's requests per second".to_owned(),
        y: "minutes".to_owned(),
        top: 24.0,
        series: curves.into_iter().filter(|c| !c.points.is_empty()).collect(),
    };
    (table, chart)
}

/// Power against the size of the fault, per noise.
pub fn power_by_size(effort: Effort, done: &dyn Fn(&str)) -> Chart {
    let runs = effort.runs(20, 600);
    let policy = policy();
    let series = Noise::ALL.map(|(name, noise)| {
        done(&format!("power, {name}"));
        let points = [0.0005, 0.00075, 0.001, 0.00125, 0.0015, 0.002, 0.003, 0.005, 0.01].map(|size| {
            let scene = Scene::healthy(noise).with(Fault::of(Kind::Errors(size)));
            let found = parallel(runs, SEED, &|_| {}, |rng, _| {
                let stream = scene.draw(rng);
                watch(&policy, 0, &stream.history, &stream.pair(), 2).found.is_some()
            });
            [100.0 * size, Share::among(&found, |f| *f).share]
        });
        Series { name: name.to_owned(), points: points.to_vec() }
    });
    Chart {
        id: "power-by-size".to_owned(),
        title: "Errors at a limit of .1 % and a primary at .05 %: found within 30 minutes".to_owned(),
        x: "errors of the canary, %".to_owned(),
        y: "share found".to_owned(),
        top: 1.0,
        series: series.to_vec(),
    }
}
