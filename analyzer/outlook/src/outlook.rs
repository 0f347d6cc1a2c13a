//! Every region, step and gate of a policy: the proofs by formula, the findings by simulation on all cores.

use crate::advice;
use crate::assumed::{Assumed, Healthy};
use crate::cell::Cell;
use crate::proof::proof;
use crate::report::{Finds, GateOutlook, Outlook, RegionOutlook, StepOutlook};
use crate::search;
use crate::{RUNS, SEED};
use haldane_core::budget;
use haldane_core::increment::Region;
use haldane_core::math::exp;
use haldane_core::policy::{Gate, Policy, RegionPolicy, Step};
use haldane_core::signal::Kind;
use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What `policy` can prove and find at `traffic` (requests per second of both arms; a region without any is left out),
/// with the healthy service as `assumed`. `progress` is told how many of how many questions are answered, from any thread.
pub fn outlook(
    policy: &Policy,
    traffic: &BTreeMap<Region, f64>,
    assumed: &Assumed,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Outlook {
    let with_traffic = policy.regions.iter().filter_map(|r| Some((r, *traffic.get(&r.name)?)));
    let mut cells = Cells::default();
    let mut regions: Vec<(RegionOutlook, Vec<Option<usize>>)> =
        with_traffic.map(|(region, rps)| ask(policy, region, rps, assumed, &mut cells)).collect();
    let answers = answer_all(&cells.0, progress);
    for (region, asked) in &mut regions {
        let gates = region.steps.iter_mut().flat_map(|step| &mut step.gates);
        for (gate, cell) in gates.zip(asked) {
            gate.finds = cell.and_then(|i| answers.get(i).cloned().flatten());
        }
    }
    let regions: Vec<RegionOutlook> = regions.into_iter().map(|(region, _)| region).collect();
    Outlook {
        service: policy.service.clone(),
        seed: SEED,
        runs: RUNS,
        increment_s: policy.bin().as_s(),
        fano: assumed.fano,
        advice: advice::advice(&regions),
        regions,
    }
}

/// The questions so far, each once.
#[derive(Default)]
struct Cells(Vec<Cell>);

impl Cells {
    fn add(&mut self, cell: Cell) -> usize {
        self.0.iter().position(|c| *c == cell).unwrap_or_else(|| {
            self.0.push(cell);
            self.0.len() - 1
        })
    }
}

/// One region with its proofs, and for each gate of each step the question that will say what it finds.
fn ask(
    policy: &Policy,
    region: &RegionPolicy,
    requests_per_s: f64,
    assumed: &Assumed,
    cells: &mut Cells,
) -> (RegionOutlook, Vec<Option<usize>>) {
    let healthy = Healthy::of(policy, &region.name, requests_per_s, assumed);
    let ln_threshold = budget::ln_region_threshold(policy);
    let mut asked = Vec::new();
    let steps = policy.steps.iter().enumerate().map(|(i, step)| {
        let gates = policy.gates.iter().filter(|gate| gate.signal.is_core()).map(|gate| {
            let cell = Cell {
                signal: gate.signal,
                limit: policy.limit_in(&region.name, gate),
                tolerate: gate.tolerate,
                shares: budget::shares(gate, policy),
                ln_threshold,
                fano: assumed.fano,
                healthy: healthy.per_request(gate.signal, requests_per_s),
                requests_per_s,
                dt: policy.bin(),
                before: policy.steps[..i].to_vec(),
                step: step.clone(),
            };
            let outlook = gate_outlook(gate, step, &cell);
            let compares = cell.limit.is_some() || step.weight < 100;
            asked.push((compares && !gate.report_only).then(|| cells.add(cell)));
            outlook
        });
        StepOutlook {
            weight: step.weight,
            observe_min: step.observe.as_min(),
            extend_up_to_min: step.extend_up_to.as_min(),
            gates: gates.collect(),
        }
    });
    let steps = steps.collect();
    let threshold = exp(ln_threshold);
    (RegionOutlook { region: region.name.clone(), requests_per_s, threshold, healthy, steps }, asked)
}

fn gate_outlook(gate: &Gate, step: &Step, cell: &Cell) -> GateOutlook {
    let canary_per_min = cell.requests(step).0 / cell.dt.as_min();
    let prove = |limit| proof(cell.signal, limit, step, cell.requests_per_s, cell.healthy, cell.fano);
    GateOutlook {
        signal: gate.signal,
        limit: cell.limit,
        tolerate: gate.tolerate,
        report_only: gate.report_only,
        healthy: match cell.signal.kind() {
            Kind::Ratio | Kind::Latency | Kind::Gauge | Kind::Place => cell.healthy,
            Kind::Rate => cell.healthy * canary_per_min,
        },
        proof: cell.limit.map(prove),
        finds: None,
    }
}

/// Each answer stands where its question does. A question is one unit of work, taken by whichever core is free.
fn answer_all(cells: &[Cell], progress: &(dyn Fn(usize, usize) + Sync)) -> Vec<Option<Finds>> {
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let work = || {
        let mut answered = Vec::new();
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            let Some(cell) = cells.get(i) else {
                return answered;
            };
            answered.push((i, search::finds(cell)));
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, cells.len());
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get).min(cells.len());
    let mut answers: Vec<Option<Finds>> = vec![None; cells.len()];
    progress(0, cells.len());
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            // A broken invariant in a worker is one here; without it the gate would look like one that finds nothing.
            let answered = worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            answered.into_iter().for_each(|(i, finds)| answers[i] = Some(finds));
        }
    });
    answers
}
