//! Blue/green and A/B: no weights to go through, and confirm-promotion asked in other ways.

use haldane_e2e::{Conduct, Story, run, shared_plane};
use haldane_world::Behaviour;

#[test]
fn blue_green_gets_all_traffic_then_its_window_and_then_the_promotion() -> anyhow::Result<()> {
    run(async {
        let plane = shared_plane().await?;
        let told = Story { strategy: "blue-green", ..Story::new("blue-green") }.begin(&plane).await?;
        told.deploy("2.0.0", Conduct::FINE).await?;
        told.at(100).await?;
        let end = told.phase("Succeeded").await?;
        assert_eq!((end.failed_checks, told.permitted().await?), (0, vec![0, 100]));
        told.stands("promoted").await?;
        told.scenario.print_events().await
    })
}

#[test]
fn blue_green_goes_back_when_the_new_version_fails_with_all_traffic() -> anyhow::Result<()> {
    run(async {
        let plane = shared_plane().await?;
        let told = Story { strategy: "blue-green", ..Story::new("blue-green-sick") }.begin(&plane).await?;
        told.deploy("2.0.0", Conduct::Serves(Behaviour::FAST.failing(0.5))).await?;
        told.at(100).await?;
        told.phase("Failed").await?;
        assert_eq!(told.permitted().await?, [0]);
        told.stands("rolled-back").await?;
        told.scenario.print_events().await
    })
}

#[test]
fn an_ab_test_is_promoted_after_its_window() -> anyhow::Result<()> {
    run(async {
        let plane = shared_plane().await?;
        let told = Story { strategy: "ab-testing", ..Story::new("ab-testing") }.begin(&plane).await?;
        let users = told.scenario.more_load(40, ("x-canary", "always"))?;
        told.deploy("2.0.0", Conduct::FINE).await?;
        told.at(100).await?;
        let end = told.phase("Succeeded").await?;
        assert_eq!((end.failed_checks, told.permitted().await?), (0, vec![100]));
        told.stands("promoted").await?;
        drop(users);
        told.scenario.print_events().await
    })
}
