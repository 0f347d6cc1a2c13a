//! Native histograms, where the classic buckets are not there: counted between the edges around the limit, through changes of
//! resolution, restarts and pods that differ. The answers' form is Prometheus' own; `tests/real` has a real one.

use crate::fake::{World, at, counted, exact, missing};
use crate::store::{Pod, labels};
use haldane_core::evidence::buckets::native_bracket;
use haldane_core::increment::Arms::Both;
use haldane_core::increment::{Bracket, Counts, Increment, Missing, Reading};
use haldane_core::signal::Signal::{ErrorRate, P99Latency};

/// A pod that counts durations natively: fast ones of 10 ms, ones in the bucket of 200 ms (by value), slow ones of 1.1 s.
#[derive(Clone)]
struct Native {
    pod: Pod,
    schema: i8,
    fast: u32,
    near: u32,
    slow: u32,
}

impl Native {
    fn new(app: &'static str, schema: i8) -> Self {
        Self { pod: Pod::new(app, app), schema, fast: 0, near: 0, slow: 0 }
    }

    fn serve(&mut self, fast: u32, near: u32, slow: u32) {
        self.fast += fast;
        self.near += near;
        self.slow += slow;
    }

    fn buckets(&self) -> String {
        let bucket = |(value, count): (f64, u32)| {
            let (lower, upper) = native_bracket(self.schema, value);
            format!(r#"[0,"{lower}","{upper}","{count}"]"#)
        };
        let filled =
            [(0.01, self.fast), (0.2, self.near), (1.1, self.slow)].into_iter().filter(|(_, n)| *n > 0);
        format!("native [{}]", filled.map(bucket).collect::<Vec<_>>().join(","))
    }
}

fn scrape(world: &World, s: f64, pods: &[&Native]) {
    for native in pods {
        let all = native.fast + native.near + native.slow;
        let mut series = native.pod.labels("http_request_duration_seconds", ("path", "/"));
        world.prom.lock().store.add(series.clone(), at(s), &native.buckets());
        series.extend(labels(&[("__name__", "http_requests_total"), ("code", "200")]));
        world.prom.lock().store.add(series, at(s), &all.to_string());
    }
}

fn bracket(increment: &Increment) -> Option<Bracket> {
    let read = &increment.signals[&P99Latency];
    let Reading::Counted { bracket, .. } = read else { panic!("{read:?}") };
    *bracket
}

fn near(bad: u32, bad_at_most: u32, total: u32) -> Option<Counts> {
    Some(Counts { bad: bad.into(), bad_at_most: bad_at_most.into(), total: total.into() })
}

/// Serves and scrapes at every 15 s up to `until`, and polls behind each bin.
async fn run(
    world: &mut World,
    (from, until): (u32, u32),
    canary: &mut Native,
    primary: &mut Native,
) -> Vec<Increment> {
    let mut found = Vec::new();
    for s in (from..=until).step_by(15).map(f64::from) {
        canary.serve(8, 1, 1);
        primary.serve(80, 3, 2);
        scrape(world, s, &[canary, primary]);
        found.extend(world.poll(s + 1.0, Both).await);
    }
    found
}

#[tokio::test]
async fn a_native_histogram_is_counted_where_there_are_no_buckets() {
    let mut world = World::start().await;
    let (mut canary, mut primary) = (Native::new("canary", 3), Native::new("primary", 3));
    let found = run(&mut world, (0, 60), &mut canary, &mut primary).await;
    let last = found.last().unwrap();
    assert_eq!(counted(last, P99Latency), (30.0, 60.0, near(2, 4, 20), near(4, 10, 170)));
    assert_eq!(counted(last, ErrorRate).2, exact(0, 20));
    let (below, above) = native_bracket(3, 0.2);
    assert_eq!(bracket(last), Some(Bracket { below_ms: below * 1e3, above_ms: Some(above * 1e3) }));
    let asked = world.prom.lock().queries.clone();
    assert!(asked.iter().any(|query| query.contains("\"http_request_duration_seconds\"")), "{asked:?}");
}

#[tokio::test]
async fn classic_buckets_are_preferred_and_cost_no_second_question() {
    let mut world = World::start().await;
    let pods = [Pod::new("primary", "p"), Pod::new("canary", "c")];
    for tick in 0..5 {
        world.prom.scrape(f64::from(tick) * 15.0, &pods.each_ref());
        scrape(&world, f64::from(tick) * 15.0, &[&Native::new("canary", 3), &Native::new("primary", 3)]);
    }
    world.due(31.0, Both).await;
    let asked = world.prom.lock().queries.clone();
    assert!(!asked.iter().any(|query| query.starts_with("http_request_duration_seconds{")), "{asked:?}");
}

#[tokio::test]
async fn a_pod_that_halves_its_resolution_begins_anew_and_counts_nothing_twice() {
    let mut world = World::start().await;
    let (mut canary, mut primary) = (Native::new("canary", 5), Native::new("primary", 5));
    run(&mut world, (0, 60), &mut canary, &mut primary).await;
    primary.schema = 2;
    let found = run(&mut world, (75, 165), &mut canary, &mut primary).await;
    let first = missing(&found[0], P99Latency);
    assert!(matches!(first, Missing::FirstReading), "slow means something else from here on: {first:?}");
    let last = found.last().unwrap();
    assert_eq!(counted(last, P99Latency), (120.0, 150.0, near(2, 4, 20), near(4, 10, 170)));
    let (below, above) = native_bracket(2, 0.2);
    assert_eq!(bracket(last), Some(Bracket { below_ms: below * 1e3, above_ms: Some(above * 1e3) }));
    for increment in &found {
        if let Reading::Counted { canary, .. } = &increment.signals[&P99Latency] {
            assert_eq!(*canary, near(2, 4, 20), "{:?}", increment.as_of);
        }
    }
}

#[tokio::test]
async fn a_canary_that_restarts_is_counted_from_nothing_and_told() {
    let mut world = World::start().await;
    let (mut canary, mut primary) = (Native::new("canary", 3), Native::new("primary", 3));
    run(&mut world, (0, 60), &mut canary, &mut primary).await;
    (canary.fast, canary.near, canary.slow) = (0, 0, 0);
    let found = run(&mut world, (75, 90), &mut canary, &mut primary).await;
    assert_eq!(counted(&found[0], P99Latency).2, near(2, 4, 20));
    assert_eq!(found[0].canary_restarts, 1);
}

#[tokio::test]
async fn a_service_that_moves_from_buckets_to_native_histograms_is_read_on() {
    let mut world = World::start().await;
    let pods = [Pod::new("primary", "primary"), Pod::new("canary", "canary")];
    for tick in 0..5 {
        world.prom.scrape(f64::from(tick) * 15.0, &pods.each_ref());
    }
    world.due(31.0, Both).await;
    world.due(61.0, Both).await;
    let (mut canary, mut primary) = (Native::new("canary", 3), Native::new("primary", 3));
    let found = run(&mut world, (75, 300), &mut canary, &mut primary).await;
    let last = found.last().unwrap();
    assert_eq!(counted(last, P99Latency).2, near(2, 4, 20), "{:?}", last.signals);
}

#[tokio::test]
async fn a_native_histogram_where_requests_are_counted_is_named() {
    let mut world = World::start().await;
    for (app, tick) in ["canary", "primary"].into_iter().flat_map(|app| (0..3).map(move |tick| (app, tick))) {
        let series = Pod::new(app, app).labels("http_requests_total", ("code", "200"));
        world.prom.lock().store.add(series, at(15.0 * f64::from(tick)), &Native::new(app, 3).buckets());
    }
    let why = missing(&world.due(31.0, Both).await, ErrorRate).to_string();
    assert!(why.contains("a native histogram, where a counter is read"), "{why}");
}

#[tokio::test]
async fn a_probe_says_that_the_histogram_is_native_and_what_to_paste() {
    let mut world = World::start().await;
    let (mut canary, mut primary) = (Native::new("canary", 3), Native::new("primary", 3));
    run(&mut world, (0, 120), &mut canary, &mut primary).await;
    let report = world.region.probe(at(121.0)).await;
    let query = report.arms[1].queries.iter().find(|query| query.query == "buckets").unwrap();
    assert_eq!((query.is_native, query.limit_is_edge, query.edges_ms.len()), (true, Some(false), 2));
    assert!(query.text.starts_with("http_request_duration_seconds{"), "{}", query.text);
    let counted = query.counted.as_ref().unwrap();
    assert!(counted.bad > 0.0 && counted.bad_at_most > counted.bad, "{counted:?}");
    assert!(report.store.unwrap().seems.is_none(), "the fake does not say what it is");
}
