//! Signals beyond requests: counted and measured up to the instant at which the requests are cut.

use crate::fake::{Prom, World, at, counted, missing};
use crate::store::{Pod, labels};
use haldane_core::increment::Arms::{Both, PrimaryOnly};
use haldane_core::increment::{Arm, Counts, Gauged, Increment, Missing, Reading};
use haldane_core::signal::Signal;
use haldane_signals::further::{Exposure, Further, GaugeQuery, Of, PlaceOf, What};
use serde_json::json;

fn of(signal: Signal, what: What, limit: Option<f64>, tolerate: Option<f64>) -> Further {
    Further { signal, what, limit, tolerate }
}

fn counts(name: &str, bad: Option<&str>, exposure: Exposure) -> What {
    let arm = |app: &str| format!("{name}{{app=\"{app}\"}}");
    What::Counts { canary: arm("canary"), primary: arm("primary"), bad: bad.map(str::to_owned), exposure }
}

fn gauge(name: &str, value_of: Of, per: Option<&str>) -> What {
    let arm = |app: &str| GaugeQuery {
        value: format!("{name}{{app=\"{app}\"}}"),
        of: value_of,
        per: per.map(|per| (format!("{per}{{app=\"{app}\"}}"), Of::Level)),
    };
    What::Gauge { canary: arm("canary"), primary: arm("primary") }
}

fn further() -> Vec<Further> {
    vec![
        of(
            Signal::ErrorLogs,
            counts("log_messages_total", Some("level=~\"error|fatal\""), Exposure::Requests),
            None,
            Some(2.0),
        ),
        of(Signal::Restarts, counts("restarts_total", None, Exposure::Pods), Some(1.0), None),
        of(Signal::Cpu, gauge("cpu_seconds_total", Of::Rate, Some("requested")), Some(0.8), Some(1.5)),
        of(Signal::QueueDepth, gauge("queue", Of::Level, None), Some(10.0), None),
        of(
            Signal::ReplicationLag,
            What::Place { value: "lag_seconds".into(), of: PlaceOf::Level },
            Some(5.0),
            None,
        ),
        of(
            Signal::DbPool,
            What::Scalar { canary: "sum(pool)".into(), primary: Some("sum(old)".into()) },
            Some(1.0),
            Some(2.0),
        ),
    ]
}

/// One pod of each arm, and what is known of it beside requests.
struct Scene {
    world: World,
    canary: Pod,
    primary: Pod,
    /// Error lines, restarts, CPU seconds, queue: canary and primary.
    logs: [u32; 2],
    restarts: [u32; 2],
    cpu_s: [f64; 2],
    queue: [f64; 2],
    lag_s: Option<f64>,
}

impl Scene {
    async fn start() -> Self {
        let world = World::over(Prom::start().await, |config| config.further = further());
        for (query, value) in [("sum(pool)", "7"), ("sum(old)", "3")] {
            let vector = json!({"resultType": "vector", "result": [{"metric": {}, "value": [1.0, value]}]});
            world.prom.lock().numbers.insert(query.to_owned(), vector);
        }
        let (mut canary, mut primary) =
            (Pod::new("canary", "10.0.0.1:80"), Pod::new("primary", "10.0.0.2:80"));
        (canary.pod, primary.pod) = (Some("api-1"), Some("api-primary-1"));
        canary.serve(100, 0, 0);
        primary.serve(1000, 0, 0);
        Self {
            world,
            canary,
            primary,
            logs: [40, 7],
            restarts: [3, 9],
            cpu_s: [50.0, 900.0],
            queue: [2.0, 2.0],
            lag_s: Some(0.5),
        }
    }

    /// Every 15 s 10 and 100 requests, a line of the canary's log, and the CPU that `busy` says.
    fn run(&mut self, from: i64, to: i64, busy: [f64; 2]) {
        for tick in (from..to).step_by(15) {
            self.canary.serve(10, 0, 0);
            self.primary.serve(100, 0, 0);
            self.logs[0] += 1;
            let s = tick as f64 + 3.2;
            self.world.prom.scrape(s, &[&self.canary, &self.primary]);
            for (i, (app, pod)) in [("canary", "api-1"), ("primary", "api-primary-1")].into_iter().enumerate()
            {
                self.cpu_s[i] += busy[i] * 15.0;
                let put = |name: &str, more: (&str, &str), value: String| {
                    // One exporter speaks for both versions.
                    let mut all =
                        labels(&[("__name__", name), ("app", app), ("pod", pod), ("instance", "ksm:80")]);
                    all.extend(labels(&[more]));
                    self.world.prom.lock().store.add(all, at(s), &value);
                };
                put("log_messages_total", ("level", "error"), self.logs[i].to_string());
                put("log_messages_total", ("level", "info"), (100 * tick).to_string());
                put("cpu_seconds_total", ("container", "app"), self.cpu_s[i].to_string());
                put("requested", ("container", "app"), "2".to_owned());
                put("queue", ("queue", "mail"), self.queue[i].to_string());
                // Every minute only.
                if tick % 60 == 0 {
                    put("restarts_total", ("container", "app"), self.restarts[i].to_string());
                }
            }
            if let Some(lag_s) = self.lag_s {
                let lag = labels(&[("__name__", "lag_seconds"), ("pod", "db-2")]);
                self.world.prom.lock().store.add(lag, at(s), &lag_s.to_string());
            }
        }
    }

