//! What rows native histograms become.

use super::*;
use crate::prometheus::Series;
use haldane_core::evidence::buckets::native_edge;

fn bucket(lower: f64, upper: f64, count: f64) -> NativeBucket {
    NativeBucket { lower, upper, count }
}

/// The bucket of a schema that holds `value`.
fn of(schema: i8, value: f64, count: f64) -> NativeBucket {
    let (lower, upper) = native_bracket(schema, value);
    bucket(lower, upper, count)
}

fn matrix(histograms: &[&[NativeBucket]]) -> Matrix {
    let at = |i: i64| Timestamp::from_s(15 * i);
    let histograms = (0..).zip(histograms).map(|(i, buckets)| (at(i), buckets.to_vec())).collect();
    let labels = Labels::from([("instance".to_owned(), "a".to_owned())]);
    Matrix { series: vec![Series { labels, histograms, ..Series::default() }] }
}

fn edges(limit: f64, matrices: &[Matrix]) -> Edges {
    Edges::around(&[limit], matrices.iter()).unwrap()
}

fn row(edges: &Edges, buckets: &[NativeBucket]) -> Vec<f64> {
    edges.row(buckets, "h").unwrap()
}

#[test]
fn a_limit_between_two_edges_is_bracketed_by_those_of_its_bucket_whether_anything_is_in_it_or_not() {
    let fast = of(3, 0.05, 7.0);
    let one = edges(0.2, &[matrix(&[&[fast]])]);
    let (below, above) = native_bracket(3, 0.2);
    assert_eq!(one.in_ms(1e3), [below * 1e3, above * 1e3, f64::INFINITY]);
    let more = [fast, of(3, 0.2, 2.0), of(3, 0.21, 1.0), of(3, 3.0, 4.0)];
    assert_eq!(edges(0.2, &[matrix(&[&more])]), one);
    assert_eq!(row(&one, &more), [7.0, 10.0, 14.0]);
    assert_eq!(row(&one, &[]), [0.0, 0.0, 0.0]);
}

#[test]
fn a_limit_that_is_an_edge_splits_exactly() {
    let exact = edges(0.25, &[matrix(&[&[of(3, 0.24, 5.0), of(3, 0.26, 1.0)]])]);
    assert_eq!(exact.in_ms(1e3), [250.0, f64::INFINITY]);
    assert_eq!(row(&exact, &[of(3, 0.24, 5.0), of(3, 0.26, 1.0)]), [5.0, 6.0]);
}

#[test]
fn the_coarsest_resolution_of_any_pod_is_every_pod_s_and_its_finer_buckets_add_up() {
    let (fine, coarse) = (matrix(&[&[of(5, 0.2, 3.0)]]), matrix(&[&[of(1, 3.0, 1.0)]]));
    let edges = edges(0.2, &[fine, coarse]);
    let (below, above) = native_bracket(1, 0.2);
    assert_eq!(edges, Edges(vec![below, above, f64::INFINITY]));
    let finer: Vec<NativeBucket> =
        (-150..0).map(|i| bucket(native_edge(5, i - 1), native_edge(5, i), 1.0)).collect();
    let inside =
        finer.iter().filter(|b| b.lower >= below * 0.999_999 && b.upper <= above * 1.000_001).count();
    let counted = row(&edges, &finer);
    assert_eq!((inside, counted[1] - counted[0]), (16, 16.0));
    assert_eq!(counted[2], 150.0);
}

#[test]
fn custom_edges_bracket_a_limit_once_something_is_in_its_bucket() {
    let before = matrix(&[&[bucket(f64::NEG_INFINITY, 0.1, 4.0), bucket(0.5, f64::INFINITY, 1.0)]]);
    let exact = edges(0.3, std::slice::from_ref(&before));
    assert_eq!(
        (exact.in_ms(1.0), row(&exact, &before.series[0].histograms[0].1)),
        (vec![0.3, f64::INFINITY], vec![4.0, 5.0])
    );
    let holds = bucket(0.1, 0.5, 2.0);
    let held = edges(0.3, &[before, matrix(&[&[holds]])]);
    assert_eq!((held.in_ms(1.0), row(&held, &[holds])), (vec![0.1, 0.5, f64::INFINITY], vec![0.0, 2.0, 2.0]));
}

#[test]
fn buckets_across_the_ends_of_a_bracket_widen_it() {
    let pods = [matrix(&[&[bucket(0.1, 0.5, 2.0)]]), matrix(&[&[bucket(0.4, 0.7, 1.0)]])];
    assert_eq!(edges(0.3, &pods), Edges(vec![0.1, 0.7, f64::INFINITY]));
    let first = bucket(f64::NEG_INFINITY, 0.5, 2.0);
    assert_eq!(row(&edges(0.3, &[matrix(&[&[first]])]), &[first]), [0.0, 2.0, 2.0]);
    let last = bucket(0.2, f64::INFINITY, 2.0);
    assert_eq!(row(&edges(0.3, &[matrix(&[&[last]])]), &[last]), [0.0, 2.0]);
}

#[test]
fn a_bucket_that_is_no_count_is_a_fault_of_its_instant_and_zero_and_below_are_fast() {
    let sound = [bucket(-1e-9, 1e-9, 3.0), bucket(-0.2, -0.1, 1.0), of(3, 0.05, 1.0)];
    let broken = [of(3, 0.05, f64::NAN)];
    let both = matrix(&[&sound, &broken]);
    let edges = edges(0.2, std::slice::from_ref(&both));
    let mut seen = Seen::default();
    let Series { labels, histograms, .. } = both.series[0].clone();
    edges.take(&mut seen, labels, histograms, 1e3, "h");
    assert_eq!(seen.series.values().next().unwrap(), &[(Timestamp::from_s(0), vec![5.0, 5.0, 5.0])]);
    assert_eq!(seen.faults.keys().collect::<Vec<_>>(), [&Timestamp::from_s(15)]);
}
