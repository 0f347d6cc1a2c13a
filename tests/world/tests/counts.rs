//! Three books that are kept apart: the client's, the service's, Prometheus'.

use crate::support::{NEW, OLD, answers, fast, sum_becomes};
use haldane_core::time::Span;
use haldane_world::{Arm, Behaviour, World, until};

#[tokio::test]
async fn the_client_the_service_and_prometheus_count_the_same() {
    let sick = Behaviour::FAST.failing(0.05).slow(0.05, 300.0);
    let mut world = World::start(fast(2, 150).with_behaviour(NEW, sick)).await.unwrap();
    world.scale(Arm::Canary, NEW, 1).await.unwrap();
    world.proxy().set_canary_weight(30).await.unwrap();
    answers(&world, 1000).await;
    let client = world.stop_load().await.unwrap();
    assert_eq!((client.failed, client.of_the_proxy(), client.outstanding), (0, 0, 0), "{client:?}");
    assert_eq!(client.scheduled, client.sent + client.dropped);

    for version in [OLD, NEW] {
        let truth = world.truth(version).await.unwrap();
        assert_eq!(client.by_version[version], truth.by_code, "the client and the service on {version}");
    }
    let truth = world.truth(NEW).await.unwrap();
    assert!(truth.with_code(500) > 0 && truth.slower_than_200_ms > 0, "{truth:?}");
    assert!(truth.slower_than_200_ms >= truth.made_slow, "{truth:?}");

    let canary = r#"namespace="fnp",pod=~"api-[0-9a-zA-Z]+(-[0-9a-zA-Z]+)""#;
    let expression = |name: &str, labels: &str| format!("{name}{{{canary}{labels}}}");
    let requests = |code: &str| expression("http_requests_total", &format!(",code=\"{code}\""));
    sum_becomes(&world, &requests("200"), truth.with_code(200) as f64).await;
    sum_becomes(&world, &requests("500"), truth.with_code(500) as f64).await;
    let slower = format!(
        "{} - ignoring(le) {}",
        expression("http_request_duration_seconds_bucket", r#",le="+Inf""#),
        expression("http_request_duration_seconds_bucket", r#",le="0.2""#)
    );
    sum_becomes(&world, &slower, truth.slower_than_200_ms as f64).await;

    // A new behaviour holds from the next request on, without a restart.
    world.set_behaviour(NEW, Behaviour::FAST.failing(1.0)).await.unwrap();
    world.start_load(150).unwrap();
    let ten_more =
        async || Ok((world.truth(NEW).await?.with_code(500) > truth.with_code(500) + 10).then_some(()));
    until("failures of a version that always fails", Span::from_s(30), ten_more).await.unwrap();
    let healthy_answers = world.truth(NEW).await.unwrap().with_code(200);
    assert!(healthy_answers <= truth.with_code(200) + 1, "{healthy_answers}");
}