    async fn due(&mut self, s: f64) -> Increment {
        self.world.due(s, Both).await
    }
}

fn gauged(increment: &Increment, signal: Signal) -> [Gauged; 2] {
    let read = &increment.signals[&signal];
    let Reading::Gauged { canary: Some(canary), primary: Some(primary), .. } = read else {
        panic!("{signal} is {read:?}")
    };
    [*canary, *primary]
}

#[tokio::test]
async fn events_are_held_against_the_requests_of_the_same_interval() {
    let mut scene = Scene::start().await;
    scene.run(900, 990, [0.1, 0.1]);
    let first = scene.due(991.0).await;
    assert_eq!(missing(&first, Signal::ErrorLogs), Missing::FirstReading);
    scene.run(990, 1020, [0.1, 0.1]);
    let second = scene.due(1021.0).await;
    let (since, until, canary, primary) = counted(&second, Signal::ErrorLogs);
    assert_eq!((since, until), (990.0, 1020.0));
    assert_eq!(canary, Some(Counts { bad: 2.0, bad_at_most: 2.0, total: 20.0 }));
    assert_eq!(primary, Some(Counts { bad: 0.0, bad_at_most: 0.0, total: 200.0 }));
    assert_eq!(second.canary_pods[&Signal::ErrorLogs].values().sum::<f64>(), 2.0);
}

#[tokio::test]
async fn what_is_scraped_every_minute_is_counted_once_and_held_against_the_time_of_its_pods() {
    let mut scene = Scene::start().await;
    scene.run(600, 990, [0.1, 0.1]);
    let _ = scene.due(991.0).await;
    let mut restarts = 0.0;
    for minute in 0..4 {
        let from = 990 + 60 * minute;
        if minute == 1 {
            scene.restarts[0] += 2;
        }
        for half in [0, 30] {
            scene.run(from + half, from + half + 30, [0.1, 0.1]);
            let increment = scene.due((from + half + 31) as f64).await;
            if let Some(Reading::Counted { canary: Some(canary), since, .. }) =
                increment.signals.get(&Signal::Restarts)
            {
                restarts += canary.bad;
                assert_eq!(canary.total, (increment.as_of - *since).as_s(), "one pod");
            }
        }
    }
    assert_eq!(restarts, 2.0);
}

#[tokio::test]
async fn a_level_is_told_pod_by_pod_and_held_against_limit_and_primary() {
    let mut scene = Scene::start().await;
    scene.run(900, 990, [0.2, 0.2]);
    let _ = scene.due(991.0).await;
    scene.run(990, 1020, [1.8, 0.4]);
    let [canary, primary] = gauged(&scene.due(1021.0).await, Signal::Cpu);
    assert!(
        (canary.level - 0.9).abs() < 1e-9 && (primary.level - 0.2).abs() < 1e-9,
        "{canary:?} {primary:?}"
    );
    assert_eq!((canary.samples, canary.above, canary.worse), (2.0, 2.0, 2.0));
    assert_eq!((primary.samples, primary.above, primary.worse), (2.0, 0.0, 0.0));
    scene.queue = [25.0, 1.0];
    scene.run(1020, 1050, [0.4, 0.4]);
    let third = scene.due(1051.0).await;
    let [canary, _] = gauged(&third, Signal::Cpu);
    assert_eq!((canary.samples, canary.above, canary.worse), (2.0, 0.0, 0.0));
    assert_eq!(
        gauged(&third, Signal::QueueDepth)[0],
        Gauged { level: 25.0, samples: 2.0, above: 2.0, worse: 0.0 }
    );
}

