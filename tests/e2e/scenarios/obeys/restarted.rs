//! Haldane away, and Haldane restarted.

use haldane_e2e::{Conduct, Story, run, shared_plane};

#[test]
fn while_haldane_is_away_nothing_advances_and_no_check_fails_and_then_it_goes_on() -> anyhow::Result<()> {
    run(async {
        let plane = shared_plane().await?;
        let told = Story::new("away").begin(&plane).await?;
        told.deploy("2.0.0", Conduct::FINE).await?;
        told.at(5).await?;
        told.haldane.kill().await?;
        // The threshold is 2.
        for _ in 0..5 {
            told.ticks(1).await?;
            let now = told.scenario.canary().await?;
            assert_eq!(
                (now.phase.as_str(), now.failed_checks, told.scenario.live_weight().await?),
                ("Progressing", 0, 5)
            );
        }
        told.haldane.begin().await?;
        let end = told.phase("Succeeded").await?;
        assert_eq!((end.failed_checks, told.permitted().await?), (0, vec![0, 5, 50, 100]));
        told.stands("promoted").await?;
        told.scenario.print_events().await
    })
}

#[test]
fn haldane_killed_in_each_phase_loses_nothing_and_the_release_is_promoted() -> anyhow::Result<()> {
    run(async {
        let plane = shared_plane().await?;
        let told = Story::new("restarted").begin(&plane).await?;
        let again = async || {
            told.haldane.kill().await?;
            told.haldane.begin().await
        };
        told.deploy("2.0.0", Conduct::FINE).await?;
        told.phase("Progressing").await?;
        again().await?;
        for weight in [5, 50, 100] {
            told.at(weight).await?;
            again().await?;
        }
        // Dead while the promotion begins and ends: its hooks are heard by nobody, the cluster tells of it.
        told.phase("Promoting").await?;
        told.haldane.kill().await?;
        let end = told.phase("Succeeded").await;
        told.haldane.begin().await?;
        assert_eq!(end?.failed_checks, 0);
        let promoted = told.stands("promoted").await?;
        assert_eq!(
            (told.permitted().await?, told.haldane.rollouts().await?.len()),
            (vec![0, 5, 50, 100], 1),
            "{promoted:#}"
        );
        told.scenario.print_events().await
    })
}
