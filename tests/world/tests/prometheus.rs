//! The ways to lose Prometheus, and targets.

use crate::support::{PATIENCE, fast, sum_becomes};
use haldane_world::{Arm, MetricsAnswer, World, until};

#[tokio::test]
async fn a_restarted_prometheus_knows_the_past_and_an_emptied_one_nothing() {
    let world = World::start(fast(9, 50)).await.unwrap();
    world.is_scraped().await.unwrap();
    let url = world.prometheus().url();

    world.prometheus().pause().await.unwrap();
    assert!(world.prometheus().query("up").await.is_err(), "a hung one answers nothing");
    world.prometheus().resume().await.unwrap();
    sum_becomes(&world, "count(up)", 2.0).await;

    world.prometheus().kill().await.unwrap();
    assert!(world.prometheus().query("up").await.is_err());
    world.prometheus().start().await.unwrap();
    assert_eq!(world.prometheus().url(), url);
    assert_eq!(world.prometheus().sum("count(up)").await.unwrap(), 2.0, "it read what it had written");

    world.prometheus().restart_emptied().await.unwrap();
    assert_eq!(world.prometheus().sum("count(up offset 3s)").await.unwrap(), 0.0, "it has no past");
}

#[tokio::test]
async fn targets_get_lost_scraped_twice_and_sick_while_the_pod_serves_on() {
    let mut config = fast(10, 50);
    config.primary_pods = 3;
    let world = World::start(config).await.unwrap();
    world.is_scraped().await.unwrap();
    let pods = world.pods(Arm::Primary).await;
    let (lost, twice, sick) = (&pods[0], &pods[1], &pods[2]);
    world.prometheus().lose_target(&lost.name).unwrap();
    world.prometheus().scrape_twice(&twice.name, twice.port).unwrap();
    world.set_metrics(&sick.name, MetricsAnswer::Unavailable).await.unwrap();

    let count = |pod: &str| format!("count(up{{pod=\"{pod}\"}} == 1) or vector(0)");
    sum_becomes(&world, &count(&lost.name), 0.0).await;
    sum_becomes(&world, &count(&twice.name), 2.0).await;
    sum_becomes(&world, &format!("up{{pod=\"{}\"}} == bool 0", sick.name), 1.0).await;
    world.set_metrics(&sick.name, MetricsAnswer::Served).await.unwrap();
    sum_becomes(&world, &count(&sick.name), 1.0).await;
    world.set_metrics(&sick.name, MetricsAnswer::Hangs).await.unwrap();
    sum_becomes(&world, &count(&sick.name), 0.0).await;

    let before = world.load().with_code(200);
    let served = async || Ok((world.load().with_code(200) > before + 20).then_some(()));
    until("users are served all the same", PATIENCE, served).await.unwrap();
    assert_eq!(world.load().of_the_proxy(), 0);
}
