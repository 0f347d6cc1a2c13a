//! The past as a yardstick: the same statistics on pairs of windows of the old version, where nothing was released.
//!
//! Where neighbours are so alike that thirty points cannot be told from a drift, no formula knows how far two healthy windows
//! lie apart; the history does. Each placebo is a window held against the one that begins two lengths later, so the two are
//! nearly independent, as the two sides are at worst. A statistic is then a Student variable in units of the placebos' root mean square,
//! with about as many degrees as the history has windows.

use super::pair::Pair;
use super::robust::mean;
use super::{chance, level, spread, trend};

/// A history shorter than this many windows calibrates nothing.
pub const FEWEST_WINDOWS: usize = 10;

/// More placebos than this tell nothing more.
const MOST_PLACEBOS: usize = 200;

/// How far the statistics wander in the past.
#[derive(Clone, Debug)]
pub(super) struct Past {
    level: f64,
    late: f64,
    spread: f64,
    placebos: usize,
    freedom: f64,
}

impl Past {
    /// The chance of a mean level as high.
    pub(super) fn level(&self, size: f64) -> f64 {
        self.chance(size, self.level)
    }

    /// The chance of a late part as high.
    pub(super) fn late(&self, size: f64) -> f64 {
        self.chance(size, self.late)
    }

    /// The chance of a mean difference of squared ranks as high.
    pub(super) fn spread(&self, size: f64) -> f64 {
        self.chance(size, self.spread)
    }

    /// What the history was used for, for the reason.
    pub(super) fn used(&self) -> String {
        format!(
            "compared with {} placebo windows of the history, because neighbours are alike",
            self.placebos
        )
    }

    fn chance(&self, size: f64, usual: f64) -> f64 {
        let t = if usual > 0.0 { size / usual } else { 1e6 * size.signum() };
        chance::above_student(t.clamp(-1e6, 1e6), self.freedom)
    }
}

/// What is missing, for the reason.
pub(super) fn lacking(n: usize, history: usize) -> String {
    format!("the history has {history} of the {} points that would tell", FEWEST_WINDOWS * n)
}

/// The past of a pair; None where the history is too short.
pub(super) fn past(pair: &Pair) -> Option<Past> {
    let (n, history) = (pair.len(), &pair.history);
    if history.len() < FEWEST_WINDOWS * n {
        return None;
    }
    let starts = history.len() - 3 * n + 1;
    let stride = starts.div_ceil(MOST_PLACEBOS).max(n.div_ceil(4));
    let mut squares = [0.0; 3];
    let mut placebos = 0;
    for start in (0..starts).step_by(stride) {
        let (control, canary) = (&history[start..start + n], &history[start + 2 * n..start + 3 * n]);
        let apart: Vec<f64> = control.iter().zip(canary).map(|(c, e)| e - c).collect();
        let said = [mean(&level::terms(&apart, 0.0)), trend::late(&apart), spread::placebo(control, canary)];
        squares.iter_mut().zip(said).for_each(|(sum, s)| *sum += s * s);
        placebos += 1_u32;
    }
    let [level, late, spread] = squares.map(|sum| (sum / f64::from(placebos)).sqrt());
    let freedom = (history.len() / n - 2) as f64;
    Some(Past { level, late, spread, placebos: placebos as usize, freedom })
}
