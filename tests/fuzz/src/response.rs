//! The reader of a Prometheus' answers: what it takes is ordered, bounded and the same when it is read again.

use crate::pieces::is_plain;
use haldane_core::time::Timestamp;
use haldane_signals::prometheus::{Matrix, NativeBucket, ResponseFault, Series, read_matrix, read_time};
use std::collections::BTreeMap;

/// Fewer than any real bound, so that small inputs reach it.
const MOST_SERIES: usize = 8;

/// Seconds since the epoch beyond which nothing is an instant.
const END_S: i64 = 100_000_000_000;

/// The longest text in a fault: a reason's 120 characters, and the words around a quotation.
const LONGEST: usize = 200;

/// Feeds `data` to both readers of answers.
pub fn response(data: &[u8]) {
    match read_matrix(data, MOST_SERIES) {
        Ok(matrix) => {
            assert!(matrix.series.len() <= MOST_SERIES, "{} series", matrix.series.len());
            matrix.series.iter().for_each(in_order);
            let again = read_matrix(written(&matrix).as_bytes(), MOST_SERIES);
            assert!(again.as_ref().is_ok_and(|again| is_same(again, &matrix)), "{matrix:?} became {again:?}");
            assert!(read_time(data).is_err(), "a matrix is no time");
        }
        Err(fault) => is_told(&fault),
    }
    match read_time(data) {
        Ok(at) => assert!(is_instant(at), "{at:?} is no instant"),
        Err(fault) => is_told(&fault),
    }
}

fn in_order(series: &Series) {
    assert!(series.labels.values().all(|value| !value.is_empty()), "an empty label is none: {series:?}");
    assert!(series.samples.iter().all(|(at, _)| is_instant(*at)), "{series:?}");
    let ascends = series.samples.windows(2).all(|pair| matches!(pair, [(a, _), (b, _)] if a < b));
    assert!(ascends, "{series:?}");
    assert!(series.histograms.iter().all(|(at, _)| is_instant(*at)), "{series:?}");
    let ascends = series.histograms.windows(2).all(|pair| matches!(pair, [(a, _), (b, _)] if a < b));
    assert!(ascends, "{series:?}");
    let mut buckets = series.histograms.iter().flat_map(|(_, buckets)| buckets);
    assert!(buckets.all(|bucket| bucket.lower <= bucket.upper), "{series:?}");
}

fn is_instant(at: Timestamp) -> bool {
    (Timestamp::from_us(0)..=Timestamp::from_s(END_S)).contains(&at)
}

/// What is wrong with an answer ends in reports and in hook answers.
fn is_told(fault: &ResponseFault) {
    let is_told = match fault {
        ResponseFault::NotAnAnswer(detail) => !detail.is_empty() && is_plain(detail, LONGEST),
        ResponseFault::Refused { kind, detail } => is_plain(kind, LONGEST) && is_plain(detail, LONGEST),
        ResponseFault::Partial(warning) => is_plain(warning, LONGEST),
        ResponseFault::TooManySeries => true,
    };
    assert!(is_told, "{fault:?}");
}

/// The matrix as the API would have answered it.
fn written(matrix: &Matrix) -> String {
    let series: Vec<String> = matrix.series.iter().map(one).collect();
    let result = series.join(",");
    format!(r#"{{"status":"success","data":{{"resultType":"matrix","result":[{result}]}}}}"#)
}

fn one(series: &Series) -> String {
    let labels = object(&series.labels);
    let sample = |(at, value): &(Timestamp, f64)| {
        let us = at.as_us();
        format!(r#"[{}.{:06},"{value}"]"#, us / 1_000_000, us % 1_000_000)
    };
    let values: Vec<String> = series.samples.iter().map(sample).collect();
    let bucket = |b: &NativeBucket| format!(r#"[0,"{}","{}","{}"]"#, b.lower, b.upper, b.count);
    let histogram = |(at, buckets): &(Timestamp, Vec<NativeBucket>)| {
        let (us, buckets) = (at.as_us(), buckets.iter().map(bucket).collect::<Vec<_>>().join(","));
        format!(r#"[{}.{:06},{{"buckets":[{buckets}]}}]"#, us / 1_000_000, us % 1_000_000)
    };
    let histograms: Vec<String> = series.histograms.iter().map(histogram).collect();
    let (values, histograms) = (values.join(","), histograms.join(","));
    format!(r#"{{"metric":{labels},"values":[{values}],"histograms":[{histograms}]}}"#)
}

fn object(labels: &BTreeMap<String, String>) -> String {
    serde_json::to_string(labels).expect("a map of texts is always JSON")
}

/// Equal, and NaN equals itself.
fn is_same(a: &Matrix, b: &Matrix) -> bool {
    let bits = |series: &Series| -> Vec<(Timestamp, u64)> {
        series.samples.iter().map(|(at, v)| (*at, if v.is_nan() { f64::NAN } else { *v }.to_bits())).collect()
    };
    a.series.len() == b.series.len()
        && a.series.iter().zip(&b.series).all(|(a, b)| {
            // As text: there every NaN is the same.
            let natives = |series: &Series| format!("{:?}", series.histograms);
            a.labels == b.labels && bits(a) == bits(b) && natives(a) == natives(b)
        })
}
