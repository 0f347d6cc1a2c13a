//! The made-up past.

use crate::support::{OLD, PATIENCE, answers, fast, sum_becomes};
use haldane_clock::Clock;
use haldane_core::time::{Span, Timestamp};
use haldane_world::{Arm, Behaviour, World, until};

async fn sum_at(world: &World, expression: &str, at: Timestamp) -> f64 {
    world.prometheus().query_at(expression, at).await.unwrap().iter().map(|s| s.value).sum()
}

#[tokio::test]
async fn the_past_can_be_queried_and_goes_on_without_a_reset() {
    let mut config = fast(8, 100).with_behaviour(OLD, Behaviour::HEALTHY.failing(0.01));
    config.scrape_interval = Span::from_s(2);
    let mut world = World::start(config.with_history(Span::from_min(70))).await.unwrap();
    let before = Clock::real().now() - Span::from_s(15);
    // An hour at 100 per second, Poisson: a standard deviation of 600.
    let requests = sum_at(&world, "sum(increase(http_requests_total[1h]))", before).await;
    assert!((requests - 360_000.0).abs() < 6000.0, "{requests}");
    let failed =
        sum_at(&world, r#"sum(increase(http_requests_total{code="500"}[1h]))"#, before).await / requests;
    assert!((failed - 0.01).abs() < 0.002, "{failed}");
    let fast = sum_at(&world, r#"sum(increase(http_request_duration_seconds_bucket{le="0.2"}[1h]))"#, before)
        .await
        / requests;
    assert!((fast - 0.9977).abs() < 0.001, "{fast}");
    assert_eq!(sum_at(&world, "count(up)", before).await, 2.0);

    answers(&world, 200).await;
    let pods: Vec<String> = world.pods(Arm::Primary).await.into_iter().map(|p| p.name).collect();
    let live = async || {
        let age =
            world.prometheus().query("time() - timestamp(http_requests_total{code=\"200\"}) < 3").await?;
        Ok((age.len() == pods.len()).then_some(()))
    };
    until("the live series", PATIENCE, live).await.unwrap();
    world.stop_load().await.unwrap();
    let carried = sum_at(&world, "sum(http_requests_total)", before).await;
    let truth = world.truth(OLD).await.unwrap().requests() as f64;
    let last_of_the_past = world.prometheus().sum("sum(resets(http_requests_total[5m]))").await.unwrap();
    assert_eq!(last_of_the_past, 0.0, "a reset would make a past of its own");
    // What the past ended with is more than it had fifteen seconds ago, by fifteen seconds' worth at most.
    let now = async || world.prometheus().sum("sum(http_requests_total)").await;
    let grown = until("what was served on top of the past", PATIENCE, async || {
        let grown = now().await? - carried;
        Ok((grown >= truth).then_some(grown))
    });
    let grown = grown.await.unwrap();
    assert!(grown <= truth + 15.0 * 100.0 * 1.5, "{grown} after {truth}");
    sum_becomes(&world, "sum(resets(http_request_duration_seconds_sum[5m]))", 0.0).await;
    let series = "count(count by (le) (http_request_duration_seconds_bucket))";
    sum_becomes(&world, series, 13.0).await;
}
