//! What each rule sees in the series that exporters bring.

use super::scene::{NOW, Scene, level, names, plan, plan_of, query, source, unknown};
use haldane_core::guard::{Pods, Seen};
use haldane_core::increment::Missing;
use haldane_core::policy::{AgeOf, GuardSource};

#[tokio::test]
async fn a_region_is_down_as_far_as_its_probes_fail() {
    let scene = Scene::start().await;
    scene.add("probe_success", &[("instance", "https://a/health")], "1", 10.0);
    assert_eq!(scene.sees("region-up", None).await, level(0.0, None));
    scene.add("probe_success", &[("instance", "https://b/health")], "0", 10.0);
    assert_eq!(scene.sees("region-up", None).await, level(0.5, Some("https://b/health")));
    scene.add("probe_success", &[("instance", "https://c/health")], "0", 10.0);
    let two = level(2.0 / 3.0, Some("https://b/health and 1 more"));
    assert_eq!(scene.sees("region-up", None).await, two);
}

#[tokio::test]
async fn an_author_s_share_is_as_far_down_as_it_says_and_what_is_no_share_is_not_known() {
    let scene = Scene::start().await;
    let own = || Some(query("avg(up)"));
    scene.gives("avg(up)", &[(&[], "0.75")]);
    assert_eq!(scene.sees("region-up", own()).await, level(0.25, None));
    scene.gives("avg(up)", &[(&[], "-1")]);
    assert!(
        unknown(scene.sees("region-up", own()).await).to_string().contains("neither up (1) nor down (0)")
    );
}

#[tokio::test]
async fn the_worst_copy_counts_and_the_server_that_writes_does_not() {
    let scene = Scene::start().await;
    for (pod, lag, copy) in [("db-1", "900", "0"), ("db-2", "1.5", "1"), ("db-3", "7", "1")] {
        scene.add("cnpg_pg_replication_lag", &[("pod", pod)], lag, 10.0);
        scene.add("cnpg_pg_replication_in_recovery", &[("pod", pod)], copy, 10.0);
        scene.add("cnpg_pg_replication_is_wal_receiver_up", &[("pod", pod)], "1", 10.0);
    }
    assert_eq!(scene.sees("replication-lag", None).await, level(7.0, Some("db-3")));
}

#[tokio::test]
async fn where_all_that_is_here_writes_nothing_is_behind() {
    let scene = Scene::start().await;
    scene.add("pg_replication_lag_seconds", &[("instance", "db:9187")], "900", 10.0);
    let lag = level(900.0, Some("db:9187"));
    assert_eq!(scene.sees("replication-lag", None).await, lag, "a role that is not told is a copy's");
    scene.add("pg_replication_is_replica", &[("instance", "db:9187")], "0", 10.0);
    assert_eq!(scene.sees("replication-lag", None).await, level(0.0, Some("all that is here writes")));
}

#[tokio::test]
async fn a_copy_that_receives_nothing_is_not_level_because_it_says_so() {
    let scene = Scene::start().await;
    scene.add("cnpg_pg_replication_lag", &[("pod", "db-2")], "0", 10.0);
    scene.add("cnpg_pg_replication_in_recovery", &[("pod", "db-2")], "1", 10.0);
    scene.add("cnpg_pg_replication_is_wal_receiver_up", &[("pod", "db-2")], "1", 10.0);
    assert_eq!(scene.sees("replication-lag", None).await, level(0.0, Some("db-2")));
    scene.add("cnpg_pg_replication_is_wal_receiver_up", &[("pod", "db-2")], "0", 5.0);
    let why = unknown(scene.sees("replication-lag", None).await).to_string();
    assert!(why.contains("0 at db-2, which receives nothing"), "{why}");
}

