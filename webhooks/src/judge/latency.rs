//! Durations, reduced to counts: how many events were slower than the limit.
//!
//! Where the limit is no edge, the edges around it say at least and at most how many: what speaks against the canary is
//! the one, what has to be allowed for in a proof is the other.

use super::native;
use super::signal::{LatencyArm, LatencyBucket};
use super::unusable::unusable;
use haldane_core::recorded::Unusable;
use haldane_core::recorded::counts::ArmCounts;

/// An edge is the limit if they differ by less than what writing seconds for milliseconds rounds off.
const SAME: f64 = 1e-9;

/// One arm at `place`.
pub(super) fn arm(arm: LatencyArm, limit_ms: Option<f64>, place: &str) -> Result<ArmCounts, Unusable> {
    let classic = match arm.native {
        Some(native) if arm.buckets.is_none() => Some(native::classic(native, place)?),
        Some(_) => return Err(unusable(place, "write either buckets, or native, or slow and total")),
        None => arm.buckets,
    };
    match (classic, arm.slow, arm.total) {
        (Some(buckets), None, None) => {
            let limit_ms = limit_ms.ok_or_else(|| {
                let signal = place.rsplit_once('.').map_or(place, |(signal, _)| signal);
                unusable(&format!("{signal}.limitMs"), "buckets need it: what takes longer is slow")
            })?;
            slower(&buckets, limit_ms / 1000.0, place)
        }
        (None, Some(slow), Some(total)) => {
            Ok(ArmCounts { bad_at_most: slow.clone(), bad: slow, exposure: total })
        }
        (None, None | Some(_), None | Some(_)) | (Some(_), None | Some(_), None | Some(_)) => {
            Err(unusable(place, "write either buckets, or native, or slow and total"))
        }
    }
}

fn slower(buckets: &[LatencyBucket], limit_s: f64, place: &str) -> Result<ArmCounts, Unusable> {
    check(buckets, place)?;
    // Checked: there is a last bucket, and it has no edge above.
    let all = buckets.last().map(|b| b.count.as_slice()).unwrap_or_default();
    let at_limit = |b: &LatencyBucket| (b.le.0 - limit_s).abs() <= SAME * limit_s;
    let upper = buckets.iter().find(|b| at_limit(b) || b.le.0 > limit_s);
    let lower = buckets.iter().rev().find(|b| at_limit(b) || b.le.0 < limit_s);
    let above = |edge: Option<&LatencyBucket>| {
        let below = |poll: usize| edge.and_then(|b| b.count.get(poll)).copied().unwrap_or(0.0);
        all.iter().enumerate().map(|(poll, total)| total - below(poll)).collect::<Vec<f64>>()
    };
    Ok(ArmCounts { bad: above(upper), bad_at_most: above(lower), exposure: all.to_vec() })
}

fn check(buckets: &[LatencyBucket], place: &str) -> Result<(), Unusable> {
    let at = |i: usize| format!("{place}.buckets[{i}]");
    let Some(last) = buckets.last().filter(|last| last.le.0 == f64::INFINITY) else {
        let problem = "the last bucket's le is \"+Inf\": without it nobody knows how many events there were";
        return Err(unusable(&format!("{place}.buckets"), problem));
    };
    for (i, bucket) in buckets.iter().enumerate() {
        let before = i.checked_sub(1).and_then(|b| buckets.get(b));
        if bucket.le.0 <= before.map_or(0.0, |b| b.le.0) {
            let problem = "edges are in seconds, above 0 and ascending";
            return Err(unusable(&format!("{}.le", at(i)), problem));
        }
        if bucket.count.len() != last.count.len() {
            let (here, polls) = (bucket.count.len(), last.count.len());
            let problem = format!("{here} values where +Inf has {polls}; write one for each poll");
            return Err(unusable(&format!("{}.count", at(i)), &problem));
        }
        for (poll, count) in bucket.count.iter().enumerate() {
            let least = before.and_then(|b| b.count.get(poll)).copied().unwrap_or(0.0);
            if *count < 0.0 {
                let problem =
                    format!("{count} is no count; write what was added since the poll before, 0 or more");
                return Err(unusable(&format!("{}.count[{poll}]", at(i)), &problem));
            }
            if *count < least {
                let problem = format!(
                    "{count} is less than the {least} of the bucket before; buckets are cumulative, as Prometheus has them"
                );
                return Err(unusable(&format!("{}.count[{poll}]", at(i)), &problem));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::signal::Edge;
    use super::*;

    fn arm_of(edges: &[(f64, f64)], limit_ms: f64) -> Result<ArmCounts, Unusable> {
        let buckets =
            edges.iter().map(|(le, count)| LatencyBucket { le: Edge(*le), count: vec![*count] }).collect();
        let given = LatencyArm { buckets: Some(buckets), native: None, slow: None, total: None };
        arm(given, Some(limit_ms), "signals[0].canary")
    }

    #[test]
    fn what_is_slower_than_an_edge_is_counted_exactly() {
        let arm = arm_of(&[(0.1, 90.0), (0.2, 97.0), (f64::INFINITY, 100.0)], 200.0).unwrap();
        assert_eq!((arm.bad, arm.bad_at_most, arm.exposure), (vec![3.0], vec![3.0], vec![100.0]));
    }

    #[test]
    fn a_limit_between_two_edges_is_counted_from_both() {
        let arm = arm_of(&[(0.1, 90.0), (0.25, 97.0), (f64::INFINITY, 100.0)], 200.0).unwrap();
        assert_eq!((arm.bad, arm.bad_at_most), (vec![3.0], vec![10.0]));
        let beyond = arm_of(&[(0.1, 90.0), (f64::INFINITY, 100.0)], 200.0).unwrap();
        assert_eq!((beyond.bad, beyond.bad_at_most), (vec![0.0], vec![10.0]));
        let below = arm_of(&[(0.5, 90.0), (f64::INFINITY, 100.0)], 200.0).unwrap();
        assert_eq!((below.bad, below.bad_at_most), (vec![10.0], vec![100.0]));
    }

    #[test]
    fn what_is_no_histogram_is_refused_at_its_place() {
        let place = |edges: &[(f64, f64)]| arm_of(edges, 200.0).unwrap_err().place;
        assert_eq!(place(&[(0.1, 1.0)]), "signals[0].canary.buckets");
        assert_eq!(place(&[(0.2, 1.0), (0.1, 1.0), (f64::INFINITY, 1.0)]), "signals[0].canary.buckets[1].le");
        assert_eq!(place(&[(0.1, 2.0), (f64::INFINITY, 1.0)]), "signals[0].canary.buckets[1].count[0]");
        assert_eq!(place(&[(0.1, -2.0), (f64::INFINITY, 1.0)]), "signals[0].canary.buckets[0].count[0]");
    }
}
