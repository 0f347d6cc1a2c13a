//! What people order.

use haldane_e2e::{Conduct, Story, run, shared_plane};

#[test]
fn a_person_lets_a_release_go_on_that_cannot_be_proved() -> anyhow::Result<()> {
    run(async {
        let plane = shared_plane().await?;
        // An hour to observe: nothing but an order moves it.
        let told = Story { observe: "15m", ..Story::new("approved") }.begin(&plane).await?;
        told.deploy("2.0.0", Conduct::FINE).await?;
        for weight in [5, 50, 100] {
            told.at(weight).await?;
            told.haldane.order("approve", "us-east", "only the window is long").await?;
        }
        let end = told.phase("Succeeded").await?;
        assert_eq!((end.failed_checks, told.permitted().await?), (0, vec![0, 5, 50, 100]));
        told.scenario.print_events().await
    })
}

#[test]
fn a_person_rolls_a_healthy_release_back() -> anyhow::Result<()> {
    run(async {
        let plane = shared_plane().await?;
        let told = Story { observe: "15m", ..Story::new("ordered-back") }.begin(&plane).await?;
        told.deploy("2.0.0", Conduct::FINE).await?;
        told.at(5).await?;
        told.haldane.order("rollback", "us-east", "customers see wrong prices").await?;
        let end = told.phase("Failed").await?;
        assert_eq!((end.failed_checks, told.scenario.live_weight().await?), (0, 0));
        let back = told.stands("rolled-back-by-order").await?;
        assert!(back["headline"].as_str().is_some_and(|h| h.contains("wrong prices")), "{back:#}");
        told.scenario.print_events().await
    })
}