#[tokio::test]
async fn bytes_are_read_as_the_writer_tells_them() {
    let scene = Scene::start().await;
    scene.add(
        "pg_stat_replication_pg_wal_lsn_diff",
        &[("instance", "db:9187"), ("application_name", "r1")],
        "4096",
        10.0,
    );
    scene.add(
        "pg_replication_slots_pg_wal_lsn_diff",
        &[("instance", "db:9187"), ("slot_name", "r2")],
        "9000",
        10.0,
    );
    assert_eq!(scene.sees("lag-bytes", None).await, level(9000.0, Some("db:9187")));
}

#[tokio::test]
async fn those_who_write_are_named_and_nobody_is_an_answer_where_silence_is_none() {
    let scene = Scene::start().await;
    assert!(matches!(unknown(scene.sees("failover", None).await), Missing::PlaceAbsent { .. }));
    scene.add("cnpg_pg_replication_in_recovery", &[("pod", "db-1")], "1", 10.0);
    assert_eq!(scene.sees("failover", None).await, names(&[]));
    scene.add("cnpg_pg_replication_in_recovery", &[("pod", "db-2")], "0", 10.0);
    scene.add("pg_replication_is_replica", &[("instance", "old:9187")], "0", 10.0);
    assert_eq!(scene.sees("failover", None).await, names(&["db-2", "old:9187"]));
    scene.add("pg_replication_is_replica", &[("instance", "odd:9187")], "2", 10.0);
    assert!(unknown(scene.sees("failover", None).await).to_string().contains("neither a copy"));
}

#[tokio::test]
async fn an_author_s_query_says_one_for_who_writes_and_may_not_keep_zeros_alone() {
    let scene = Scene::start().await;
    scene.add("patroni_primary", &[("pod", "pg-0")], "1", 10.0);
    scene.add("patroni_primary", &[("pod", "pg-1")], "0", 10.0);
    assert_eq!(scene.sees("failover", Some(query("patroni_primary"))).await, names(&["pg-0"]));
    let refused = plan("failover", Some(query("mysql_global_variables_read_only == 0"))).unwrap_err();
    assert!(refused.to_string().contains("== bool 0"), "{refused}");
}

/// Four pods of two versions, each using so much of its one CPU, and the primary's autoscaler.
fn pods(scene: &Scene, used: f64) {
    for (deployment, ready) in [("api", "1"), ("api-primary", "3")] {
        scene.add("kube_deployment_status_replicas_ready", &[("deployment", deployment)], ready, 10.0);
        scene.add("kube_deployment_status_replicas_available", &[("deployment", deployment)], "9", 10.0);
    }
    scene.add("kube_deployment_status_replicas_ready", &[("deployment", "api-v2")], "50", 10.0);
    for pod in ["api-5d4f-x1", "api-primary-6c8-a", "api-primary-6c8-b", "api-primary-6c8-c"] {
        let labels = [("pod", pod), ("container", "app")];
        for age_s in [10.0, 40.0] {
            let total = 1000.0 - used * age_s;
            scene.add("container_cpu_usage_seconds_total", &labels, &total.to_string(), age_s);
        }
        let labels = [("pod", pod), ("container", "app"), ("resource", "cpu")];
        scene.add("kube_pod_container_resource_requests", &labels, "1", 60.0);
    }
}

#[tokio::test]
async fn pods_are_those_of_both_versions_and_their_use_is_the_mean() {
    let scene = Scene::start().await;
    pods(&scene, 0.75);
    let why = unknown(scene.sees("capacity", None).await).to_string();
    assert!(why.contains("kube_horizontalpodautoscaler_spec_max_replicas"), "{why}");
    scene.add(
        "kube_horizontalpodautoscaler_spec_max_replicas",
        &[("horizontalpodautoscaler", "api")],
        "4",
        10.0,
    );
    let primary = [("horizontalpodautoscaler", "keda-hpa-api-primary")];
    scene.add("kube_horizontalpodautoscaler_spec_max_replicas", &primary, "6", 10.0);
    let Seen::Pods(Pods { current, primary, utilisation, most }) = scene.sees("capacity", None).await else {
        panic!()
    };
    assert_eq!((current, primary, most), (4.0, Some(3.0), 6.0));
    assert!((utilisation - 0.75).abs() < 1e-9, "{utilisation}");
}

