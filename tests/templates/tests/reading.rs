//! Raw samples, read into numbers the plain way: the differences of a counter, or what it has after a restart.

use haldane_signals::prometheus::{Matrix, Series, read_matrix};
use haldane_signals::templates::{GaugeQuery, Of, PlaceOf, What};
use haldane_templates_tests::{END_S, Engine, Known};
use std::collections::BTreeMap;

/// The window that holds every recorded sample, the first included.
const WINDOW: &str = "[61s]";

/// What an engine's samples say of each arm.
pub(crate) async fn known(engine: &Engine, what: &What) -> Vec<Known> {
    match what {
        What::Counts { canary, primary, bad, .. } => {
            let bad = bad.as_deref();
            vec![counts(&samples(engine, canary).await, bad), counts(&samples(engine, primary).await, bad)]
        }
        What::Buckets { canary, primary, .. } => {
            vec![buckets(&samples(engine, canary).await), buckets(&samples(engine, primary).await)]
        }
        What::Gauge { canary, primary } => vec![gauge(engine, canary).await, gauge(engine, primary).await],
        What::Place { value, of } => vec![place(&samples(engine, value).await, *of)],
        What::Scalar { .. } => panic!("no shipped template is one number alone"),
    }
}

async fn samples(engine: &Engine, selector: &str) -> Matrix {
    let body = engine.ask(&format!("{selector}{WINDOW}"), END_S).await.unwrap();
    let matrix = read_matrix(body.as_bytes(), 1000).unwrap();
    assert!(!matrix.series.is_empty(), "{} has nothing for {selector}", engine.name());
    for series in &matrix.series {
        assert_eq!(series.samples.len(), 5, "{} has {series:?}", engine.name());
    }
    matrix
}

/// How much a counter rose, restarts included.
fn rise(series: &Series) -> f64 {
    let values = series.samples.iter().map(|(_, value)| *value);
    let step = |(before, after): (f64, f64)| if after < before { after } else { after - before };
    values.clone().zip(values.skip(1)).map(step).sum()
}

fn counts(matrix: &Matrix, bad: Option<&str>) -> Known {
    let lists = bad.map(|bad| super::shipped::read(&format!("m{{{bad}}}")).1);
    let is_bad = |series: &Series| {
        let value = |label: &str| series.labels.get(label).map_or("", String::as_str);
        lists.as_ref().is_none_or(|lists| lists.iter().any(|l| l.iter().all(|m| m.is_match(value(&m.name)))))
    };
    let bad = matrix.series.iter().filter(|series| is_bad(series)).map(rise).sum();
    Known::Counts(bad, matrix.series.iter().map(rise).sum())
}

fn buckets(matrix: &Matrix) -> Known {
    let mut edges: BTreeMap<&'static str, f64> = BTreeMap::new();
    for series in &matrix.series {
        *edges.entry(series.labels["le"].clone().leak()).or_default() += rise(series);
    }
    Known::Buckets(edges)
}

async fn gauge(engine: &Engine, query: &GaugeQuery) -> Known {
    let mut values = pods(&samples(engine, &query.value).await, query.of);
    if let Some((per, of)) = &query.per {
        let divisors = pods(&samples(engine, per).await, *of);
        for (pod, value) in &mut values {
            *value /= divisors[pod];
        }
    }
    Known::Gauge(values)
}

fn pods(matrix: &Matrix, of: Of) -> BTreeMap<&'static str, f64> {
    let mut pods: BTreeMap<&'static str, f64> = BTreeMap::new();
    for series in &matrix.series {
        let value = match of {
            Of::Level => last(series),
            Of::Rate => rise(series) / 60.0,
        };
        *pods.entry(series.labels["pod"].clone().leak()).or_default() += value;
    }
    pods
}

fn place(matrix: &Matrix, of: PlaceOf) -> Known {
    let value = |series: &Series| match of {
        PlaceOf::Level => last(series),
        PlaceOf::Age => END_S as f64 - last(series),
        PlaceOf::Down => 1.0 - last(series),
    };
    Known::Place(matrix.series.iter().map(value).fold(f64::NEG_INFINITY, f64::max))
}

fn last(series: &Series) -> f64 {
    series.samples.last().unwrap().1
}

/// Whether two say the same, to a part in a thousand million: sums of shares are not exact.
pub(crate) fn same(ours: &Known, theirs: &Known) -> bool {
    match (ours, theirs) {
        (Known::Counts(a, b), Known::Counts(c, d)) => a == c && b == d,
        (Known::Buckets(a), Known::Buckets(b)) => a == b,
        (Known::Gauge(a), Known::Gauge(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|((p, x), (q, y))| p == q && close(*x, *y))
        }
        (Known::Place(a), Known::Place(b)) => close(*a, *b),
        _ => false,
    }
}

pub(crate) fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * (1.0 + a.abs())
}
