//! Capital against "this canary is healthy": a running product of bets, with late onset.
//!
//! Half is staked at once. The other half enters hyperbolically, by minute h a share h/(h + 60) of it, as new
//! bettors who have not seen the clean past: a fault at hour three is then found as fast as one at minute three.
//! A convex combination of e-processes begun at different times is an e-process. Capital never resets during a
//! rollout: evidence that has been paid for is kept.

use super::panel::{BETTORS, Bettors, Factors};
use crate::math::{exp, ln};
use crate::time::Span;
use serde::{Deserialize, Serialize};

/// Minutes after which half of the late half has entered.
const ONSET_MIN: f64 = 60.0;

/// More than this is not kept: an endless outage must not end in infinity. Truncation only lowers evidence.
const MOST: f64 = 1e150;

/// The capital of one panel: 15 numbers, the time it has bet for, and the mass that has entered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Capital {
    w: [f64; BETTORS],
    bettors: Bettors,
    entered: f64,
    bet_for: Span,
    begun: bool,
    /// Kept, because a look reads it more often than a poll changes it.
    ln_e: f64,
}

impl Capital {
    /// A panel that has not bet yet. Its evidence is 1 (`ln_e` is 0).
    pub const fn new(bettors: Bettors) -> Self {
        Self { w: [0.5; BETTORS], bettors, entered: 0.5, bet_for: Span::ZERO, begun: false, ln_e: 0.0 }
    }

    /// One poll: the late mass that is due enters, then every bettor is paid its factor.
    pub fn bet(&mut self, factors: &Factors, dt: Span) {
        let due = if self.begun { self.due() } else { self.entered };
        let entering = due - self.entered;
        let active = self.bettors.count();
        let mut sum = 0.0;
        for (w, factor) in self.w[..active].iter_mut().zip(factors) {
            *w = ((*w + entering) * factor).min(MOST);
            sum += *w;
        }
        self.entered = due;
        self.begun = true;
        self.bet_for = self.bet_for + dt;
        self.ln_e = ln(sum / active as f64 + 1.0 - due);
    }

    /// Forgets evidence beyond `ln_most` ≥ 0, for a question about the present instead of a promise about the past.
    ///
    /// All bettors are scaled alike; scaling capital down keeps it an e-process.
    pub fn truncate(&mut self, ln_most: f64) {
        if self.ln_e <= ln_most {
            return;
        }
        let active = self.bettors.count();
        let waiting = 1.0 - self.entered;
        let mean = self.w[..active].iter().sum::<f64>() / active as f64;
        let scale = (exp(ln_most) - waiting) / mean;
        self.w.iter_mut().for_each(|w| *w *= scale);
        self.ln_e = ln_most;
    }

    /// The logarithm of the evidence: the mean capital plus the mass that has not entered yet.
    pub const fn ln_e(&self) -> f64 {
        self.ln_e
    }

    fn due(&self) -> f64 {
        let minutes = self.bet_for.as_min();
        0.5 + 0.5 * minutes / (minutes + ONSET_MIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::limit;
    use crate::evidence::panel::{Cap, SILENT};

    #[test]
    fn a_panel_that_has_not_bet_has_evidence_one() {
        assert!(Capital::new(Bettors::All).ln_e().abs() < 1e-15);
        assert!(Capital::new(Bettors::Fractions).ln_e().abs() < 1e-15);
    }

    #[test]
    fn silent_polls_leave_the_evidence_where_it_is() {
        let mut capital = Capital::new(Bettors::All);
        for _ in 0..1000 {
            capital.bet(&SILENT, Span::from_s(30));
        }
        assert!(capital.ln_e().abs() < 1e-9, "{}", capital.ln_e());
    }

    #[test]
    fn a_fault_after_twelve_clean_hours_is_found_within_three_minutes() {
        let (dt, cap) = (Span::from_s(15), Cap::for_targets(2));
        let mut capital = Capital::new(Bettors::All);
        for _ in 0..(12 * 60 * 4) {
            capital.bet(&limit::factors(0.4, 0.75, 1.0, dt, cap), dt);
        }
        let mut polls = 0;
        while capital.ln_e() < ln(9600.0) {
            capital.bet(&limit::factors(7.5, 0.75, 1.0, dt, cap), dt);
            polls += 1;
        }
        assert!(polls <= 12, "{polls} polls of 15 s");
    }

    #[test]
    fn an_endless_outage_overflows_to_no_nan() {
        let dt = Span::from_s(30);
        let mut capital = Capital::new(Bettors::All);
        for _ in 0..10_000 {
            capital.bet(&limit::factors(1e9, 0.75, 1.0, dt, Cap::for_targets(2)), dt);
        }
        assert!(capital.ln_e() > 300.0 && capital.ln_e().is_finite());
    }
}