#[tokio::test]
async fn each_of_the_three_things_that_capacity_needs_is_named_where_it_is_missing() {
    let scene = Scene::start().await;
    let missing = async || unknown(scene.sees("capacity", None).await);
    let absent = |series: &str| Missing::PlaceAbsent { series: series.to_owned() };
    assert_eq!(missing().await, absent("kube_deployment_status_replicas_ready"));
    scene.add("kube_deployment_status_replicas_ready", &[("deployment", "api")], "5", 10.0);
    assert_eq!(missing().await, absent("kube_horizontalpodautoscaler_spec_max_replicas"));
    scene.add(
        "kube_horizontalpodautoscaler_spec_max_replicas",
        &[("horizontalpodautoscaler", "api")],
        "9",
        10.0,
    );
    assert_eq!(missing().await, absent("container_cpu_usage_seconds_total"));
    // One pod of five tells nothing of the other four.
    let pod = [("pod", "api-5d4f-x1"), ("container", "app")];
    for (age_s, total) in [(10.0, "30"), (40.0, "15")] {
        scene.add("container_cpu_usage_seconds_total", &pod, total, age_s);
    }
    let requests = [("pod", "api-5d4f-x1"), ("container", "app"), ("resource", "cpu")];
    scene.add("kube_pod_container_resource_requests", &requests, "1", 10.0);
    assert_eq!(missing().await, absent("container_cpu_usage_seconds_total"));
}

#[tokio::test]
async fn a_region_that_is_scaled_to_nothing_has_no_load() {
    let scene = Scene::start().await;
    scene.add("kube_deployment_status_replicas_ready", &[("deployment", "api-primary")], "0", 10.0);
    let of = [("horizontalpodautoscaler", "api-primary")];
    scene.add("kube_horizontalpodautoscaler_spec_max_replicas", &of, "9", 10.0);
    let none = Pods { current: 0.0, primary: Some(0.0), utilisation: 0.0, most: 9.0 };
    assert_eq!(scene.sees("capacity", None).await, Seen::Pods(none));
}

const CRITICAL: &str = "ALERTS{alertstate=\"firing\",severity=\"critical\"}";

#[tokio::test]
async fn alerts_that_fire_are_named_and_none_is_an_answer_too() {
    let scene = Scene::start().await;
    scene.gives(CRITICAL, &[]);
    assert_eq!(scene.sees("alerts", None).await, names(&[]));
    let hostile = "\u{1b}[31mred\n, nobody";
    let alert = |name| [("__name__", "ALERTS"), ("alertname", name)];
    scene.gives(CRITICAL, &[(&alert("DiskFull"), "1"), (&alert(hostile), "1"), (&alert("Over"), "0")]);
    assert_eq!(scene.sees("alerts", None).await, names(&["DiskFull", "[31mred , nobody"]));
}

