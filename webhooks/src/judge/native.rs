//! A native histogram, written as the classic one that says the same.
//!
//! Every bucket brings its upper edge and, where its neighbour is empty, its lower one; so a limit in a gap is exact, and one
//! inside a bucket is bracketed by that bucket alone.

use super::signal::{Edge, LatencyBucket, NativeHistogram};
use super::unusable::unusable;
use haldane_core::evidence::buckets::{SCHEMAS, native_edge};
use haldane_core::recorded::Unusable;

pub(super) fn classic(native: NativeHistogram, place: &str) -> Result<Vec<LatencyBucket>, Unusable> {
    let NativeHistogram { schema, zero, buckets } = native;
    if !SCHEMAS.contains(&schema) {
        let problem = format!("{schema} is no schema of powers of two; they go from -4 to 8");
        return Err(unusable(&format!("{place}.native.schema"), &problem));
    }
    let polls = buckets.first().map_or(0, |b| b.count.len());
    let mut below = zero.unwrap_or_else(|| vec![0.0; polls]);
    if below.len() != polls {
        let problem =
            format!("{} values where the buckets have {polls}; write one for each poll", below.len());
        return Err(unusable(&format!("{place}.native.zero"), &problem));
    }
    let (mut cumulative, mut last): (Vec<LatencyBucket>, Option<i32>) = (Vec::new(), None);
    for (i, bucket) in buckets.into_iter().enumerate() {
        let at = format!("{place}.native.buckets[{i}]");
        if last.is_some_and(|last| bucket.index <= last) {
            return Err(unusable(&format!("{at}.index"), "write the buckets in ascending order, each once"));
        }
        if bucket.count.len() != polls {
            let problem =
                format!("{} values where the first has {polls}; write one for each poll", bucket.count.len());
            return Err(unusable(&format!("{at}.count"), &problem));
        }
        if last.is_none_or(|last| i64::from(bucket.index) - 1 > i64::from(last)) {
            let lower = bucket.index.saturating_sub(1);
            cumulative.push(LatencyBucket { le: edge(schema, lower, &at)?, count: below.clone() });
        }
        below.iter_mut().zip(&bucket.count).for_each(|(sum, count)| *sum += count);
        cumulative.push(LatencyBucket { le: edge(schema, bucket.index, &at)?, count: below.clone() });
        last = Some(bucket.index);
    }
    cumulative.push(LatencyBucket { le: Edge(f64::INFINITY), count: below });
    Ok(cumulative)
}

fn edge(schema: i8, index: i32, place: &str) -> Result<Edge, Unusable> {
    let edge = native_edge(schema, index);
    let holds = edge > 0.0 && edge.is_finite();
    let refused = || {
        unusable(
            &format!("{place}.index"),
            &format!("bucket {index} of schema {schema} has no edge in seconds"),
        )
    };
    holds.then_some(Edge(edge)).ok_or_else(refused)
}

#[cfg(test)]
mod tests {
    use super::super::latency::arm;
    use super::super::signal::{LatencyArm, NativeBucket};
    use super::*;

    fn slow(schema: i8, buckets: &[(i32, f64)], limit_ms: f64) -> Result<(f64, f64), Unusable> {
        let buckets =
            buckets.iter().map(|(index, n)| NativeBucket { index: *index, count: vec![*n] }).collect();
        let native = Some(NativeHistogram { schema, zero: Some(vec![1.0]), buckets });
        let given = LatencyArm { buckets: None, native, slow: None, total: None };
        arm(given, Some(limit_ms), "signals[0].canary").map(|a| (a.bad[0], a.bad_at_most[0]))
    }

    #[test]
    fn a_limit_inside_a_bucket_is_bracketed_by_that_bucket_alone() {
        // Schema 0: bucket -2 is (125, 250] ms, bucket -1 is (250, 500] ms.
        assert_eq!(slow(0, &[(-3, 90.0), (-2, 6.0), (-1, 3.0)], 200.0).unwrap(), (3.0, 9.0));
    }

    #[test]
    fn a_limit_at_an_edge_or_in_a_gap_is_exact() {
        assert_eq!(slow(0, &[(-3, 90.0), (-2, 6.0), (-1, 3.0)], 250.0).unwrap(), (3.0, 3.0));
        assert_eq!(slow(0, &[(-3, 90.0), (1, 3.0)], 200.0).unwrap(), (3.0, 3.0));
    }

    #[test]
    fn what_is_no_native_histogram_is_refused_at_its_place() {
        let place = |schema, buckets: &[(i32, f64)]| slow(schema, buckets, 200.0).unwrap_err().place;
        assert_eq!(place(9, &[(0, 1.0)]), "signals[0].canary.native.schema");
        assert_eq!(place(3, &[(1, 1.0), (1, 1.0)]), "signals[0].canary.native.buckets[1].index");
        assert_eq!(place(-4, &[(i32::MAX, 1.0)]), "signals[0].canary.native.buckets[0].index");
    }
}
