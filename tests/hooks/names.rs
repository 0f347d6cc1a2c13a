//! One policy whose Canary has another name in one of its regions: hooks find the service by region and name.

use crate::policy::{AWAY, AWAY_SERVICE, HOME, SERVICE, in_order, named_apart, one_region};
use crate::world::World;
use haldane::engine::{Engine, EngineConfig, ScrapeSettings, StartError};
use haldane_clock::Clock;
use haldane_core::time::Timestamp;
use haldane_flagger_model::Phase::Succeeded;
use haldane_store::Store;

#[tokio::test]
async fn one_policy_takes_a_release_through_regions_that_name_their_canary_differently() {
    let mut world = World::start(named_apart()).await;
    world.until_phase(HOME, Succeeded).await;
    world.until_phase(AWAY, Succeeded).await;
    let rollouts = world.rollouts_stored().await;
    let known: Vec<(&str, &str)> =
        rollouts.iter().map(|r| (r.service.as_str(), r.outcome.as_deref().unwrap_or_default())).collect();
    assert_eq!(known, [(SERVICE, "promoted"), (SERVICE, "promoted")]);
    assert!(rollouts[0].id.starts_with("fnp.api.eu-central."), "{}", rollouts[0].id);
}

#[tokio::test]
async fn a_name_of_another_region_is_refused_with_the_one_that_is_expected() {
    let world = World::start(named_apart()).await;
    let ask = async |region: &str, canary: &str| {
        let (namespace, name) = canary.split_once('/').unwrap();
        let body = serde_json::json!({"name": name, "namespace": namespace, "phase": "Progressing"});
        let reply = world.post(&format!("/hooks/{region}/rollback"), body.to_string()).await;
        (reply.status, reply.body)
    };
    let expected = |line: &str| (400, line.to_owned());
    assert_eq!(
        ask(AWAY, SERVICE).await,
        expected("in eu-central the Canary of fnp/api is called fnp-eu/web, not fnp/api")
    );
    assert_eq!(
        ask(HOME, AWAY_SERVICE).await,
        expected("in us-east the Canary of fnp/api is called fnp/api, not fnp-eu/web")
    );
    assert_eq!(ask(HOME, "fnp/other").await, (404, "no policy judges fnp/other".to_owned()));
    assert_eq!(ask("apac", AWAY_SERVICE).await, (404, "the policy of fnp/api has no such region".to_owned()));
    assert!(world.rollouts_stored().await.is_empty());
}

#[tokio::test]
async fn two_policies_for_one_canary_do_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let (mut other, sources) = in_order();
    other.service = "fnp/web".to_owned();
    other.regions[0].aims.service = Some(SERVICE.to_owned());
    let started = Engine::start(EngineConfig {
        policies: vec![one_region(), (other, sources)],
        store: Store::open(&folder.path().join("haldane.db")).await.unwrap(),
        clock: Clock::manual(Timestamp::from_s(1_800_000_000)),
        scrape: ScrapeSettings { enabled: false, ..ScrapeSettings::default() },
        public_url: None,
        synthetic: Vec::new(),
    })
    .await;
    match started {
        Err(error @ StartError::TwoForOne { .. }) => assert_eq!(
            error.to_string(),
            "two policies judge fnp/api in us-east; let each Canary be one policy's"
        ),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it starts"),
    }
}
