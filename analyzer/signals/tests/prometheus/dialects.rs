//! Stores that speak Prometheus' API in their own way: what they are asked with, how each says that something is missing, and
//! what they call a sample.
//!
//! VictoriaMetrics' ways were seen with 1.79.5 (and `tests/real` runs it). Thanos' and Mimir's answers are written down from
//! what they document: `docs/components/query.md` and `pkg/api/api.go` of Thanos, `pkg/api/error` and the catalogue of error
//! ids of Mimir.

use crate::fake::{Prom, Reply, World, counted, missing};
use crate::store::{Pod, labels};
use haldane_core::increment::Arms::Both;
use haldane_core::increment::{Counts, Missing, Reading, SourceFault};
use haldane_core::policy::Dialect;
use haldane_core::signal::Signal::ErrorRate;
use std::collections::BTreeSet;

async fn world(dialect: Dialect) -> World {
    World::over(Prom::start().await, |config| config.dialect = dialect)
}

/// The parameters of every request of one poll, beside the query and its time.
async fn asked_with(dialect: Dialect, replica_labels: &[&str]) -> BTreeSet<Vec<String>> {
    let world = World::over(Prom::start().await, |config| {
        config.dialect = dialect;
        config.replica_labels = replica_labels.iter().map(ToString::to_string).collect();
    });
    let mut world = world.left_alone();
    world.poll(1000.0, Both).await;
    let forms = world.prom.lock().forms.clone();
    assert_eq!(
        forms.len(),
        4,
        "the time, requests and buckets of both arms, and the native histograms that are not there either"
    );
    let own = |form: &String| {
        let decoded =
            |pair: &str| percent_encoding::percent_decode_str(pair).decode_utf8().unwrap().into_owned();
        let pairs = form.split('&').filter(|pair| !pair.starts_with("query=") && !pair.starts_with("time="));
        pairs.map(decoded).collect()
    };
    forms.iter().map(own).collect()
}

#[tokio::test]
async fn every_question_says_what_the_store_has_to_know() {
    let only = |pairs: &[&str]| BTreeSet::from([pairs.iter().map(ToString::to_string).collect::<Vec<_>>()]);
    assert_eq!(asked_with(Dialect::Prometheus, &[]).await, only(&[]));
    assert_eq!(asked_with(Dialect::Mimir, &[]).await, only(&[]));
    let raw = ["dedup=true", "partial_response=false", "max_source_resolution=0s"];
    assert_eq!(asked_with(Dialect::Thanos, &[]).await, only(&raw));
    let replicas = ["replicaLabels[]=replica", "replicaLabels[]=prometheus_replica"];
    assert_eq!(
        asked_with(Dialect::Thanos, &["replica", "prometheus_replica"]).await,
        only(&[&raw[..], &replicas[..]].concat())
    );
    let now = only(&["nocache=1", "deny_partial_response=1"]);
    assert_eq!(asked_with(Dialect::VictoriaMetrics, &[]).await, now);
}

#[tokio::test]
async fn mimir_is_asked_past_its_cache_as_a_tenant_that_nothing_shows() {
    let mut shown = String::new();
    let mut world = World::over(Prom::start().await, |config| {
        config.dialect = Dialect::Mimir;
        config.headers = [("X-Scope-OrgID".to_owned(), "fnp-s3cret".to_owned())].into();
        shown = format!("{config:?}");
    });
    assert!(shown.contains("Mimir") && !shown.contains("s3cret"), "{shown}");
    world.poll(1000.0, Both).await;
    for headers in &world.prom.lock().headers {
        assert_eq!(
            (&headers["x-scope-orgid"], &headers["cache-control"]),
            (&"fnp-s3cret".parse().unwrap(), &"no-store".parse().unwrap())
        );
    }
}

/// What a poll says when the store answers so.
async fn fault(dialect: Dialect, status: u16, body: &'static str) -> SourceFault {
    let mut world = world(dialect).await;
    world.prom.reply(Reply::Text(status, body));
    let why = missing(&world.due(1000.0, Both).await, ErrorRate);
    let Missing::Source { fault, .. } = why else { panic!("{why:?}") };
    fault
}

