//! Short recorded series without counts: has the canary's level, spread, tail or trend become worse than the control's?
//!
//! One claim carries everything: while the canary is healthy, the two sides are *exchangeable* at every instant, whatever
//! the law of the noise and whatever shocks they share. So whatever is built from a difference of the two sides is symmetric
//! about zero, and a sum of symmetric terms in units of the root of its own sum of squares (`symmetric`) is no more extreme than
//! for normal noise, for heavy tails least of all. Level, spread and joint evidence are such sums; only the late part
//! (`trend`) and single extreme points (`tail`) need more, and say what.
//!
//! Differences are taken between logarithms where every value is positive, so that they are relative; else between values,
//! relative to the control's typical one. A case spends [`ALPHA`] on all its metrics and tests together. Each test also
//! has a margin below which a difference, however certain, does not matter. A series is judged once, as a whole:
//! never feed these verdicts to something that looks again and again.

mod chance;
mod check;
mod joint;
mod level;
mod metric;
mod pair;
mod placebo;
mod robust;
mod say;
mod spread;
mod symmetric;
mod tail;
mod trend;

pub use check::{MOST_METRICS, MOST_POINTS};
pub use joint::{JOINT_FLOOR, JOINT_MARGIN};
pub use level::{LEVEL_FLOOR, LEVEL_MARGIN, MARGIN_ALPHA};
pub use metric::{FEWEST_POINTS, MEMORY};
pub use placebo::FEWEST_WINDOWS;
pub use spread::{SPREAD_FLOOR, SPREAD_MARGIN, SPREAD_RATIO};
pub use tail::{EXTREME, FEWEST_EXTREMES, TAIL_FLOOR};

use crate::recorded::{CaseVerdict, Finding, Unusable};
use metric::Judged;

/// The chance that a healthy case is called breached, over all its metrics and tests.
pub const ALPHA: f64 = 0.01;

/// What share of [`ALPHA`] each test may spend: level, trend, spread, tail, joint. They sum to 1.
pub const SHARES: [f64; 5] = [0.3, 0.2, 0.15, 0.1, 0.25];

/// Which way is worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// More is worse.
    Increase,
    /// Less is worse.
    Decrease,
    /// Either is.
    Either,
}

impl Direction {
    /// The signs that turn a difference into "worse is positive".
    const fn signs(self) -> &'static [f64] {
        match self {
            Self::Increase => &[1.0],
            Self::Decrease => &[-1.0],
            Self::Either => &[1.0, -1.0],
        }
    }
}

/// One recorded metric of both sides, sampled at the same instants.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// Its name in the case.
    pub name: String,
    /// Which way is worse.
    pub direction: Direction,
    /// The old version.
    pub control: Vec<f64>,
    /// The canary.
    pub experiment: Vec<f64>,
    /// The old version before; may be empty.
    pub history: Vec<f64>,
}

/// Judges one case.
///
/// Breached if a metric or the joint test is; else inconclusive if a metric is; else healthy.
///
/// # Errors
/// Names the place of a value that cannot be judged, and what to write instead.
pub fn judge(metrics: &[Metric]) -> Result<CaseVerdict, Unusable> {
    check::usable(metrics)?;
    let mut judged: Vec<Judged> = metrics.iter().map(|m| metric::judge(m, metrics.len())).collect();
    joint::judge(&mut judged);
    let signals: Vec<_> = judged.into_iter().map(|j| j.verdict).collect();
    let verdict = signals.iter().map(|s| s.verdict).max().unwrap_or(Finding::Inconclusive);
    Ok(CaseVerdict { verdict, breached_at: None, signals })
}
