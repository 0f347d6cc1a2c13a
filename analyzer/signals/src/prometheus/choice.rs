//! Classic buckets or the native histogram beside them: which of the two a poll reads.
//!
//! Classic ones have the edges that somebody chose, so a limit is more often one of them; they are asked for first. Where
//! they are not there, or no longer, the native histogram of the same name is asked for in a second round: only those who
//! have one pay for it. Both arms are read from the same kind, because edges of two kinds mean two things.

use super::answer::Matrix;
use super::judge::Family;
use super::selector::Selector;
use haldane_core::increment::{Arm, Missing};
use haldane_core::time::{Span, Timestamp};
use std::collections::BTreeMap;

/// What is asked.
pub(super) type Asked = BTreeMap<(Family, Arm), Selector>;

/// What was found.
pub(super) type Found = BTreeMap<(Family, Arm), Result<Matrix, Missing>>;

/// The age at which classic buckets are no longer written: two scrapes of a minute.
const OLD: Span = Span::from_min(2);

/// What to ask beside classic buckets that nobody writes (any more); none where there are some, or an answer failed.
pub(super) fn native_instead(found: &Found, asked: &Asked, at: Timestamp) -> Option<Asked> {
    let durations = || found.iter().filter(|((family, _), _)| *family == Family::Durations);
    let has_fresh = |answer: &Result<Matrix, Missing>| {
        answer.as_ref().map_or(true, |matrix| newest_of(matrix).is_some_and(|newest| at - newest < OLD))
    };
    if durations().next().is_none() || durations().any(|(_, answer)| has_fresh(answer)) {
        return None;
    }
    let native = durations().map(|(key, _)| Some((*key, asked.get(key)?.native()?)));
    native.collect()
}

/// Takes the native histograms of all arms where they are newer than the buckets of all arms.
pub(super) fn newest(found: &mut Found, native: Found) {
    let newest = |found: &Found| {
        let durations = found.iter().filter(|((family, _), _)| *family == Family::Durations);
        durations.filter_map(|(_, answer)| newest_of(answer.as_ref().ok()?)).max()
    };
    let is_native = native.values().filter_map(|answer| answer.as_ref().ok()).any(has_histograms);
    if is_native && newest(&native) > newest(found) {
        found.extend(native);
    }
}

fn has_histograms(matrix: &Matrix) -> bool {
    matrix.series.iter().any(|series| !series.histograms.is_empty())
}

fn newest_of(matrix: &Matrix) -> Option<Timestamp> {
    let ends = |at: &crate::prometheus::Series| {
        let samples = at.samples.last().map(|(at, _)| *at);
        samples.max(at.histograms.last().map(|(at, _)| *at))
    };
    matrix.series.iter().filter_map(ends).max()
}
