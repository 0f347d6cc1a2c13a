//! Two regions, each with its own API server, Flagger and Prometheus, under one Haldane.

use haldane_core::time::Span;
use haldane_e2e::{Conduct, Etcd, Plane, PlaneConfig, Story, run};
use serde_json::Value;
use std::sync::Arc;

#[test]
fn a_region_waits_at_zero_pods_until_the_one_before_it_runs_the_release_and_has_baked() -> anyhow::Result<()>
{
    run(async {
        let etcd = Arc::new(Etcd::start().await?);
        let east = Arc::new(Plane::start(PlaneConfig::new("us-east"), &etcd).await?);
        let west = Arc::new(Plane::start(PlaneConfig::new("eu-central"), &etcd).await?);
        let (scenarios, haldane) = Story::new("two-regions").begin_in(&[&east, &west]).await?;
        let [first, second] = scenarios.as_slice() else { anyhow::bail!("two planes have two scenarios") };
        // Everywhere at once, as a deployment pipeline would.
        second.deploy("2.0.0", Conduct::FINE).await?;
        first.deploy("2.0.0", Conduct::FINE).await?;
        let long = Span::from_min(6);
        second.reaches("it waits", long, |c| c.phase == "Waiting").await?;
        first.reaches("promoted", long, |c| c.phase == "Succeeded").await?;
        assert_eq!(second.canary().await?.phase, "Waiting", "it still bakes in the first");
        assert_eq!(second.truth("2.0.0")?.requests(), 0);
        let end = second.reaches("promoted", long, |c| c.phase == "Succeeded").await?;
        assert_eq!(end.failed_checks, 0);
        haldane.reaches("both are promoted", long, |r| r["standing"] == "promoted").await?;
        let rollouts = haldane.rollouts().await?;
        let of = |key: &str| rollouts.iter().map(|r| r[key].clone()).collect::<Vec<Value>>();
        assert_eq!(of("standing"), ["promoted", "promoted"], "{rollouts:#?}");
        assert_eq!(of("release"), ["api:2.0.0", "api:2.0.0"], "named after the image, in both");
        first.print_events().await?;
        second.print_events().await
    })
}
