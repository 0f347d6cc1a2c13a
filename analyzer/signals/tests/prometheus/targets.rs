//! Targets that come, go, stand twice, or say what cannot be.

use crate::fake::{Prom, World, at, counted, exact, missing};
use crate::store::{Pod, labels};
use haldane_core::increment::Arms::Both;
use haldane_core::increment::{Arm, Missing, Reading};
use haldane_core::signal::Signal::{ErrorRate, P99Latency};

/// Serves 10 requests per pod and 15 s, and scrapes, from `from` to `to` seconds.
fn run(world: &World, pods: &mut [Pod], from: i64, to: i64) {
    for tick in (from..to).step_by(15) {
        for pod in pods.iter_mut() {
            pod.serve(10, 0, 0);
            world.prom.scrape(tick as f64 + 5.0, &[pod]);
        }
    }
}

fn pods() -> Vec<Pod> {
    vec![Pod::new("canary", "c1:80"), Pod::new("canary", "c2:80"), Pod::new("primary", "p1:80")]
}

#[tokio::test]
async fn a_lost_target_is_named_while_it_blocks_then_gone_and_begins_anew_when_it_returns() {
    let (mut world, mut pods) = (World::start().await, pods());
    run(&world, &mut pods, 900, 990);
    world.due(991.0, Both).await;
    run(&world, &mut pods, 990, 1005);
    let mut lost = pods.remove(1);
    run(&world, &mut pods, 1005, 1050);
    let blind = world.due(1051.0, Both).await;
    let late =
        Missing::TargetLate { arm: Arm::Canary, target: "c2:80 (job api)".into(), age_s: 25, interval_s: 15 };
    assert_eq!((missing(&blind, ErrorRate), blind.as_of), (late, at(1020.0)));
    run(&world, &mut pods, 1050, 1080);
    let without = world.due(1081.0, Both).await;
    assert_eq!(counted(&without, ErrorRate), (990.0, 1080.0, exact(0, 70), exact(0, 60)));
    assert_eq!(without.canary_targets, 1);
    lost.serve(5000, 0, 0);
    pods.push(lost);
    run(&world, &mut pods, 1080, 1140);
    assert_eq!(counted(&world.due(1111.0, Both).await, ErrorRate).2, exact(0, 20));
    assert_eq!(counted(&world.due(1141.0, Both).await, ErrorRate).2, exact(0, 40));
}

#[tokio::test]
async fn a_restart_counts_what_the_new_process_shows_and_a_first_failure_is_a_failure() {
    let (mut world, mut pods) = (World::start().await, pods());
    pods.iter_mut().for_each(|pod| pod.hides_zero = true);
    run(&world, &mut pods, 900, 990);
    world.due(991.0, Both).await;
    pods[0].restart();
    pods[1].serve(0, 1, 0);
    run(&world, &mut pods, 990, 1020);
    let increment = world.due(1021.0, Both).await;
    assert_eq!((counted(&increment, ErrorRate).2, increment.canary_restarts), (exact(1, 41), 1));
    run(&world, &mut pods, 1020, 1050);
    assert_eq!(world.due(1051.0, Both).await.canary_restarts, 0);
}

#[tokio::test]
async fn one_process_under_two_names_is_never_counted() {
    let twins = [("canary", "other", "c1:80", None), ("canary", "api", "c1:81", Some("api-1"))];
    for (app, job, instance, pod) in twins {
        let (mut world, mut pods) = (World::start().await, pods());
        pods[0].pod = pod;
        pods.push(Pod { job, pod, ..Pod::new(app, instance) });
        run(&world, &mut pods, 900, 990);
        let told = missing(&world.due(991.0, Both).await, ErrorRate);
        assert!(matches!(told, Missing::ScrapedTwice { arm: Arm::Canary, .. }), "{told:?}");
        let told = told.to_string();
        let other = format!("{instance} (job {job})");
        assert!(
            told.contains("c1:80 (job api)") && told.contains(&other) && told.contains("narrow"),
            "{told}"
        );
    }
}

#[tokio::test]
async fn one_process_in_both_arms_is_never_compared_with_itself() {
    let (mut world, mut pods) = (World::start().await, pods());
    pods.push(Pod::new("primary", "c1:80"));
    run(&world, &mut pods, 900, 990);
    let told = missing(&world.due(991.0, Both).await, P99Latency);
    let name = "c1:80 (job api)".to_owned();
    assert_eq!(told, Missing::InBothArms { canary: name.clone(), primary: name });
}

#[tokio::test]
async fn what_is_no_count_is_missing_while_it_is_the_newest_and_loses_nothing() {
    for value in ["NaN", "+Inf", "-1"] {
        let (mut world, mut pods) = (World::start().await, pods());
        run(&world, &mut pods, 900, 990);
        world.due(991.0, Both).await;
        run(&world, &mut pods, 990, 1020);
        let series = pods[0].labels("http_requests_total", ("code", "200"));
        world.prom.lock().store.add(series, at(1010.0), value);
        let half = world.due(1021.0, Both).await;
        let why = Missing::NotANumber {
            arm: Arm::Canary,
            target: Some("c1:80 (job api)".into()),
            series: "http_requests_total".into(),
        };
        assert_eq!(missing(&half, ErrorRate), why, "{value}");
        assert_eq!(counted(&half, P99Latency).2, exact(0, 40));
        run(&world, &mut pods, 1020, 1050);
        let healed = world.due(1051.0, Both).await;
        assert_eq!(counted(&healed, ErrorRate), (990.0, 1050.0, exact(0, 80), exact(0, 40)));
    }
}