#[tokio::test]
async fn each_store_s_way_to_say_that_a_part_is_missing_is_understood_under_every_name() {
    let ways = [
        (
            r#"{"status":"success","data":{"resultType":"matrix","result":[],"analysis":{}},"warnings":["receive series from Addr: thanos-store-2:10901 LabelSets: {region=\"apac\"}: rpc error: code = Unavailable"]}"#,
            "receive series from Addr",
        ),
        (
            r#"{"status":"success","data":{"resultType":"matrix","result":[]},"warnings":["PromQL info: metric might not be a counter","No StoreAPIs matched for this query"]}"#,
            "No StoreAPIs matched",
        ),
        (r#"{"status":"success","isPartial":true,"data":{"resultType":"matrix","result":[]}}"#, "isPartial"),
    ];
    for dialect in Dialect::ALL {
        for (body, says) in ways {
            let fault = fault(dialect, 200, body).await;
            let partial = matches!(&fault, SourceFault::Partial { warning } if warning.starts_with(says));
            assert!(partial, "{dialect}: {fault:?}");
        }
    }
}

#[tokio::test]
async fn notes_on_a_whole_answer_do_not_hold() {
    let mut world = world(Dialect::Thanos).await;
    let pods = [Pod::new("primary", "p"), Pod::new("canary", "c")];
    for tick in 0..5 {
        world.prom.scrape(f64::from(tick) * 15.0, &pods.each_ref());
    }
    world.prom.reply(Reply::Warns("PromQL info: metric might not be a counter"));
    // The fake adds a second warning, which is none.
    let Missing::Source { fault: SourceFault::Partial { warning }, .. } =
        missing(&world.due(67.0, Both).await, ErrorRate)
    else {
        panic!("it was counted")
    };
    assert_eq!(warning, "another");
}

#[tokio::test]
async fn refusals_are_told_in_the_store_s_words() {
    let refused =
        |kind: &str, detail: &str| SourceFault::Refused { kind: kind.into(), detail: detail.into() };
    let chunks = r#"{"status":"error","errorType":"execution","error":"the query exceeded the maximum number of chunks (limit: 2000000 chunks) (err-mimir-max-chunks-per-query)"}"#;
    let detail = "the query exceeded the maximum number of chunks (limit: 2000000 chunks) (err-mimir-max-chunks-per-query)";
    assert_eq!(fault(Dialect::Mimir, 422, chunks).await, refused("execution", detail));
    let many =
        r#"{"status":"error","errorType":"too_many_requests","error":"too many outstanding requests"}"#;
    assert_eq!(
        fault(Dialect::Mimir, 429, many).await,
        refused("too_many_requests", "too many outstanding requests")
    );
    let late = r#"{"status":"error","errorType":"timeout","error":"context deadline exceeded"}"#;
    assert_eq!(fault(Dialect::Mimir, 503, late).await, refused("timeout", "context deadline exceeded"));
    assert_eq!(fault(Dialect::Mimir, 401, "no org id\n").await, SourceFault::HttpStatus { status: 401 });
    let away = r#"{"status":"error","errorType":"execution","error":"expanding series: proxy Series(): rpc error: code = Aborted desc = fetch series for {region=\"apac\"}"}"#;
    let told = fault(Dialect::Thanos, 422, away).await;
    assert!(matches!(&told, SourceFault::Refused { kind, .. } if kind == "execution"), "{told:?}");
    let series = r#"{"status":"error","errorType":"422","error":"cannot fetch data: the number of matching timeseries exceeds 300000"}"#;
    assert_eq!(
        fault(Dialect::VictoriaMetrics, 422, series).await,
        refused("422", "cannot fetch data: the number of matching timeseries exceeds 300000")
    );
    let torn = r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"1"]]}{"status":"error","errorType":"503","error":"a storage node is away"}"#;
    let told = fault(Dialect::VictoriaMetrics, 200, torn).await;
    assert!(matches!(told, SourceFault::NotAnAnswer { .. }), "{told:?}");
}

/// A primary's second pod goes away after 45 s: what was counted of it, and why something was not.
async fn a_pod_goes(dialect: Dialect, leaves_marks: bool) -> (Counts, BTreeSet<String>) {
    let mut world = world(dialect).await;
    let pods = [Pod::new("primary", "p"), Pod::new("canary", "c")];
    let mut gone = Pod::new("primary", "q");
    let (mut counts, mut reasons) = (Counts::default(), BTreeSet::new());
    for s in (0..240).map(f64::from) {
        if s % 15.0 == 0.0 {
            world.prom.scrape(s, &pods.each_ref());
            if s < 60.0 {
                gone.serve(10, 1, 2);
                world.prom.scrape(s, &[&gone]);
            }
        }
        if s == 60.0 && leaves_marks {
            mark(&world.prom, &gone, s);
        }
        let reading = world.poll(s, Both).await.map(|increment| increment.signals[&ErrorRate].clone());
        match reading {
            Some(Reading::Counted { primary: Some(more), .. }) => {
                counts = Counts::exact(counts.bad + more.bad, counts.total + more.total);
            }
            Some(Reading::Missing(Missing::FirstReading | Missing::SeriesAbsent { .. })) | None => {}
            Some(Reading::Missing(Missing::TargetLate { target, .. })) => {
                reasons.insert(format!("{target} is late"));
            }
            Some(other) => {
                reasons.insert(format!("{other:?}"));
            }
        }
    }
    (counts, reasons)
}

/// What VictoriaMetrics stores where a series ended.
fn mark(prom: &Prom, pod: &Pod, s: f64) {
    let requests = ["200", "500"].map(|code| ("http_requests_total", ("code", code)));
    let buckets = ["0.1", "0.2", "+Inf"].map(|le| ("http_request_duration_seconds_bucket", ("le", le)));
    for (name, label) in requests.into_iter().chain(buckets) {
        prom.lock().store.add(pod.labels(name, label), crate::fake::at(s), "NaN");
    }
}

