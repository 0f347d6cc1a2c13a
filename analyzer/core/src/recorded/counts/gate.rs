//! One signal of a case on its way through the polls: the same bets as in a rollout, in the same order.

use super::noise::{Noise, noise};
use super::{ArmCounts, CountsSignal};
use crate::evidence::capital::Capital;
use crate::evidence::dispersion::{self, Fano};
use crate::evidence::margin::{MARGINS, Provability};
use crate::evidence::panel::{Cap, both};
use crate::evidence::proof::Proof;
use crate::evidence::ratio::{Cell, TOLERATED};
use crate::evidence::{limit, noninferior, ratio};
use crate::math::{ln, ln_add_exp};
use crate::signal::Kind;
use crate::time::Span;

/// A signal with everything that has been learned of it.
pub(super) struct Gate<'a> {
    pub(super) signal: &'a CountsSignal,
    pub(super) noise: Noise,
    /// Evidence that the canary, and not the environment, breaks the limit.
    pub(super) limit: Option<Capital>,
    /// Evidence that the limit is broken, by whomever.
    pub(super) broken: Capital,
    /// Evidence that the canary is worse than the tolerated multiple of the baseline.
    pub(super) ratio: Option<Capital>,
    /// Evidence for health: below a margin times the limit, or without one below a multiple of the baseline.
    pub(super) proof: Proof,
    /// The same at each of the margins: a verdict rests on the one chosen, and tells of the tightest that is shown.
    tighter: [Proof; MARGINS.len()],
    /// The canary's bad events, at least and at most, and its exposure to the limit and to the comparison.
    pub(super) seen: Seen,
    interval: Span,
    so_far: Fano,
}

/// Sums over the polls so far.
#[derive(Clone, Copy, Default)]
pub(super) struct Seen {
    pub(super) bad: f64,
    pub(super) bad_at_most: f64,
    pub(super) exposure: f64,
    pub(super) allowed: f64,
    pub(super) baseline_bad: f64,
    pub(super) baseline_exposure: f64,
}

impl<'a> Gate<'a> {
    pub(super) fn new(signal: &'a CountsSignal, interval: Span) -> Self {
        let noise = noise(signal, interval);
        let capital = || Capital::new(noise.bettors);
        Self {
            limit: signal.limit.map(|_| capital()),
            broken: capital(),
            ratio: signal.baseline.as_ref().map(|_| capital()),
            proof: Proof::default(),
            tighter: core::array::from_fn(|_| Proof::default()),
            seen: Seen::default(),
            so_far: Fano::default(),
            signal,
            noise,
            interval,
        }
    }

    /// The tolerated multiple of the baseline: what the case says, or what the rate is known to wander by.
    pub(super) fn tolerate(&self) -> f64 {
        self.signal.tolerate.unwrap_or(TOLERATED).max(self.noise.drift)
    }

    /// The smallest margin below which health is proved, where it is below `margin`.
    pub(super) fn tightest(&self, margin: u8) -> u8 {
        self.tightest_of(margin).0
    }

    /// Its evidence, as a logarithm.
    pub(super) fn tightest_ln_e(&self, margin: u8) -> f64 {
        self.tightest_of(margin).1
    }

    fn tightest_of(&self, margin: u8) -> (u8, f64) {
        let proved =
            MARGINS.into_iter().zip(&self.tighter).find(|(m, proof)| *m <= margin && proof.is_proved());
        proved.map_or((margin, self.proof.ln_e()), |(m, proof)| (m, proof.ln_e()))
    }

    /// Half against the limit, half against the baseline; where there is one question only, all of it.
    pub(super) fn ln_e(&self) -> f64 {
        match (&self.limit, &self.ratio) {
            (Some(limit), Some(ratio)) => ln_add_exp(limit.ln_e(), ratio.ln_e()) - ln(2.0),
            (Some(one), None) | (None, Some(one)) => one.ln_e(),
            (None, None) => 0.0,
        }
    }

    /// The `i`-th poll. A signal that has fewer polls than others says nothing after its last.
    pub(super) fn poll(&mut self, i: usize) {
        let Some(exposure) = self.signal.canary.exposure.get(i).copied().filter(|e| *e > 0.0) else {
            return;
        };
        let (bad, at_most) = (self.signal.canary.bad[i], self.signal.canary.bad_at_most[i]);
        // Both from before this poll: a burst must not soften its own price.
        let (phi, phi_for) = (self.noise.phi.unwrap_or(1.0), self.phi_for());
        let dt = self.dt(i);
        let cap = Cap::for_targets(2);
        let baseline = self.signal.baseline.as_ref().filter(|b| b.exposure[i] > 0.0);
        let cell = baseline.map(|b| cell(bad, exposure, b, i));
        let tolerate = self.tolerate();
        if let Some((limit, per)) = self.limit.as_mut().zip(self.signal.limit) {
            let exposed = self.signal.minutes.get(i).copied().unwrap_or(exposure);
            let allowed = per * exposed;
            let over = |allowed| limit::factors(bad, allowed, phi, dt, cap);
            // A baseline that stood still in this poll blames nobody.
            if self.signal.baseline.is_none() {
                limit.bet(&over(allowed.max(self.noise.usual * exposed)), dt);
            } else if let Some(c) = cell {
                limit.bet(&both(&over(allowed), &ratio::factors(&[c], tolerate, phi, dt, cap)), dt);
            }
            self.broken.bet(&over(allowed), dt);
            if let Some(Provability::Below { margin }) = self.noise.provability {
                self.proof.bet(at_most, f64::from(margin) * allowed, phi_for);
                for (proof, tighter) in self.tighter.iter_mut().zip(MARGINS) {
                    proof.bet(at_most, f64::from(tighter) * allowed, phi_for);
                }
            }
            self.seen.allowed += allowed;
        } else if let Some(c) = cell {
            let at_most = Cell { canary_bad: at_most, ..c };
            noninferior::bet(&mut self.proof, &at_most, noninferior::MARGIN * tolerate, phi_for);
        }
        if let Some((c, capital)) = cell.zip(self.ratio.as_mut()) {
            capital.bet(&ratio::factors(&[c], tolerate, phi, dt, cap), dt);
        }
        self.remember(i, bad, at_most, exposure);
    }

    fn remember(&mut self, i: usize, bad: f64, at_most: f64, exposure: f64) {
        self.seen.bad += bad;
        self.seen.bad_at_most += at_most;
        self.seen.exposure += exposure;
        if let Some(b) = &self.signal.baseline {
            self.seen.baseline_bad += b.bad[i];
            self.seen.baseline_exposure += b.exposure[i];
            self.so_far.push(b.bad_at_most[i], self.interval);
        }
    }

    /// The dispersion that a proof assumes: cautious without history.
    fn phi_for(&self) -> f64 {
        self.noise.phi.unwrap_or_else(|| dispersion::cautious_phi(&self.so_far))
    }

    fn dt(&self, i: usize) -> Span {
        match (self.signal.kind, self.signal.minutes.get(i)) {
            (Kind::Rate, Some(minutes)) => Span::from_us((minutes * 6e7) as i64),
            (Kind::Rate | Kind::Ratio | Kind::Latency | Kind::Gauge | Kind::Place, _) => self.interval,
        }
    }
}

fn cell(canary_bad: f64, exposure: f64, baseline: &ArmCounts, i: usize) -> Cell {
    Cell { canary_bad, primary_bad: baseline.bad[i], exposure_ratio: exposure / baseline.exposure[i] }
}
