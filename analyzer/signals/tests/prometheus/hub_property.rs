//! Whatever members ask together, each is answered exactly what the store would have answered it alone.

use crate::fake::{Prom, at, config};
use crate::hostile::{PATTERNS, VALUES, quoted};
use crate::store::{Era, Labels, labels};
use futures_util::future::join_all;
use haldane_clock::Clock;
use haldane_core::increment::Region;
use haldane_core::time::Span;
use haldane_signals::prometheus::hub::{Hubs, Member, Question};
use haldane_signals::prometheus::{Matrix, PrometheusConfig, read_matrix};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::RngSeed;
use serde_json::json;

const LABELS: [&str; 3] = ["app", "pod", "zone"];

#[derive(Clone, Debug)]
struct Asked {
    selector: String,
    range: Span,
    late_ms: i64,
}

/// Few shapes, so that most selectors merge with others.
const SHAPES: [&[(&str, &str)]; 7] = [
    &[],
    &[("app", "=")],
    &[("pod", "=~")],
    &[("app", "="), ("pod", "=~")],
    &[("app", "=~"), ("pod", "=~")],
    &[("pod", "=~"), ("zone", "!~")],
    &[("app", "!="), ("zone", "="), ("pod", "=~")],
];

fn matcher((label, op): (&'static str, &'static str)) -> impl Strategy<Value = String> {
    let values = if op.ends_with('~') { &PATTERNS[..] } else { &VALUES[..] };
    select(values).prop_map(move |value| format!("{label}{op}\"{}\"", quoted(value)))
}

fn selector() -> impl Strategy<Value = String> {
    let metric = select(&["x_total", "x_total", "y_total"][..]);
    let matchers =
        select(&SHAPES[..]).prop_flat_map(|shape| shape.iter().copied().map(matcher).collect::<Vec<_>>());
    let named = select(&["", "='METRIC'", "=~'x_total|y_total'", "=~'y.+'"][..]);
    (metric, matchers, named).prop_map(|(metric, mut matchers, named)| {
        if named.is_empty() {
            return format!("{metric}{{{}}}", matchers.join(","));
        }
        matchers.push(format!("__name__{}", named.replace("METRIC", metric)));
        format!("{{{}}}", matchers.join(","))
    })
}

fn asked() -> impl Strategy<Value = Asked> {
    let range = select(&[20_000_000, 24_000_001, 30_000_000, 31_000_000, 64_000_000, 200_000_000][..]);
    let late_ms = select(&[0, 0, 0, 1, 400, 5000][..]);
    (selector(), range, late_ms).prop_map(|(selector, us, late_ms)| Asked {
        selector,
        range: Span::from_us(us),
        late_ms,
    })
}

fn series() -> impl Strategy<Value = (Labels, Vec<i64>)> {
    let value = || select(&VALUES[..]);
    let instants = prop::collection::btree_set((800..1010_i64).prop_map(|s| s * 1000), 1..20);
    let name = select(&["x_total", "y_total"][..]);
    (name, [value(), value(), value()], instants).prop_map(|(name, values, instants)| {
        let mut all = labels(&[("__name__", name)]);
        let pairs = LABELS.iter().zip(values).filter(|(_, value)| !value.is_empty());
        all.extend(pairs.map(|(label, value)| ((*label).to_owned(), value.to_owned())));
        (all, instants.into_iter().collect())
    })
}

/// What the store says to one question alone, as the API would.
fn truth(prom: &Prom, asked: &Asked) -> Matrix {
    let s = asked.range.as_us().div_euclid(1_000_000) + i64::from(asked.range.as_us() % 1_000_000 > 0);
    let data = prom.lock().store.matrix(&format!("{}[{s}s]", asked.selector), instant(asked));
    read_matrix(json!({"status": "success", "data": data}).to_string().as_bytes(), 10_000).unwrap()
}

fn instant(asked: &Asked) -> haldane_core::time::Timestamp {
    at(1000.0) + Span::from_us(asked.late_ms * 1000)
}

async fn answers(prom: &Prom, members: &[Vec<Asked>], most: u64) -> Vec<Vec<Matrix>> {
    let config = PrometheusConfig { max_body_bytes: most, ..config(prom) };
    let hub = Hubs::new(Clock::manual(at(1000.0))).of(&config).unwrap();
    let join = |n: usize| hub.join(Region::from(format!("r{n}").as_str()), Span::from_s(15));
    let joined: Vec<Member> = (0..members.len()).map(join).collect();
    let all = joined.iter().zip(members).map(async |(member, asked)| {
        let question = |a: &Asked| Question::new(&a.selector, a.range).unwrap();
        let questions: Vec<Question> = asked.iter().map(question).collect();
        // One instant for all questions of a member, as a poll has.
        let answers = member.samples(&questions, instant(&asked[0])).await;
        answers.into_iter().map(|answer| answer.unwrap()).collect()
    });
    join_all(all).await
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn setting() -> ProptestConfig {
    ProptestConfig {
        cases: 300,
        rng_seed: RngSeed::Fixed(6),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(setting())]

    #[test]
    fn each_member_is_answered_exactly_what_it_would_have_been_alone(
        all in prop::collection::vec(series(), 1..30),
        mut members in prop::collection::vec(prop::collection::vec(asked(), 1..5), 1..8),
        counts_beginnings in any::<bool>(),
        dot_is_all in any::<bool>(),
        most in select(&[3_000_u64, 8 << 20][..]),
    ) {
        for asked in &mut members {
            let late_ms = asked[0].late_ms;
            asked.iter_mut().for_each(|a| a.late_ms = late_ms);
        }
        block_on(async {
            let prom = Prom::start().await;
            prom.lock().refuses = "nobody asks this";
            prom.lock().store.era = Era { counts_beginnings, dot_is_all };
            for (labels, instants) in &all {
                for ms in instants {
                    prom.lock().store.add(labels.clone(), at(*ms as f64 / 1e3), &ms.to_string());
                }
            }
            // A bound that single answers keep and merged ones may not.
            let whole = |a: &Asked| prom.lock().store.matrix(&format!("{}[201s]", a.selector), instant(a));
            let longest = members.iter().flatten().map(|a| whole(a).to_string().len()).max().unwrap_or(0);
            let most = most.max(u64::try_from(longest).unwrap() + 500);
            let answered = answers(&prom, &members, most).await;
            for (asked, answered) in members.iter().zip(answered) {
                for (asked, answer) in asked.iter().zip(answered) {
                    prop_assert_eq!(&answer, &truth(&prom, asked), "{:?}", asked);
                }
            }
            Ok(())
        })?;
    }
}
