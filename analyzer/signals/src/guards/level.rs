//! A number of the place: the worst of all that are given.

use super::fresh::{One, Subject, fresh, place};
use crate::further::by_pod::by_pod;
use crate::prometheus::Matrix;
use haldane_core::guard::Seen;
use haldane_core::increment::Missing;

/// The highest.
pub(super) fn seen(matrix: Matrix, subject: Subject<'_>) -> Result<Seen, Missing> {
    let all = fresh(by_pod(matrix), subject)?;
    worst(&all, subject, |one| one.value)
}

/// The one that is highest as `level` reads it; of several the first by name, so that every poll tells the same.
pub(super) fn worst(all: &[One], subject: Subject<'_>, level: impl Fn(&One) -> f64) -> Result<Seen, Missing> {
    let told = all.iter().map(|one| (level(one), place(&one.labels)));
    let worst = told.max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(&a.1)));
    let (level, what) = worst.ok_or_else(|| subject.absent())?;
    Ok(Seen::Level { level, what })
}
