//! Is the region up: the share of what is looked at that does not answer.
//!
//! A probe that fails is 0, one that succeeds is 1; a share between them (an average of the author's) is as far down as it
//! says.

use super::fresh::{Subject, fresh, place};
use crate::prometheus::Matrix;
use haldane_core::guard::Seen;
use haldane_core::increment::Missing;

/// The share that is down, and the first that is.
pub(super) fn seen(matrix: Matrix, subject: Subject<'_>) -> Result<Seen, Missing> {
    let all = fresh(matrix, subject)?;
    let mut down = Vec::new();
    let mut missing = 0.0;
    for one in &all {
        if one.value < 0.0 {
            return Err(subject.odd(&format!("{}, which is neither up (1) nor down (0)", one.value)));
        }
        if one.value < 1.0 {
            missing += 1.0 - one.value;
            down.push(place(&one.labels));
        }
    }
    down.sort();
    let more = down.len().saturating_sub(1);
    let first = down.into_iter().next().flatten();
    let what = first.map(|first| if more > 0 { format!("{first} and {more} more") } else { first });
    Ok(Seen::Level { level: missing / all.len() as f64, what })
}