#[tokio::test]
async fn a_pod_whose_divisor_has_no_series_is_named_and_not_left_out() {
    let mut scene = Scene::start().await;
    scene.run(900, 990, [0.2, 0.2]);
    let _ = scene.due(991.0).await;
    scene.run(990, 1020, [0.2, 0.2]);
    for s in (990..1020).step_by(15) {
        let busy = labels(&[("__name__", "cpu_seconds_total"), ("app", "canary"), ("pod", "api-2")]);
        scene.world.prom.lock().store.add(busy, at(s as f64 + 3.2), &(2 * s).to_string());
    }
    let why = missing(&scene.due(1021.0).await, Signal::Cpu);
    let (target, series) = (Some("api-2".to_owned()), "requested".to_owned());
    assert_eq!(why, Missing::SeriesAbsent { arm: Arm::Canary, target, series });
}

#[tokio::test]
async fn a_query_of_the_author_s_own_is_one_sample_a_poll() {
    let mut scene = Scene::start().await;
    scene.run(900, 990, [0.2, 0.2]);
    let [canary, primary] = gauged(&scene.due(991.0).await, Signal::DbPool);
    assert_eq!(canary, Gauged { level: 7.0, samples: 1.0, above: 1.0, worse: 1.0 });
    assert_eq!(primary, Gauged { level: 3.0, samples: 1.0, above: 1.0, worse: 0.0 });
    let none = json!({"resultType": "vector", "result": []});
    scene.world.prom.lock().numbers.insert("sum(pool)".to_owned(), none);
    scene.run(990, 1020, [0.2, 0.2]);
    let why = missing(&scene.due(1021.0).await, Signal::DbPool).to_string();
    assert_eq!(why, "the query of db-pool must give one number and gave no series");
}

#[tokio::test]
async fn the_place_is_told_at_every_increment_and_not_known_when_it_is_old() {
    let mut scene = Scene::start().await;
    scene.run(900, 990, [0.2, 0.2]);
    let placed = |level: f64| Reading::Placed { level, what: Some("db-2".to_owned()) };
    assert_eq!(scene.due(991.0).await.signals[&Signal::ReplicationLag], placed(0.5));
    scene.lag_s = None;
    scene.run(990, 1170, [0.2, 0.2]);
    let why = missing(&scene.due(1171.0).await, Signal::ReplicationLag);
    assert!(matches!(why, Missing::PlaceOld { age_s: 191.., .. }), "{why:?}");
}

#[tokio::test]
async fn a_canary_without_a_series_is_named_and_one_that_falls_silent_too() {
    let mut scene = Scene::start().await;
    scene.run(900, 990, [0.2, 0.2]);
    let store = std::mem::take(&mut scene.world.prom.lock().store);
    scene.run(990, 1020, [0.2, 0.2]);
    scene.world.prom.lock().store.forget("queue", "canary");
    let why = missing(&scene.due(1021.0).await, Signal::QueueDepth);
    assert!(
        matches!(&why, Missing::SeriesAbsent { arm: Arm::Canary, series, .. } if series == "queue"),
        "{why:?}"
    );
    drop(store);
}

#[tokio::test]
async fn a_source_that_fails_makes_every_signal_missing_and_the_next_interval_longer() {
    let mut scene = Scene::start().await;
    scene.run(900, 990, [0.2, 0.2]);
    let _ = scene.due(991.0).await;
    scene.run(990, 1020, [0.2, 0.2]);
    scene.world.prom.reply(crate::fake::Reply::Text(503, "away"));
    let away = scene.due(1061.0).await;
    for one in further() {
        // The fake goes on answering what is no selector.
        if one.signal != Signal::DbPool {
            assert!(matches!(missing(&away, one.signal), Missing::Source { .. }), "{away:?}");
        }
    }
    scene.world.prom.reply(crate::fake::Reply::Data);
    scene.run(1020, 1110, [0.2, 0.2]);
    let back = scene.due(1111.0).await;
    let (since, _, canary, _) = counted(&back, Signal::ErrorLogs);
    assert_eq!((since, canary.map(|c| (c.bad, c.total))), (990.0, Some((8.0, 80.0))));
}

#[tokio::test]
async fn between_rollouts_the_primary_alone_is_measured() {
    let mut scene = Scene::start().await;
    scene.run(900, 990, [0.2, 0.2]);
    let _ = scene.world.due(991.0, PrimaryOnly).await;
    scene.run(990, 1020, [0.2, 0.2]);
    let increment = scene.world.due(1021.0, PrimaryOnly).await;
    let (_, _, canary, primary) = counted(&increment, Signal::ErrorLogs);
    assert_eq!((canary, primary.map(|c| c.total)), (None, Some(200.0)));
    assert!(matches!(
        increment.signals[&Signal::Cpu],
        Reading::Gauged { canary: None, primary: Some(_), .. }
    ));
}
