//! What the release rests on is lost in its middle: Flagger itself, and Prometheus.

use haldane_e2e::{Conduct, Etcd, Plane, PlaneConfig, Story, run};
use std::sync::Arc;

#[test]
fn without_prometheus_a_step_holds_by_name_and_without_flagger_nothing_moves_and_then_it_goes_on()
-> anyhow::Result<()> {
    run(async {
        let etcd = Arc::new(Etcd::start().await?);
        let plane = Arc::new(Plane::start(PlaneConfig::new("us-east"), &etcd).await?);
        let told = Story::new("lost").begin(&plane).await?;
        told.deploy("2.0.0", Conduct::FINE).await?;
        told.at(5).await?;
        plane.prometheus().kill().await?;
        told.holds("cannot be reached").await?;
        told.ticks(3).await?;
        let now = told.scenario.canary().await?;
        assert_eq!(
            (now.phase.as_str(), now.failed_checks, told.scenario.live_weight().await?),
            ("Progressing", 0, 5)
        );
        plane.prometheus().start().await?;
        told.at(50).await?;
        plane.stop_flagger().await?;
        told.ticks(3).await?;
        assert_eq!(told.scenario.live_weight().await?, 50);
        plane.start_flagger().await?;
        let end = told.phase("Succeeded").await?;
        assert_eq!((end.failed_checks, told.permitted().await?), (0, vec![0, 5, 50, 100]));
        told.stands("promoted").await?;
        told.scenario.print_events().await
    })
}
