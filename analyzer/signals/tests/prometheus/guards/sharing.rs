//! What asking costs, and that a place is watched where nothing else can be.

use super::scene::{NOW, Scene, guard, level, query, rule, source, unknown};
use crate::fake::{at, config};
use futures_util::future::join_all;
use haldane_core::guard::Rule;
use haldane_core::increment::{Arms, Region};
use haldane_core::policy::PrometheusSource;
use haldane_signals::guards::{GuardReader, Plan};
use haldane_signals::prometheus::PrometheusRegion;

/// Everything that can be asked without a query, and one thing with one.
fn of(service: &str) -> Plan {
    let names =
        ["region-up", "replication-lag", "lag-bytes", "failover", "capacity", "alerts", "freshness", "level"];
    let guards = names.iter().map(|name| guard(name, rule(name))).collect();
    let said = [("level".to_owned(), query("max(shared_latency_seconds)"))].into();
    Plan::new(guards, &said, &PrometheusSource::new("http://unused", "pay", service)).unwrap()
}

#[tokio::test]
async fn two_hundred_services_ask_what_one_asks() {
    let scene = Scene::start().await;
    scene.gives("max(shared_latency_seconds)", &[(&[], "1")]);
    scene.gives("ALERTS{alertstate=\"firing\",severity=\"critical\"}", &[]);
    let one = scene.reader("us-east", of("api"));
    one.poll(at(NOW)).await;
    let alone = scene.queries().len();
    drop(one);
    let readers: Vec<GuardReader> =
        (0..200).map(|n| scene.reader("us-east", of(&format!("app-{n:03}")))).collect();
    let seen = join_all(readers.iter().map(|reader| reader.poll(at(NOW)))).await;
    assert!(seen.iter().all(|watched| watched.len() == 8 && watched[7].seen == level(1.0, None)));
    let together = scene.queries();
    assert_eq!(together.len(), alone, "{together:#?}");
    assert_eq!(together.iter().filter(|query| query.as_str() == "max(shared_latency_seconds)").count(), 1);
}

#[tokio::test]
async fn what_one_asks_wrongly_is_its_own_trouble() {
    let scene = Scene::start().await;
    scene.gives("max(a)", &[(&[], "1")]);
    let own = |text: &str| {
        let said = [("level".to_owned(), query(text))].into();
        Plan::new(vec![guard("level", rule("level"))], &said, &source()).unwrap()
    };
    let readers = [scene.reader("a", own("max(a)")), scene.reader("b", own("max(poison)"))];
    let seen = join_all(readers.iter().map(|reader| reader.poll(at(NOW)))).await;
    assert_eq!(seen[0][0].seen, level(1.0, None));
    assert!(unknown(seen[1][0].seen.clone()).to_string().contains("refused"));
}

#[tokio::test]
async fn a_place_is_watched_where_no_request_can_be_counted() {
    let scene = Scene::start().await;
    scene.add("probe_success", &[("instance", "a")], "0", 10.0);
    let config = config(&scene.prom);
    let hub = scene.hubs.of(&config).unwrap();
    let plan = Plan::new(vec![guard("region-up", Rule::RegionUp)], &[].into(), &source()).unwrap();
    let region = PrometheusRegion::among(config, scene.clock(), &hub).unwrap();
    let mut region = region.guarding(plan);
    let down = level(1.0, Some("a"));
    for s in [0.0, 15.0, 30.0] {
        scene.prom.lock().now = at(NOW + s);
        scene.clock().set(at(NOW + s));
        let (increment, watched) = region.look(at(NOW + s), Arms::PrimaryOnly).await;
        let counted = increment.is_some_and(|i| {
            i.signals.values().any(|r| matches!(r, haldane_core::increment::Reading::Counted { .. }))
        });
        assert!(!counted && watched[0].seen == down, "{watched:?}");
    }
    assert_eq!(region.guards(at(NOW + 30.0)).await[0].seen, down);
    assert!(scene.hubs.states().iter().all(|state| state.region == Region::from("us-east")));
}
