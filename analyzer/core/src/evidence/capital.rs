//! Capital against "this canary is healthy": a running product of bets, with late onset.
//!
//! Half is staked at once. The other half enters hyperbolically, by minute h a share h/(h + 60) of it, as new
//! bettors who have not seen the clean past: a fault at hour three is then found as fast as one at minute three.
//! A convex combination of e-processes begun at different times is an e-process. Capital never resets during a
//! rollout: evidence that has been paid for is kept.

use super::panel::{BETTORS, Bettors, Factors};
use crate::math::{exp, ln, ln_add_exp, ln_sum_exp};
use crate::time::Span;
use serde::{Deserialize, Serialize};

/// Minutes after which half of the late half has entered.
const ONSET_MIN: f64 = 60.0;

/// The capital of one panel: 15 logarithms, the time it has bet for, and the mass that has entered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Capital {
    ln_w: [f64; BETTORS],
    bettors: Bettors,
    entered: f64,
    bet_for: Span,
    begun: bool,
}

impl Capital {
    /// A panel that has not bet yet. Its evidence is 1 (`ln_e` is 0).
    pub fn new(bettors: Bettors) -> Self {
        Self {
            ln_w: [ln(0.5); BETTORS],
            bettors,
            entered: 0.5,
            bet_for: Span::ZERO,
            begun: false,
        }
    }

    /// One poll: the late mass that is due enters, then every bettor is paid its factor.
    pub fn bet(&mut self, ln_factors: &Factors, dt: Span) {
        let due = if self.begun { self.due() } else { self.entered };
        let entering = due - self.entered;
        for (ln_w, ln_factor) in self.active_mut().iter_mut().zip(ln_factors) {
            let staked = if entering > 0.0 {
                ln_add_exp(*ln_w, ln(entering))
            } else {
                *ln_w
            };
            *ln_w = staked + ln_factor;
        }
        self.entered = due;
        self.begun = true;
        self.bet_for = self.bet_for + dt;
    }

    /// Forgets evidence beyond `ln_most`, for a question about the present instead of a promise about the past.
    ///
    /// All bettors are scaled alike; scaling capital down keeps it an e-process.
    pub fn truncate(&mut self, ln_most: f64) {
        let above = self.ln_e() - ln_most;
        if above > 0.0 {
            self.active_mut().iter_mut().for_each(|w| *w -= above);
        }
    }

    /// The logarithm of the evidence: the mean capital plus the mass that has not entered yet.
    pub fn ln_e(&self) -> f64 {
        let active = &self.ln_w[..self.bettors.count()];
        let ln_mean = ln_sum_exp(active.iter().copied()) - ln(active.len() as f64);
        ln_add_exp(ln_mean, ln(1.0 - self.entered))
    }

    /// The evidence itself; may overflow to infinity, which still compares rightly.
    pub fn e(&self) -> f64 {
        exp(self.ln_e())
    }

    fn due(&self) -> f64 {
        let minutes = self.bet_for.as_min();
        0.5 + 0.5 * minutes / (minutes + ONSET_MIN)
    }

    fn active_mut(&mut self) -> &mut [f64] {
        &mut self.ln_w[..self.bettors.count()]
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
        while capital.e() < 9600.0 {
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
        assert!(capital.ln_e() > 1000.0 && capital.ln_e().is_finite());
    }
}
