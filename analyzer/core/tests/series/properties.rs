//! What holds for any input.

use super::world::{Law, Situation};
use super::{case, judged, metric};
use haldane_core::recorded::{CaseVerdict, Finding};
use haldane_core::series::{Direction, Metric, judge};
use proptest::prelude::*;

/// Any number that is finite, with a liking for the ends of the scale.
fn value() -> impl Strategy<Value = f64> {
    let ends =
        vec![0.0, -0.0, 5e-324, -5e-324, 1e-308, 1.0, -1.0, 1e308, -1e308, f64::MAX, f64::MIN, f64::EPSILON];
    prop_oneof![
        proptest::sample::select(ends),
        proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL | proptest::num::f64::ZERO,
        -100.0..100.0,
    ]
}

fn direction() -> impl Strategy<Value = Direction> {
    proptest::sample::select(vec![Direction::Increase, Direction::Decrease, Direction::Either])
}

fn any_metric() -> impl Strategy<Value = Metric> {
    let sides = (0_usize..40)
        .prop_flat_map(|n| (proptest::collection::vec(value(), n), proptest::collection::vec(value(), n)));
    let history = proptest::collection::vec(value(), 0_usize..420);
    (sides, direction(), history).prop_map(|((control, experiment), direction, history)| Metric {
        direction,
        history,
        ..metric(control, experiment)
    })
}

fn findings(verdict: &CaseVerdict) -> Vec<Finding> {
    verdict.signals.iter().map(|s| s.verdict).collect()
}

fn scaled(metrics: &[Metric], by: f64) -> Vec<Metric> {
    let times = |values: &[f64]| values.iter().map(|v| v * by).collect();
    let one = |m: &Metric| Metric {
        control: times(&m.control),
        experiment: times(&m.experiment),
        history: times(&m.history),
        ..m.clone()
    };
    metrics.iter().map(one).collect()
}

fn situations() -> impl Strategy<Value = Situation> {
    proptest::sample::select(vec![
        Situation::Healthy,
        Situation::Level(1.0),
        Situation::Spread(3.0),
        Situation::Tail(3),
        Situation::Ramp(2.0),
        Situation::HealedStep(4.0),
    ])
}

proptest! {
    #[test]
    fn any_finite_numbers_get_a_verdict_with_finite_odds_and_the_same_one_again(
        case in proptest::collection::vec(any_metric(), 1..4)
    ) {
        let verdict = judge(&case).expect("finite values of equal length are usable");
        for signal in &verdict.signals {
            prop_assert!(signal.evidence.is_finite() && signal.evidence >= 1.0, "{signal:?}");
            prop_assert!(!signal.reason.is_empty());
            prop_assert!(!signal.reason.contains("NaN") && !signal.reason.contains("inf"), "{signal:?}");
        }
        prop_assert_eq!(&verdict, &judge(&case).expect("usable before"));
    }

    #[test]
    fn the_unit_of_positive_series_does_not_matter(
        seed in 0_u64..100_000, situation in situations(), by in prop_oneof![1e-6..1e6, Just(1e200), Just(1e-200)]
    ) {
        let case = case(Law::LogNormalHalf, situation, 2, 2, 31, seed);
        let (one, other) = (judge(&case).expect("usable"), judge(&scaled(&case, by)).expect("usable"));
        prop_assert_eq!(findings(&one), findings(&other));
    }

    #[test]
    fn the_order_of_metrics_only_permutes_the_verdicts(seed in 0_u64..100_000, situation in situations()) {
        let mut case = case(Law::Normal, situation, 2, 3, 31, seed);
        let one = judge(&case).expect("usable");
        case.reverse();
        let mut other = judge(&case).expect("usable");
        other.signals.reverse();
        prop_assert_eq!(one.verdict, other.verdict);
        prop_assert_eq!(findings(&one), findings(&other));
    }

    #[test]
    fn a_worse_level_is_not_healthier(seed in 0_u64..100_000, law in proptest::sample::select(vec![Law::Normal, Law::LogNormal]), more in 1.0..5.0) {
        let case = case(law, Situation::Level(1.5), 1, 1, 31, seed);
        let before = judge(&case).expect("usable");
        prop_assume!(before.signals[0].reason.starts_with("level") && before.verdict == Finding::Breached);
        let experiment = case[0].experiment.iter().map(|v| v * more).collect();
        let after = judged(Metric { experiment, ..case[0].clone() });
        prop_assert_eq!(after.verdict, Finding::Breached, "{:?} became {:?}", before, after);
    }

    #[test]
    fn a_canary_that_is_its_control_is_never_breached(values in proptest::collection::vec(value(), 0..60)) {
        prop_assert!(judged(metric(values.clone(), values)).verdict != Finding::Breached);
    }
}
