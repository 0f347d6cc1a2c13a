//! One simulated rollout of one gate: counts in, evidence out, by the core's own bettors and capital.
//!
//! The order of things is that of the fold (`fold/bet.rs`): below all traffic a limit gate is paid for what is over the
//! limit *and* worse than the primary; at 100 % the limit alone counts; an increment without canary traffic is no bet. What
//! only real traffic shows (a rate that wanders by itself, one pod that fails alone) is taken not to be there.

use crate::arms::{Arm, Counted};
use crate::cell::Cell;
use haldane_core::evidence::capital::Capital;
use haldane_core::evidence::dispersion;
use haldane_core::evidence::panel::{Bettors, Cap, SILENT, both};
use haldane_core::evidence::{limit, ratio};
use haldane_core::math::{ln, ln_add_exp};
use haldane_core::policy::Step;
use haldane_core::signal::Kind;
use rand_chacha::ChaCha8Rng;

/// Pods of the canary: two or more. One alone is convicted half as fast.
const TARGETS: u32 = 2;

/// The evidence of one gate.
#[derive(Clone)]
pub(crate) struct Run {
    limit: Capital,
    ratio: Capital,
}

impl Run {
    /// A canary that has gone through the steps before `cell`'s in good health.
    pub(crate) fn up_to(cell: &Cell, rng: &mut ChaCha8Rng) -> Self {
        let mut run = Self { limit: Capital::new(Bettors::All), ratio: Capital::new(Bettors::All) };
        for step in &cell.before {
            run.observe(cell, step, 1.0, cell.polls(step.observe), rng);
        }
        run
    }

    /// Lets `polls` increments of `step` pass, with a canary `times` as bad as the healthy service. Returns after how many
    /// of them the gate alone would have crossed the region's threshold, and stops there.
    pub(crate) fn observe(
        &mut self,
        cell: &Cell,
        step: &Step,
        times: f64,
        polls: u32,
        rng: &mut ChaCha8Rng,
    ) -> Option<u32> {
        let (canary, primary) = cell.requests(step);
        let compared = step.weight < 100;
        let canary = Arm::new(canary, cell.healthy * times, cell.fano);
        let primary = compared.then(|| Arm::new(primary, cell.healthy, cell.fano));
        let settling = cell.settling(step);
        for poll in 0..polls {
            let canary = canary.draw(rng);
            let primary = primary.as_ref().map(|arm| arm.draw(rng));
            if poll >= settling {
                self.bet(cell, canary, primary);
                if self.crosses(cell) {
                    return Some(poll + 1);
                }
            }
        }
        None
    }

    /// One increment.
    pub(crate) fn bet(&mut self, cell: &Cell, canary: Counted, primary: Option<Counted>) {
        if canary.total <= 0.0 {
            return;
        }
        let (phi, dt, cap) = (dispersion::phi(Some(cell.fano)), cell.dt, Cap::for_targets(TARGETS));
        let shared = primary.filter(|p| p.total > 0.0).map(|p| ratio::Cell {
            canary_bad: canary.bad,
            primary_bad: p.bad,
            exposure_ratio: canary.total / p.total,
        });
        if let Some(bound) = cell.limit {
            let over = limit::factors(canary.bad, allowed(cell, bound, canary.total), phi, dt, cap);
            let tolerated = cell.tolerate.unwrap_or(ratio::TOLERATED);
            let worse = || shared.map_or(SILENT, |c| ratio::factors(&[c], tolerated, phi, dt, cap));
            let attributed = if primary.is_some() { both(&over, &worse()) } else { over };
            self.limit.bet(&attributed, dt);
        }
        if let (Some(tolerate), Some(shared)) = (cell.tolerate, shared) {
            self.ratio.bet(&ratio::factors(&[shared], tolerate, phi, dt, cap), dt);
        }
    }

    /// Whether the gate alone has crossed the region's threshold. The other gates are taken to say nothing at all: what they add in a healthy rollout is about one.
    pub(crate) fn crosses(&self, cell: &Cell) -> bool {
        let (limit, ratio) = cell.shares;
        ln_add_exp(ln(limit) + self.limit.ln_e(), ln(ratio) + self.ratio.ln_e()) >= cell.ln_threshold
    }
}

fn allowed(cell: &Cell, limit: f64, requests: f64) -> f64 {
    match cell.signal.kind() {
        Kind::Ratio => limit * requests,
        Kind::Latency | Kind::Gauge | Kind::Place => {
            cell.signal.allowed_above().unwrap_or_default() * requests
        }
        Kind::Rate => limit * cell.dt.as_min(),
    }
}
