//! How clustered bad events are: the Fano factor F of the primary's counts, and the dispersion φ taken from it.
//!
//! F = ½ · mean of squared successive differences / mean, because differences between neighbours ignore trends and
//! the time of day. φ = max(1, 1.25 F): with F alone the likelihood bettors' mean factor reaches 1.17 under a
//! negative binomial, with 1.25 F it is 1.008. One pass, constant state.

use crate::time::Span;
use serde::{Deserialize, Serialize};

/// How much the measured factor is enlarged to cover what is left unmeasured.
const SAFETY: f64 = 1.25;

/// The dispersion under which health has to be proved when nothing is known: a choice, on the cautious side.
const CAUTIOUS_PHI: f64 = 5.0;

/// Pairs of neighbours, and bad events in them, from which the factor seen so far says something.
const ENOUGH: f64 = 20.0;

/// Neighbours are compared only if their lengths agree within this share.
const SAME_LENGTH: f64 = 0.2;

/// A running estimate of the Fano factor from successive counts.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct Fano {
    last: Option<(f64, Span)>,
    half_squares: f64,
    means: f64,
    pairs: u32,
}

impl Fano {
    /// The next count, over an interval of `dt`.
    pub fn push(&mut self, count: f64, dt: Span) {
        if let Some((before, before_dt)) = self.last
            && (dt.as_s() - before_dt.as_s()).abs() <= SAME_LENGTH * dt.as_s()
        {
            let difference = count - before;
            self.half_squares += difference * difference / 2.0;
            self.means += (count + before) / 2.0;
            self.pairs += 1;
        }
        self.last = Some((count, dt));
    }

    /// A gap, or a change of the traffic's split: the next count has no neighbour.
    pub fn break_off(&mut self) {
        self.last = None;
    }

    /// The estimate; absent before any bad event has been seen in a pair of neighbours.
    pub fn factor(&self) -> Option<f64> {
        (self.pairs > 0 && self.means > 0.0).then(|| self.half_squares / self.means)
    }

    /// The estimate and two of its standard errors, where enough was seen for either.
    ///
    /// The squared relative error of a successive-difference variance is 3/n for n pairs of Gaussian counts (von Neumann
    /// 1941); clustered counts have heavier tails, for negative binomial ones an excess kurtosis of 6(F−1)/mean, which adds
    /// 6F over the number of events.
    fn upper(&self) -> Option<f64> {
        let pairs = f64::from(self.pairs);
        let factor = self.factor().filter(|_| pairs >= ENOUGH && self.means >= ENOUGH)?;
        Some(factor * (1.0 + 2.0 * (3.0 / pairs + 6.0 * factor / self.means).sqrt()))
    }
}

/// φ where the factor is known from history. No bad event in an hour leaves nothing to be clustered: φ = 1.
pub fn phi(fano: Option<f64>) -> f64 {
    (SAFETY * fano.unwrap_or(1.0)).max(1.0)
}

/// φ for proof where there is no history: an upper bound of what the primary showed so far. Before it has shown enough
/// for one, never less than 5.
pub fn cautious_phi(so_far: &Fano) -> f64 {
    match so_far.upper() {
        Some(upper) => phi(Some(upper)),
        None => phi(so_far.factor()).max(CAUTIOUS_PHI),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fano_of(counts: &[f64]) -> Option<f64> {
        let mut fano = Fano::default();
        counts.iter().for_each(|c| fano.push(*c, Span::from_s(30)));
        fano.factor()
    }

    #[test]
    fn isolated_bursts_of_six_have_factor_six() {
        let counts: Vec<f64> = (0..120).map(|i| if i % 10 == 5 { 6.0 } else { 0.0 }).collect();
        assert_eq!(fano_of(&counts), Some(6.0));
    }

    #[test]
    fn a_trend_is_not_dispersion() {
        let counts: Vec<f64> = (0..120).map(|i| f64::from(i) * 10.0).collect();
        assert!(fano_of(&counts).unwrap() < 0.1);
    }

    #[test]
    fn no_bad_event_leaves_no_estimate_and_the_smallest_phi() {
        assert_eq!(fano_of(&[0.0; 50]), None);
        assert_eq!(phi(None), SAFETY);
        assert_eq!(cautious_phi(&Fano::default()), CAUTIOUS_PHI);
    }

    #[test]
    fn caution_gives_way_to_what_the_primary_shows() {
        let mut fano = Fano::default();
        let counts = [6.0, 8.0, 7.0, 9.0, 5.0, 7.0, 6.0, 8.0, 10.0, 7.0];
        let phis: Vec<f64> = (0..60)
            .map(|i| {
                fano.push(counts[i % 10], Span::from_s(15));
                cautious_phi(&fano)
            })
            .collect();
        assert_eq!(phis[10], CAUTIOUS_PHI);
        assert!(phis[59] < 2.0, "{}", phis[59]);
    }

    #[test]
    fn intervals_of_other_lengths_are_no_neighbours() {
        let mut fano = Fano::default();
        fano.push(0.0, Span::from_s(30));
        fano.push(100.0, Span::from_s(300));
        assert_eq!(fano.factor(), None);
    }
}
