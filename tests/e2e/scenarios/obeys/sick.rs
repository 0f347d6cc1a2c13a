//! Releases that are not well: from the start, or only at half of the traffic.

use haldane_core::time::Span;
use haldane_e2e::{Conduct, Story, Told, run, shared_plane};
use haldane_world::Behaviour;
use serde_json::Value;

const FAILS: Behaviour = Behaviour::FAST.failing(0.5);

#[test]
fn a_bad_release_is_rolled_back_at_five_percent_within_two_ticks_of_the_breach() -> anyhow::Result<()> {
    run(async {
        let plane = shared_plane().await?;
        let told = Story::new("sick").begin(&plane).await?;
        told.deploy("2.0.0", Conduct::Serves(FAILS)).await?;
        told.at(5).await?;
        back_within_two_ticks(&told).await?;
        assert_eq!(told.permitted().await?, [0]);
        let (canary, primary) = (told.scenario.truth("2.0.0")?, told.scenario.truth("1.0.0")?);
        let share = canary.requests() as f64 / (canary.requests() + primary.requests()) as f64;
        assert!(share < 0.06, "its users were never more than 5 %: {share}");
        told.scenario.print_events().await
    })
}

#[test]
fn a_release_that_is_bad_only_at_half_of_the_traffic_is_rolled_back_there() -> anyhow::Result<()> {
    run(async {
        let plane = shared_plane().await?;
        let told = Story::new("sick-at-50").begin(&plane).await?;
        told.deploy("2.0.0", Conduct::FINE).await?;
        told.at(50).await?;
        plane.nodes().behave(told.scenario.namespace(), "api", FAILS).await?;
        back_within_two_ticks(&told).await?;
        assert_eq!(told.permitted().await?, [0, 5]);
        told.scenario.print_events().await
    })
}

/// From Haldane's verdict to the traffic on the old version: Flagger asks every ten seconds.
async fn back_within_two_ticks(told: &Told) -> anyhow::Result<()> {
    let clock = haldane_clock::Clock::real();
    let verdict = |r: &Value| r["decision"] == "rollback" || r["standing"] == "rolled-back";
    told.haldane.reaches("a breach", Span::from_min(5), verdict).await?;
    let breached = clock.now();
    let end = told.phase("Failed").await?;
    let took = clock.now() - breached;
    assert!(took <= Span::from_s(21), "{took}");
    assert_eq!((end.failed_checks, told.scenario.live_weight().await?), (0, 0));
    let rolled_back = told.stands("rolled-back").await?;
    assert!(rolled_back["headline"].as_str().is_some_and(|h| h.contains("error-rate")), "{rolled_back:#}");
    Ok(())
}