#[tokio::test]
async fn the_staleness_marks_that_victoria_metrics_keeps_change_no_count_and_hold_nothing_longer() {
    let as_prometheus = a_pod_goes(Dialect::Prometheus, false).await;
    let late = BTreeSet::from(["q (job api) is late".to_owned()]);
    assert_eq!(as_prometheus, (Counts::exact(3.0, 33.0), late));
    assert_eq!(a_pod_goes(Dialect::VictoriaMetrics, true).await, as_prometheus);
    let (_, reasons) = a_pod_goes(Dialect::Prometheus, true).await;
    assert!(reasons.iter().any(|why| why.contains("NotANumber")), "elsewhere a NaN is no count: {reasons:?}");
}

/// What is counted of a canary whose first failures, of a scrape at 30 s, arrive five seconds after its successes.
async fn failures_that_come_late(dialect: Dialect) -> f64 {
    let mut world = world(dialect).await;
    let primary = Pod::new("primary", "p");
    let mut canary = Pod { hides_zero: true, ..Pod::new("canary", "c") };
    canary.serve(5, 0, 0);
    for s in [0.0, 15.0] {
        world.prom.scrape(s, &[&primary, &canary]);
    }
    let mut bad = 0.0;
    for s in (1..=100).map(f64::from) {
        if [30.0, 45.0, 60.0, 75.0].contains(&s) {
            canary.serve(10, if s == 30.0 { 4 } else { 0 }, 0);
            world.prom.scrape(s, &[&Pod { failed: 0, ..canary.clone() }, &primary]);
        }
        if [35.0, 50.0, 65.0, 80.0].contains(&s) {
            world.prom.scrape(s - 5.0, &[&canary]);
        }
        let Some(increment) = world.poll(s, Both).await else { continue };
        if let Reading::Counted { canary: Some(counts), .. } = increment.signals[&ErrorRate] {
            bad += counts.bad;
        }
    }
    bad
}

#[tokio::test]
async fn series_of_one_scrape_that_are_written_apart_are_waited_for() {
    for dialect in [Dialect::Thanos, Dialect::Mimir, Dialect::VictoriaMetrics] {
        assert_eq!(failures_that_come_late(dialect).await, 4.0, "{dialect}");
    }
    assert_eq!(failures_that_come_late(Dialect::Prometheus).await, 0.0, "which is why the dialect waits");
}

#[tokio::test]
async fn a_victoria_metrics_tells_its_time_as_a_vector() {
    let mut world = world(Dialect::VictoriaMetrics).await;
    world.prom.lock().time_is_a_vector = true;
    world.ahead = 100.0;
    world.prom.scrape(1080.0, &[&Pod::new("primary", "p"), &Pod::new("canary", "c")]);
    assert_eq!(world.due(990.0, Both).await.as_of, crate::fake::at(980.0));
}

#[tokio::test]
async fn regions_that_share_a_store_go_blind_one_by_one() {
    let prom = Prom::start().await;
    let of = |region: &'static str| {
        World::over(prom.clone(), |config| {
            for query in [
                &mut config.queries.canary.requests,
                &mut config.queries.canary.buckets,
                &mut config.queries.primary.requests,
                &mut config.queries.primary.buckets,
            ] {
                *query = query.replace('}', &format!(",region=\"{region}\"}}"));
            }
        })
    };
    let pods = [Pod::new("primary", "p"), Pod::new("canary", "c")];
    let scrape = |region: &str, s: f64| {
        for pod in &pods {
            for (name, label) in
                [("http_requests_total", ("code", "200")), ("http_requests_total", ("code", "500"))]
                    .into_iter()
                    .chain(
                        ["0.1", "0.2", "+Inf"].map(|le| ("http_request_duration_seconds_bucket", ("le", le))),
                    )
            {
                let mut series = pod.labels(name, label);
                series.extend(labels(&[("region", region)]));
                prom.lock().store.add(series, crate::fake::at(s), "7");
            }
        }
    };
    for tick in 0..20 {
        scrape("us-east", f64::from(tick) * 15.0);
        if tick < 8 {
            scrape("apac", f64::from(tick) * 15.0);
        }
    }
    let (mut us, mut apac) = (of("us-east"), of("apac"));
    for s in [31.0, 61.0, 91.0] {
        us.due(s, Both).await;
        apac.due(s, Both).await;
    }
    let mut last = None;
    for s in [121.0, 151.0, 181.0, 211.0, 241.0, 271.0] {
        counted(&us.due(s, Both).await, ErrorRate);
        last = apac.poll(s, Both).await.or(last);
    }
    let why = missing(&last.unwrap(), ErrorRate);
    assert!(matches!(why, Missing::OldData { .. }), "{why:?}");
}