#[tokio::test]
async fn requests_that_do_not_say_how_they_ended_are_not_good_ones() {
    let (mut world, mut pods) = (World::start().await, pods());
    run(&world, &mut pods, 900, 990);
    let untold = labels(&[("__name__", "http_requests_total"), ("app", "canary"), ("instance", "c3:80")]);
    world.prom.lock().store.add(untold, at(985.0), "7");
    let told = missing(&world.due(991.0, Both).await, ErrorRate).to_string();
    assert_eq!(told, "canary c3:80 has no series http_requests_total with label code");
}

#[tokio::test]
async fn a_histogram_that_contradicts_itself_or_the_other_arm_leaves_the_error_rate_alone() {
    let (mut world, mut pods) = (World::start().await, pods());
    run(&world, &mut pods, 900, 990);
    world.due(991.0, Both).await;
    run(&world, &mut pods, 990, 1020);
    let falling = pods[0].labels("http_request_duration_seconds_bucket", ("le", "0.1"));
    world.prom.lock().store.add(falling, at(1010.0), "99999");
    let broken = world.due(1021.0, Both).await;
    assert_eq!(counted(&broken, ErrorRate).2, exact(0, 40));
    let told = missing(&broken, P99Latency).to_string();
    assert!(told.contains("c1:80") && told.contains("counts fall from 100 ms to 200 ms"), "{told}");
    run(&world, &mut pods, 1020, 1050);
    assert_eq!(
        counted(&world.due(1051.0, Both).await, P99Latency),
        (990.0, 1050.0, exact(0, 80), exact(0, 40))
    );
    pods[2].edge = "0.3";
    run(&world, &mut pods, 1050, 1110);
    let odd = missing(&world.due(1111.0, Both).await, P99Latency).to_string();
    assert!(odd.contains("other bucket edges than p1:80"), "{odd}");
}

#[tokio::test]
async fn a_pod_that_hides_one_of_its_families_is_missing_there() {
    let (mut world, mut pods) = (World::start().await, pods());
    run(&world, &mut pods, 900, 990);
    let plain = Pod::new("canary", "c3:80").labels("http_requests_total", ("code", "200"));
    world.prom.lock().store.add(plain, at(985.0), "7");
    let first = world.due(991.0, Both).await;
    let told = missing(&first, P99Latency).to_string();
    assert_eq!(told, "canary c3:80 (job api) has no series http_request_duration_seconds_bucket");
    assert_eq!(missing(&first, ErrorRate), Missing::FirstReading);
}

#[tokio::test]
async fn without_the_label_instance_an_arm_is_one_target() {
    let (mut world, mut pods) = (World::start().await, pods());
    pods.remove(1);
    pods[0].instance = String::new();
    run(&world, &mut pods, 900, 1020);
    world.due(991.0, Both).await;
    let increment = world.due(1021.0, Both).await;
    assert_eq!((counted(&increment, ErrorRate).2, increment.canary_targets), (exact(0, 20), 1));
}

#[tokio::test]
async fn series_that_come_and_go_for_ever_are_forgotten_without_being_counted_twice() {
    let mut world = World::over(Prom::start().await, |config| config.max_series = 12);
    let mut pods = vec![Pod::new("canary", "c1:80"), Pod::new("primary", "p1:80")];
    let (mut truth, mut sum) = (0.0, 0.0);
    for round in 0..60_i64 {
        let begin = 900 + 30 * round;
        run(&world, &mut pods, begin, begin + 30);
        // One path is served by turns, and comes back with all that it ever counted.
        let path = format!("/{}", round % 30);
        let mut series = pods[0].labels("http_requests_total", ("code", "200"));
        series.insert("path".into(), path);
        let count = 100 * (1 + round / 30);
        world.prom.lock().store.add(series, at(begin as f64 + 20.0), &count.to_string());
        truth += 20.0 + 100.0;
        let Some(increment) = world.poll(begin as f64 + 31.0, Both).await else { continue };
        if let Reading::Counted { canary: Some(counts), .. } = &increment.signals[&ErrorRate] {
            sum += counts.total;
        }
    }
    assert!(sum <= truth && sum >= 60.0 * 10.0, "{sum} of {truth}");
}

#[tokio::test]
async fn after_an_outage_of_the_scrapes_a_target_that_returns_a_little_later_is_waited_for() {
    let (mut world, mut pods) = (World::start().await, pods());
    run(&world, &mut pods, 900, 990);
    world.due(991.0, Both).await;
    pods.iter_mut().for_each(|pod| pod.serve(50, 0, 0));
    let late = pods.remove(1);
    run(&world, &mut pods, 1245, 1275);
    let half = world.poll(1276.0, Both).await.map(|increment| missing(&increment, ErrorRate));
    assert!(matches!(half, None | Some(Missing::TargetLate { .. } | Missing::OldData { .. })), "{half:?}");
    pods.insert(1, late);
    run(&world, &mut pods, 1275, 1290);
    let healed = world.due(1291.0, Both).await;
    assert_eq!(counted(&healed, ErrorRate), (990.0, 1290.0, exact(0, 140), exact(0, 80)));
}
