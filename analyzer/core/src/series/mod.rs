//! Short recorded series without counts: has the canary's level, spread, tail or trend become worse than the control's?

use crate::recorded::{CaseVerdict, Unusable};

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
/// # Errors
/// Names the place of a value that cannot be judged.
pub fn judge(_metrics: &[Metric]) -> Result<CaseVerdict, Unusable> {
    Err(Unusable { place: String::new(), problem: String::new() })
}
