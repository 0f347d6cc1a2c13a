//! What members of one hub are answered, held against a real Prometheus that each of them asks alone.
//!
//! The model in `tests/prometheus` was written by those who wrote the hub; this store was not. Its labels are as hostile
//! as the format allows, and its regular expressions are RE2.
#![expect(clippy::unwrap_used, reason = "helpers of tests, too, fail the test on the spot")]

#[path = "../prometheus/hostile.rs"]
mod hostile;

use axum::Router;
use futures_util::future::join_all;
use haldane_clock::Clock;
use haldane_core::increment::{Missing, Region};
use haldane_core::time::{Span, Timestamp};
use haldane_signals::prometheus::hub::{Hubs, Question};
use haldane_signals::prometheus::{ArmQueries, LeUnit, Matrix, PrometheusConfig, RegionQueries};
use haldane_world::Prometheus;
use haldane_world::parts::Leash;
use hostile::{PATTERNS, VALUES, quoted};
use std::fmt::Write as _;

/// Series of every pair of values.
fn page() -> String {
    let mut page = String::new();
    for app in VALUES {
        for zone in VALUES {
            // Writing to a String cannot fail; the format's escapes are those of PromQL.
            let _ = writeln!(page, "x_total{{app=\"{}\",zone=\"{}\"}} 1", quoted(app), quoted(zone));
        }
    }
    page
}

/// Selectors of a few shapes, of which most merge.
fn selectors() -> Vec<String> {
    let mut all = Vec::new();
    for (n, value) in VALUES.iter().enumerate() {
        all.push(format!("x_total{{app=\"{}\"}}", quoted(value)));
        all.push(format!(
            "x_total{{zone!=\"{}\",app=\"{}\"}}",
            quoted(value),
            quoted(VALUES[(n + 3) % VALUES.len()])
        ));
    }
    for (n, pattern) in PATTERNS.iter().enumerate() {
        let (value, other) =
            (quoted(VALUES[n % VALUES.len()]), quoted(PATTERNS[(n * 7 + 3) % PATTERNS.len()]));
        let pattern = quoted(pattern);
        all.push(format!("x_total{{app=~\"{pattern}\"}}"));
        all.push(format!("x_total{{app=\"{value}\",zone=~\"{pattern}\"}}"));
        all.push(format!("{{__name__=\"x_total\",zone=~\"{pattern}\",app=~\"{other}\"}}"));
        all.push(format!("x_total{{app!~\"{pattern}\",zone=\"{value}\"}}"));
    }
    // Refused by RE2 alone.
    all.push("x_total{app=~\"a**\"}".to_owned());
    all
}

fn config(url: &str) -> PrometheusConfig {
    let arm = || ArmQueries { requests: "x".to_owned(), buckets: "x".to_owned() };
    let (canary, primary) = (arm(), arm());
    let queries =
        RegionQueries { canary, primary, bad: "code=~\"5..\"".to_owned(), le_unit: LeUnit::Seconds };
    PrometheusConfig::new(Region::from("us-east"), url, queries)
}

/// What each question is answered, all asked in one tick by members with seven each; with how many queries.
async fn together(
    url: &str,
    clock: &Clock,
    asked: &[Question],
    at: Timestamp,
) -> (Vec<Result<Matrix, Missing>>, f64) {
    let hubs = Hubs::new(clock.clone());
    let hub = hubs.of(&config(url)).unwrap();
    let members: Vec<_> =
        asked.chunks(7).map(|own| (hub.join("us-east".into(), Span::from_s(15)), own)).collect();
    let answers = join_all(members.iter().map(async |(member, own)| member.samples(own, at).await)).await;
    let queries = hubs.states().iter().map(|state| state.traffic.queries).sum();
    (answers.into_iter().flatten().map(sorted).collect(), queries)
}

/// Which series comes first is nobody's promise.
fn sorted(answer: Result<Matrix, Missing>) -> Result<Matrix, Missing> {
    let mut matrix = answer?;
    matrix.series.sort_by(|a, b| a.labels.cmp(&b.labels));
    Ok(matrix)
}

#[tokio::test]
async fn a_real_prometheus_answers_all_at_once_what_it_answers_each_alone() {
    let (directory, leash, clock) = (tempfile::tempdir().unwrap(), Leash::default(), Clock::real());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let app = Router::new().route("/metrics", axum::routing::get(async || page()));
    tokio::spawn(async move { axum::serve(listener, app).await });
    let second = Span::from_s(1);
    let prometheus = Prometheus::of_pods(directory.path(), "us-east", second, &leash).unwrap();
    prometheus.start().await.unwrap();
    prometheus.scrape("fnp", "hostile", port).unwrap();
    prometheus.has_scraped(&["hostile".to_owned()], Span::from_s(60)).await.unwrap();
    clock.sleep(Span::from_s(8)).await;
    // A past that no scrape changes any more.
    let at = clock.now() - second;
    let range = |n: usize| [Span::from_s(5), Span::from_s(5), Span::from_s(7)][n % 3];
    let asked: Vec<Question> = selectors()
        .iter()
        .enumerate()
        .map(|(n, selector)| Question::new(selector, range(n)).unwrap())
        .collect();
    let (answers, queries) = together(&prometheus.url(), &clock, &asked, at).await;
    let (mut found, mut refused) = (0, 0);
    for (question, answer) in asked.iter().zip(&answers) {
        let (alone, _) = together(&prometheus.url(), &clock, std::slice::from_ref(question), at).await;
        assert_eq!(answer, &alone[0], "{question:?}");
        found += alone[0].as_ref().map_or(0, |matrix| matrix.series.len());
        refused += usize::from(alone[0].is_err());
    }
    assert!(found > 1000 && refused == 1, "{found} series, {refused} refused");
    assert!(queries < asked.len() as f64 / 2.0, "{queries} queries for {} questions", asked.len());
}
