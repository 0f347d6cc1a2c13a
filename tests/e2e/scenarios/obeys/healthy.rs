//! A release that is well.

use haldane_e2e::{Conduct, Story, run, shared_plane};

#[test]
fn a_healthy_release_is_promoted_through_every_step_and_its_canary_says_why_it_waited() -> anyhow::Result<()>
{
    run(async {
        let plane = shared_plane().await?;
        let requests_per_s = 150;
        let story = Story { latency_is_only_reported: false, requests_per_s, ..Story::new("healthy") };
        let told = story.begin(&plane).await?;
        told.deploy("2.0.0", Conduct::FINE).await?;
        for weight in [5, 50, 100] {
            told.at(weight).await?;
            assert_eq!(told.scenario.live_weight().await?, weight);
        }
        let end = told.phase("Succeeded").await?;
        let promoted = told.stands("promoted").await?;
        assert_eq!((end.failed_checks, told.permitted().await?), (0, vec![0, 5, 50, 100]));
        assert_eq!(promoted["release"], "api:2.0.0", "named after its image");
        let events = told.scenario.events().await?;
        for why in
            ["us-east is ready for its first traffic", "us-east is observed at 5 %", "is being promoted"]
        {
            assert!(events.iter().any(|event| event.contains(why)), "{why}: {events:#?}");
        }
        let ours = events.iter().filter(|event| event.starts_with("us-east ")).count();
        assert!(ours <= 12, "the same reason with other numbers is no news: {events:#?}");
        let report = told.scenario.report_annotation().await?.unwrap_or_default();
        let id = promoted["id"].as_str().unwrap_or_default();
        assert_eq!(report, format!("https://haldane.example.org/rollouts/{id}"));
        told.print_events().await
    })
}

#[test]
fn hooks_alone_take_a_release_through_every_step_where_no_cluster_is_named() -> anyhow::Result<()> {
    run(async {
        let plane = shared_plane().await?;
        let told = Story { clustered: false, ..Story::new("hooks-alone") }.begin(&plane).await?;
        told.deploy("2.0.0", Conduct::FINE).await?;
        let end = told.phase("Succeeded").await?;
        assert_eq!((end.failed_checks, told.permitted().await?), (0, vec![0, 5, 50, 100]));
        let promoted = told.stands("promoted").await?;
        assert_eq!(promoted["release"], serde_json::Value::Null, "nobody named it");
        assert_eq!(told.scenario.report_annotation().await?, None);
        told.print_events().await
    })
}
