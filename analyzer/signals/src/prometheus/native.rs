//! Native histograms, read as rows of cumulative counts: those of the few edges that a limit needs.
//!
//! A native histogram has hundreds of edges, other ones at each resolution, and shows only the buckets that something is in.
//! A pod that has seen a wide range halves its resolution by itself. So the edges of a limit are those of its bucket at the
//! coarsest resolution that any pod of either arm has now (finer buckets lie inside coarser ones, and add up exactly). Slow
//! then means one thing everywhere; where it changes its meaning, the interval begins anew as with other classic edges.
//!
//! The resolution is found from the edges themselves. Where these are of no native schema (custom ones, as of a classic
//! histogram stored natively) the bracket is that of the bucket which is seen to hold the limit. While nothing was ever
//! counted there, the limit splits exactly.

use super::answer::{Matrix, NativeBucket};
use super::requests::note;
use super::sighting::{Row, Seen};
use crate::counting::family::{Fault, Labels, count};
use haldane_core::evidence::buckets::{native_bracket, native_schema};
use haldane_core::time::Timestamp;

/// How far, relatively, two printed edges may differ that are the same.
const ROUNDING: f64 = 1e-9;

/// How often a bracket is widened.
const MOST_WIDENINGS: usize = 4;

/// Edges that every native histogram of an answer is read by, in its own unit; ascending, ending in infinity.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Edges(Vec<f64>);

impl Edges {
    /// The edges around `limits`, in the unit of what is observed; none where no series is a native histogram.
    pub(crate) fn around<'a>(
        limits: &[f64],
        answers: impl Iterator<Item = &'a Matrix> + Clone,
    ) -> Option<Self> {
        let histograms = answers.flat_map(|matrix| &matrix.series).flat_map(|series| &series.histograms);
        histograms.clone().next()?;
        let buckets = histograms.flat_map(|(_, buckets)| buckets);
        let schema = coarsest(buckets.clone());
        let mut edges: Vec<f64> = limits
            .iter()
            .flat_map(|limit| {
                let bracket = schema.map_or((*limit, *limit), |schema| native_bracket(schema, *limit));
                let (lower, upper) = widened(bracket, buckets.clone());
                [lower, upper]
            })
            .chain([f64::INFINITY])
            .collect();
        edges.sort_by(f64::total_cmp);
        edges.dedup_by(|a, b| is_same(*a, *b));
        Some(Self(edges))
    }

    /// As edges are told, in milliseconds; `unit_ms` is what the histogram counts.
    pub(crate) fn in_ms(&self, unit_ms: f64) -> Vec<f64> {
        self.0.iter().map(|edge| edge * unit_ms).collect()
    }

    /// What lies at or below each edge.
    fn row(&self, buckets: &[NativeBucket], metric: &str) -> Result<Vec<f64>, Fault> {
        for bucket in buckets {
            count(bucket.count, metric)?;
            if self.0.iter().any(|edge| is_inside(*edge, bucket)) {
                let detail = "other bucket edges than the other histograms".to_owned();
                return Err(Fault::Histogram { detail });
            }
        }
        let below = |edge: f64| buckets.iter().filter(move |b| b.upper <= edge || is_same(b.upper, edge));
        Ok(self.0.iter().map(|edge| below(*edge).map(|b| b.count).sum()).collect())
    }

    /// Takes in one series.
    pub(super) fn take(
        &self,
        seen: &mut Seen,
        labels: Labels,
        histograms: Vec<(Timestamp, Vec<NativeBucket>)>,
        unit_ms: f64,
        metric: &str,
    ) {
        let mut rows: Vec<Row> = Vec::with_capacity(histograms.len());
        for (at, buckets) in histograms {
            match self.row(&buckets, metric) {
                Ok(row) => rows.push((at, row)),
                Err(fault) => note(&mut seen.faults, at, fault),
            }
        }
        let edges = self.in_ms(unit_ms);
        if let (Some(held), Some((newest, _))) = (&seen.edges, rows.last())
            && *held != edges
        {
            let detail = "series with different edges".to_owned();
            note(&mut seen.faults, *newest, Fault::Histogram { detail });
        }
        seen.edges.get_or_insert(edges);
        seen.push(labels, rows, metric);
    }
}

/// The coarsest schema; none where some bucket is of no schema, or none tells it.
fn coarsest<'a>(buckets: impl Iterator<Item = &'a NativeBucket>) -> Option<i8> {
    let mut coarsest = None;
    for bucket in buckets.filter(|b| b.lower > 0.0 && b.upper.is_finite()) {
        let schema = native_schema(bucket.lower, bucket.upper)?;
        coarsest = Some(coarsest.map_or(schema, |known: i8| known.min(schema)));
    }
    coarsest
}

/// The bracket until no bucket lies across its ends. Buckets of one schema need this once or not at all, those of custom
/// edges that differ rarely more often; what is left then is a fault of its histogram.
fn widened<'a>(bracket: (f64, f64), buckets: impl Iterator<Item = &'a NativeBucket> + Clone) -> (f64, f64) {
    let lower = |known: f64, found: f64| if is_same(known, found) { known } else { known.min(found) };
    let upper = |known: f64, found: f64| if is_same(known, found) { known } else { known.max(found) };
    let once = |(low, high): (f64, f64)| {
        let across = buckets.clone().filter(|bucket| is_inside(low, bucket) || is_inside(high, bucket));
        across.fold((low, high), |(low, high), b| (lower(low, b.lower), upper(high, b.upper)))
    };
    (0..MOST_WIDENINGS).fold(bracket, |bracket, _| once(bracket))
}

fn is_inside(value: f64, bucket: &NativeBucket) -> bool {
    let (above, below) = (bucket.lower < value, value < bucket.upper);
    above && below && !is_same(bucket.lower, value) && !is_same(bucket.upper, value)
}

fn is_same(a: f64, b: f64) -> bool {
    a == b || (a.is_finite() && b.is_finite() && (a - b).abs() <= a.abs().max(b.abs()) * ROUNDING)
}

#[cfg(test)]
#[path = "native_tests.rs"]
mod tests;
