//! A release that is well.

use anyhow::Context;
use haldane_core::time::Span;
use haldane_e2e::{Conduct, Story, User, run, shared_plane};
use haldane_world::parts::Wait;
use serde_json::json;

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
        told.scenario.print_events().await
    })
}

/// Before anything is rolled out: what is rendered is what is asked for, and a policy can be drafted from what is there.
#[test]
fn a_live_canary_is_checked_and_a_policy_drafted_from_it() -> anyhow::Result<()> {
    run(async {
        let plane = shared_plane().await?;
        let told = Story::new("drafted").begin(&plane).await?;
        let live = ["check", "policy.yaml", "--live", "--json"];
        // Counting needs two scrapes of the load that has just begun.
        let wait = Wait::begin("check finds nothing", Span::from_min(2));
        while let Err(found) = told.haldane.command(&live).await {
            wait.again().await.with_context(|| format!("{found:#}"))?;
        }
        let kubeconfig = plane.kubeconfig(User::Haldane).display().to_string();
        let prometheus = plane.prometheus().url();
        let init = ["init", "asks-drafted/api", "--cluster-context", "us-east", "--kubeconfig", &kubeconfig];
        let init: Vec<&str> = init.into_iter().chain(["--prometheus", &prometheus]).collect();
        told.haldane.write("draft.yaml", &told.haldane.command(&init).await?)?;
        let meaning = told.haldane.command(&["check", "draft.yaml"]).await?;
        assert!(meaning.contains("draft.yaml is valid") && meaning.contains("asks-drafted/api"), "{meaning}");

        told.scenario.edit(json!({"skipAnalysis": true})).await?;
        let wait = Wait::begin("check finds skipAnalysis", Span::from_min(1));
        loop {
            match told.haldane.command(&live).await {
                Err(found) if format!("{found:#}").contains("skipAnalysis") => {
                    return told.scenario.print_events().await;
                }
                Ok(_) | Err(_) => wait.again().await?,
            }
        }
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
        told.scenario.print_events().await
    })
}
