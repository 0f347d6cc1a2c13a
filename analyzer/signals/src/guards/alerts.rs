//! Which alerts fire. A source where none does has no series of any, so silence is an answer here, and here alone: the query
//! itself was answered, whole and without a warning, or there would be no matrix to read.

use super::fresh::{Subject, fresh_or_none, place};
use crate::prometheus::Matrix;
use crate::reason::one_line;
use haldane_core::guard::Seen;
use haldane_core::increment::Missing;

/// The names of those that fire; those that are 0 do not.
pub(super) fn seen(matrix: Matrix, subject: Subject<'_>) -> Result<Seen, Missing> {
    let all = fresh_or_none(matrix, subject)?;
    let firing = all.iter().filter(|one| one.value != 0.0);
    let name = |labels: &crate::counting::family::Labels| {
        let name = labels.get("alertname").map(|name| one_line(name)).filter(|name| !name.is_empty());
        name.or_else(|| place(labels)).unwrap_or_else(|| "(without a name)".to_owned())
    };
    Ok(Seen::Names { names: firing.map(|one| name(&one.labels)).collect() })
}
