//! Whatever a source answers, a guard sees something and says no more than it saw: silence, old samples and what is no number
//! are never clear.

use super::fresh::OLD;
use super::plan::Plan;
use crate::prometheus::{Matrix, Series};
use haldane_core::guard::{Carry, Guard, Reach, Rule, Seen};
use haldane_core::increment::Missing;
use haldane_core::policy::{AgeOf, GuardSource, PrometheusSource};
use haldane_core::time::{Span, Timestamp};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::RngSeed;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// When everything is read.
const NOW: Timestamp = Timestamp::from_s(1_000_000);

/// One guard of each kind, with and without a query of its own; of the last, the age of samples themselves is asked.
static PLANS: LazyLock<Vec<Plan>> = LazyLock::new(|| {
    let lag = |bytes| Rule::ReplicationLag { most: 5.0, bytes };
    let fresh = || Rule::Freshness { most: Span::from_min(5) };
    let own = |text: &str| Some(GuardSource { query: Some(text.to_owned()), ..GuardSource::default() });
    let aged =
        || GuardSource { query: Some("x".to_owned()), age_of: AgeOf::Sample, ..GuardSource::default() };
    let all = [
        (Rule::RegionUp, None),
        (lag(false), None),
        (lag(true), None),
        (Rule::Failover { settle: Span::ZERO, writers: None }, None),
        (Rule::Capacity { target: 0.6, carry: vec![Carry::Own] }, None),
        (Rule::Alerts, None),
        (fresh(), None),
        (Rule::RegionUp, own("max(x)")),
        (Rule::Failover { settle: Span::ZERO, writers: None }, own("x")),
        (Rule::ErrorBudget { most: 1.0 }, own("x")),
        (Rule::Level { most: 1.0 }, own("max(x)")),
        (fresh(), Some(aged())),
    ];
    let source = PrometheusSource::new("http://unused", "pay", "api");
    let plan = |(rule, said): (Rule, Option<GuardSource>)| {
        let guard =
            Guard { name: "g".into(), rule, wait: Span::ZERO, regions: Vec::new(), reach: Reach::Here };
        let said = said.map(|said| ("g".to_owned(), said)).into_iter().collect();
        Plan::new(vec![guard], &said, &source).unwrap()
    };
    all.into_iter().map(plan).collect()
});

fn value() -> impl Strategy<Value = f64> {
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, f64::MAX, f64::MIN_POSITIVE, 1e18];
    prop_oneof![select(vec![0.0, 0.0, 1.0, 1.0, 2.0, 999_990.0]), select(odd.to_vec()), any::<f64>()]
}

fn series() -> impl Strategy<Value = Series> {
    let name = select(vec!["", "a", "api", "api-primary", "db-1", "\u{1b}[31m\n", "\u{202e}{}\"", "ä"]);
    let label = select(vec![
        "pod",
        "instance",
        "server",
        "deployment",
        "horizontalpodautoscaler",
        "alertname",
        "namespace",
        "job",
    ]);
    let labels =
        prop::collection::btree_map(label.prop_map(str::to_owned), name.prop_map(str::to_owned), 0..4);
    let back = prop_oneof![0_i64..400, Just(0), Just(-30), Just(115), Just(125)].prop_map(|age_s| -age_s);
    (labels, prop::collection::btree_map(back, value(), 0..4)).prop_map(|(labels, samples)| Series {
        labels: labels.into_iter().filter(|(_, value)| !value.is_empty()).collect(),
        samples: samples.into_iter().map(|(s, v)| (NOW + Span::from_s(s), v)).collect(),
        histograms: Vec::new(),
    })
}

fn answers() -> impl Strategy<Value = Vec<Result<Matrix, Missing>>> {
    let matrix = prop::collection::vec(series(), 0..5).prop_map(|series| Ok(Matrix { series }));
    let answer = prop_oneof![9 => matrix, 1 => Just(Err(Missing::FirstReading))];
    prop::collection::vec(answer, 6)
}

/// The newest sample of each series that is not of the future.
fn newest(matrix: &Matrix) -> Vec<(Timestamp, f64)> {
    let newest = |series: &Series| series.samples.iter().rev().find(|(at, _)| *at <= NOW).copied();
    matrix.series.iter().filter_map(newest).collect()
}

/// Whether what was seen is whole: numbers, and names that fit on one line.
fn is_sane(seen: &Seen) -> bool {
    let printable = |text: &String| !text.is_empty() && text.chars().all(|c| matches!(c, ' '..='~'));
    match seen {
        Seen::Level { level, what } => !level.is_nan() && what.as_ref().is_none_or(printable),
        Seen::Names { names } => names.iter().all(printable),
        Seen::Pods(pods) => pods.current >= 0.0 && pods.utilisation.is_finite() && pods.most >= 0.0,
        Seen::Unknown { .. } => true,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, rng_seed: RngSeed::Fixed(0x6a7d), ..ProptestConfig::default() })]

    #[test]
    fn any_answer_is_seen_as_something_and_never_as_clear_where_it_is_silent(answers in answers()) {
        for plan in PLANS.iter() {
            let planned = &plan.guards[0];
            let asked: Vec<_> = answers.iter().take(planned.asks.len()).cloned().collect();
            let seen = plan.read(asked.clone(), NOW).remove(0).seen;
            prop_assert!(is_sane(&seen), "{:?}", seen);
            let is_unknown = matches!(seen, Seen::Unknown { .. });
            let failed = asked.iter().any(Result::is_err);
            let first = asked[0].as_ref().map(newest).unwrap_or_default();
            let silent = first.is_empty() && planned.guard.rule != Rule::Alerts;
            let is_aged = matches!(planned.how, super::plan::How::Age(super::freshness::Age::Sample));
            let old = first.iter().all(|(at, _)| NOW - *at > OLD) && !first.is_empty() && !is_aged;
            prop_assert!(is_unknown || !(failed || silent || old), "{:?} of {:?}", seen, asked);
        }
    }
}

#[test]
fn the_property_s_answers_are_not_all_unknown() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut known: BTreeMap<usize, usize> = BTreeMap::new();
    for _ in 0..20_000 {
        let answers = answers().new_tree(&mut runner).unwrap().current();
        for (number, plan) in PLANS.iter().enumerate() {
            let asked = answers.iter().take(plan.guards[0].asks.len()).cloned().collect();
            let is_known = !matches!(plan.read(asked, NOW)[0].seen, Seen::Unknown { .. });
            *known.entry(number).or_default() += usize::from(is_known);
        }
    }
    assert!(known.values().all(|known| *known > 0), "{known:?}");
}
