//! Who writes: the servers that say of themselves that they are no copy.

use super::fresh::{Subject, fresh, somebody};
use crate::further::by_pod::by_pod;
use crate::prometheus::Matrix;
use haldane_core::guard::Seen;
use haldane_core::increment::Missing;

/// What a series' value means.
#[derive(Clone, Copy, Debug)]
pub(super) enum Says {
    /// 1 for a copy, 0 for who writes: the exporters' own word.
    IsCopy,
    /// Anything but 0 for who writes: a query of the author's.
    Writes,
}

/// Their names, without those that do not write; silence is no answer, nobody is one.
pub(super) fn seen(matrix: Matrix, says: Says, subject: Subject<'_>) -> Result<Seen, Missing> {
    let all = fresh(by_pod(matrix), subject)?;
    let mut names = std::collections::BTreeSet::new();
    for one in &all {
        let writes = match says {
            Says::IsCopy if one.value != 0.0 && one.value != 1.0 => {
                return Err(subject.odd(&format!("{}, which is neither a copy (1) nor none (0)", one.value)));
            }
            Says::IsCopy => one.value == 0.0,
            Says::Writes => one.value != 0.0,
        };
        if writes {
            names.insert(somebody(&one.labels));
        }
    }
    Ok(Seen::Names { names })
}
