//! A policy on trial.

use haldane_core::time::Span;
use haldane_e2e::{Conduct, Story, run, shared_plane};
use haldane_world::Behaviour;

#[test]
fn shadow_mode_changes_nothing_even_for_a_release_that_it_would_roll_back() -> anyhow::Result<()> {
    run(async {
        let plane = shared_plane().await?;
        let told = Story { mode: "shadow", ..Story::new("shadow") }.begin(&plane).await?;
        let clock = haldane_clock::Clock::real();
        told.deploy("2.0.0", Conduct::Serves(Behaviour::FAST.failing(0.5))).await?;
        told.at(5).await?;
        let began = clock.now();
        let end = told.phase("Succeeded").await?;
        let took = clock.now() - began;
        assert!(
            took < Span::from_s(70),
            "a tick for each step and three for the promotion, with nothing held: {took}"
        );
        assert_eq!(end.failed_checks, 0);
        let report = told.haldane.report(&told.haldane.newest().await?).await?;
        assert!(
            report["looks"].to_string().contains("breach"),
            "it says what it would have done: {report:#}"
        );
        told.scenario.print_events().await
    })
}
