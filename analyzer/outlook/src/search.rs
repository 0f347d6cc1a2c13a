//! The smallest worsening that is found, and how long it takes to find a given one.
//!
//! Bisection over a grid of worsenings, each simulated once for as long as the step may be extended: one simulation says
//! for every earlier instant, too, how often the canary had been found by then.

use crate::cell::Cell;
use crate::report::{Finds, Found, Smallest, Worsening};
use crate::run::Run;
use crate::{RUNS, SEED};
use haldane_core::math::exp;
use haldane_core::signal::Kind;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;

/// The worsenings whose median time to be found is told.
pub const TIMES: [f64; 3] = [2.0, 5.0, 10.0];

/// ln 2 / 8: neighbours on the grid differ by nine percent.
const LN_STEP: f64 = core::f64::consts::LN_2 / 8.0;

/// What the gate of `cell` finds.
pub(crate) fn finds(cell: &Cell) -> Finds {
    let mut search = Search::new(cell);
    let (observe, extended) = (cell.polls(cell.step.observe), cell.polls(cell.step.extend_up_to));
    Finds {
        by_observe: search.smallest(observe),
        by_extend_up_to: search.smallest(extended),
        median: TIMES.map(|times| search.median(times)).to_vec(),
    }
}

struct Search<'a> {
    cell: &'a Cell,
    /// Every run as it enters the step, with where its stream of draws stands.
    entered: Vec<(Run, ChaCha8Rng)>,
    /// By place on the grid: after how many polls each run was found, ascending; runs that were not are left out.
    known: BTreeMap<u32, Vec<u32>>,
}

impl<'a> Search<'a> {
    fn new(cell: &'a Cell) -> Self {
        let enter = |run: u32| {
            let mut rng = ChaCha8Rng::seed_from_u64(SEED);
            rng.set_stream(u64::from(run));
            (Run::up_to(cell, &mut rng), rng)
        };
        Self { cell, entered: (0..RUNS).map(enter).collect(), known: BTreeMap::new() }
    }

    fn smallest(&mut self, polls: u32) -> Smallest {
        Smallest { p80: self.found_with(0.80, polls), p95: self.found_with(0.95, polls) }
    }

    /// The smallest worsening on the grid that is found within `polls` with this probability.
    fn found_with(&mut self, probability: f64, polls: u32) -> Option<Worsening> {
        let enough = (probability * f64::from(RUNS)) as usize;
        let found = |search: &mut Self, place: u32| {
            search.at(place).iter().filter(|p| **p <= polls).count() >= enough
        };
        let (mut low, mut high) = (0, self.last_place());
        if !found(self, high) {
            return None;
        }
        while low < high {
            let middle = low.midpoint(high);
            if found(self, middle) { high = middle } else { low = middle + 1 }
        }
        Some(self.worsening(self.times(high)))
    }

    fn median(&mut self, times: f64) -> Found {
        let worsening = self.worsening(times);
        if times > self.cell.most_times() {
            return Found { worsening, possible: false, within_extension: 0.0, median_min: None };
        }
        let polls = self.simulate(times);
        let median = polls.get(RUNS as usize / 2).map(|p| f64::from(*p) * self.cell.dt.as_min());
        let within_extension = polls.len() as f64 / f64::from(RUNS);
        Found { worsening, possible: true, within_extension, median_min: median }
    }

    fn at(&mut self, place: u32) -> &[u32] {
        if !self.known.contains_key(&place) {
            let polls = self.simulate(self.times(place));
            self.known.insert(place, polls);
        }
        self.known.get(&place).map_or(&[], Vec::as_slice)
    }

    fn simulate(&self, times: f64) -> Vec<u32> {
        let (cell, step) = (self.cell, &self.cell.step);
        let polls = cell.polls(step.extend_up_to);
        let each = self
            .entered
            .iter()
            .filter_map(|(run, rng)| run.clone().observe(cell, step, times, polls, &mut rng.clone()));
        let mut found: Vec<u32> = each.collect();
        found.sort_unstable();
        found
    }

    /// The last place of the grid: every request is bad.
    fn last_place(&self) -> u32 {
        (0..).find(|place| exp(f64::from(*place) * LN_STEP) >= self.cell.most_times()).unwrap_or(u32::MAX)
    }

    fn times(&self, place: u32) -> f64 {
        exp(f64::from(place) * LN_STEP).min(self.cell.most_times())
    }

    fn worsening(&self, times: f64) -> Worsening {
        let per_request = self.cell.healthy * times;
        let canary_per_min = self.cell.requests(&self.cell.step).0 / self.cell.dt.as_min();
        let rate = match self.cell.signal.kind() {
            Kind::Ratio | Kind::Latency | Kind::Gauge | Kind::Place => per_request,
            Kind::Rate => per_request * canary_per_min,
        };
        Worsening { times, rate }
    }
}
