//! Strategies besides the weighted canary, which the model of Flagger does not cover; and a target that is no Deployment.

use crate::act::{Act, NEW, weighted};
use anyhow::Result;
use haldane_core::time::Span;
use haldane_e2e::{Answer, Setup, Target, run, shared_plane};
use haldane_world::parts::Wait;
use k8s_openapi::api::core::v1::Event;
use kube::Api;
use kube::api::ListParams;
use serde_json::json;

/// What the API server answers to a copy that names the addresses of the first, but not its address.
const CANNOT_COPY: &str = "must be empty when `clusterIP` is not specified";

#[test]
fn blue_green_shifts_all_traffic_at_the_first_yes_and_promotes_at_the_second() -> Result<()> {
    run(async {
        let analysis = json!({"interval": "10s", "threshold": 3, "iterations": 2});
        let mut act = Act::begin("blue-green", analysis).await?;
        act.next("confirm-promotion", 2, &Answer::NO.saying("not proved yet"));
        act.deploy(NEW).await?;
        act.until(|tick| tick.phase == "Succeeded").await?;
        let ticks = &act.tape.recording().ticks;
        assert!(ticks.iter().all(|tick| !tick.hooks().contains(&"confirm-traffic-increase")));
        assert!(ticks.iter().any(|tick| tick.weight == 100), "all traffic was on the new version for a tick");
        act.ends().await
    })
}

#[test]
fn a_b_gives_the_new_version_to_whoever_asks_for_it() -> Result<()> {
    run(async {
        let matching = json!([{"headers": {"x-canary": {"exact": "insider"}}}]);
        let analysis = json!({"interval": "10s", "threshold": 3, "iterations": 2, "match": matching});
        let mut act = Act::begin("a-b", analysis).await?;
        let insiders = act.scenario.more_load(10, ("x-canary", "insider"))?;
        act.next("confirm-promotion", 1, &Answer::NO.saying("not proved yet"));
        act.deploy(NEW).await?;
        act.until(|tick| tick.iterations == 1).await?;
        let header = act.scenario.canary_annotation("canary-by-header").await?;
        assert_eq!(header.as_deref(), Some("x-canary"), "matched users meet it from the first tick on");
        act.until(|tick| tick.phase == "WaitingPromotion").await?;
        assert!(insiders.report().of_version(NEW) > 0, "{:?}", insiders.report());
        assert_eq!(act.scenario.load().of_version(NEW), 0, "others do not meet it");
        act.until(|tick| tick.phase == "Succeeded").await?;
        let ticks = &act.tape.recording().ticks;
        assert!(ticks.iter().all(|tick| !tick.hooks().contains(&"confirm-traffic-increase")));
        act.ends().await
    })
}

#[test]
fn a_service_is_released_by_its_selector_with_weights_in_a_virtual_service() -> Result<()> {
    run(async {
        let mut setup = Setup::new("service-target", weighted());
        setup.target = Target::Service;
        let mut act = Act::begin_with(setup).await?;
        act.deploy(NEW).await?;
        act.until(|tick| tick.weight == 50).await?;
        act.until(|tick| tick.weight == 100).await?;
        let (old, new) = (act.scenario.truth("1.0.0")?.requests(), act.scenario.truth(NEW)?.requests());
        assert!(old > 0 && new > 0, "both were met: {old}, {new}");
        act.until(|tick| tick.phase == "Succeeded").await?;
        act.ends().await
    })
}

#[test]
fn a_service_with_an_address_cannot_be_released_at_all() -> Result<()> {
    run(async {
        let plane = shared_plane().await?;
        let objects = json!({"apiVersion": "v1", "kind": "List", "items": [
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "service-with-address"}},
            {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "api", "namespace": "service-with-address"},
             "spec": {"selector": {"app": "api"}, "ports": [{"port": 80}]}},
            {"apiVersion": "flagger.app/v1beta1", "kind": "Canary",
             "metadata": {"name": "api", "namespace": "service-with-address"},
             "spec": {"provider": "istio", "targetRef": {"apiVersion": "v1", "kind": "Service", "name": "api"},
                      "service": {"port": 80}, "analysis": weighted()}},
        ]});
        plane.apply(&objects.to_string()).await?;
        let wait = Wait::begin("Flagger says that it cannot copy the Service", Span::from_s(120));
        let events: Api<Event> = Api::namespaced(plane.client(), "service-with-address");
        let why = |event: &Event| event.message.as_deref().unwrap_or_default().contains(CANNOT_COPY);
        while !events.list(&ListParams::default()).await?.items.iter().any(why) {
            wait.again().await?;
        }
        let phase =
            ["get", "canary", "api", "--namespace=service-with-address", "--output=jsonpath={.status.phase}"];
        assert_eq!(plane.kubectl(&phase, "").await?, "Initializing");
        Ok(())
    })
}