#[tokio::test]
async fn alerts_are_asked_by_severity_by_name_or_by_both_and_as_values() {
    let asked = |said: GuardSource| plan("alerts", Some(said)).map(|_| ());
    assert!(asked(query("ALERTS{")).is_err());
    let scene = Scene::start().await;
    let names_of = |names: &[&str], severity: Option<&str>| GuardSource {
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        severity: severity.map(str::to_owned),
        ..GuardSource::default()
    };
    for (said, expected) in [
        (names_of(&["A"], None), r#"ALERTS{alertstate="firing",alertname="A"}"#),
        (names_of(&["A.b", "C\"}"], None), r#"ALERTS{alertstate="firing",alertname=~"A\\.b|C\"\\}"}"#),
        (names_of(&[], Some("page")), r#"ALERTS{alertstate="firing",severity="page"}"#),
        (names_of(&["A"], Some("page")), r#"ALERTS{alertstate="firing",severity="page",alertname="A"}"#),
    ] {
        scene.gives(expected, &[]);
        assert_eq!(scene.sees("alerts", Some(said)).await, names(&[]));
        assert_eq!(scene.queries(), [expected]);
    }
}

#[tokio::test]
async fn of_several_series_of_an_own_query_the_worst_counts_and_no_unusual_label_is_told() {
    let scene = Scene::start().await;
    let text = "max by (from, to) (latency_seconds)";
    scene.gives(text, &[(&[("from", "us"), ("to", "eu")], "0.2"), (&[("from", "us"), ("to", "ap")], "0.9")]);
    let worst = level(0.9, None);
    assert_eq!(scene.sees("level", Some(query(text))).await, worst);
    assert_eq!(scene.sees("error-budget", Some(query(text))).await, worst);
    assert_eq!(scene.sees("replication-lag", Some(query(text))).await, worst);
    let lookback = scene.prom.lock().forms.iter().filter(|form| form.contains("lookback_delta=120s")).count();
    assert_eq!(lookback, 6, "each query, and how old what it rests on is");
}

#[tokio::test]
async fn an_own_selector_is_asked_for_samples_so_that_their_age_is_known() {
    let scene = Scene::start().await;
    scene.add("spent", &[("slo", "a")], "0.4", 10.0);
    let spent = || Some(query("spent"));
    assert_eq!(scene.sees("error-budget", spent()).await, level(0.4, None));
    assert_eq!(scene.queries(), ["spent[300s]"]);
    for name in ["error-budget", "level"] {
        assert!(plan(name, None).unwrap_err().to_string().contains("write query"));
    }
    assert!(plan("capacity", spent()).unwrap_err().to_string().contains("leave it out"));
}

#[tokio::test]
async fn the_oldest_counts_by_its_value_or_by_its_sample() {
    let scene = Scene::start().await;
    for (job, age_s) in [("a", 60.0), ("b", 4000.0)] {
        scene.add("last_success_timestamp_seconds", &[("job", job)], &(NOW - age_s).to_string(), 10.0);
    }
    assert_eq!(scene.sees("freshness", None).await, level(4000.0, Some("b")));
    let sample = |text| GuardSource { age_of: AgeOf::Sample, ..query(text) };
    let far = "timestamp(synced) or max_over_time(timestamp(synced)[3900s:60s])";
    scene.gives(
        far,
        &[(&[("job", "a")], &(NOW - 700.0).to_string()), (&[("job", "b")], &(NOW - 9.0).to_string())],
    );
    assert_eq!(scene.sees("freshness", Some(sample("synced"))).await, level(700.0, Some("a")));
    let refused = plan("freshness", Some(sample("max(synced)"))).unwrap_err();
    assert!(refused.to_string().contains("always of now"), "{refused}");
}

#[tokio::test]
async fn milliseconds_and_times_to_come_are_no_age() {
    let scene = Scene::start().await;
    scene.add("last_success_timestamp_seconds", &[("job", "a")], &(NOW * 1000.0).to_string(), 10.0);
    let why = unknown(scene.sees("freshness", None).await).to_string();
    assert!(why.contains("no past time in seconds since 1970"), "{why}");
}

#[tokio::test]
async fn labels_of_the_source_are_asked_of_every_series() {
    let scene = Scene::start().await;
    let mut source = source();
    source.labels.insert("region".to_owned(), "us\"east".to_owned());
    let own = Some(query("sum(spent) / sum(budget{region=\"all\"})"));
    for (name, said) in super::scene::rules().into_iter().map(|(name, _)| match name {
        "error-budget" | "level" => (name, own.clone()),
        _ => (name, None),
    }) {
        let reader = scene.reader("us-east", plan_of(name, said, &source).unwrap());
        for probe in reader.probe(crate::fake::at(NOW)).await {
            assert!(!probe.asks.is_empty());
            for ask in probe.asks {
                let selectors = ask.text.matches('{').count() - ask.text.matches("region=\"all\"").count();
                let narrowed = ask.text.matches("region=\"us\\\"east\"").count();
                assert_eq!(narrowed, selectors, "{}", ask.text);
            }
        }
    }
}
