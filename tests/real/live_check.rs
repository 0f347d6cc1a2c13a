//! `haldane check --live` on a healthy world: a real Prometheus with a past and a present comes out clean.

use crate::rules;
use haldane_core::time::Span;
use haldane_world::{World, WorldConfig, until};
use std::process::{Output, Stdio};
use tokio::process::Command;

/// Longer than a machine under load needs for the first scrapes.
const PATIENCE: Span = Span::from_s(60);

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_world_comes_out_clean_with_the_numbers_of_its_own_prometheus() {
    let world =
        World::start(WorldConfig::new("us-east", 41).with_history(Span::from_min(130))).await.unwrap();
    world.is_scraped().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("fnp.yaml"), rules::text(&world.prometheus().url(), "12s", 1, "0.1%"))
        .unwrap();
    // The world begins with a gap of a few seconds between its past and its first scrape; then increments follow.
    let mut last = String::new();
    let counted = until("a clean check with counts", PATIENCE, async || {
        let output = check(folder.path()).await;
        last = String::from_utf8(output.stdout).unwrap();
        let is_counted = |line: &str| line.contains("primary requests") && line.contains(" requests in ");
        Ok((output.status.success() && last.lines().any(is_counted)).then_some(()))
    });
    counted.await.unwrap_or_else(|late| panic!("{late}\n{last}"));
    for fact in [
        "clock             the source's agrees with ours",
        "of the primary's last 120 minutes can be counted",
        "of 2 targets; scraped every 1s; newest",
        ", 0 failed",
        "the limit is a bucket edge",
        "nothing found would hold or harm a rollout",
    ] {
        assert!(last.contains(fact), "{fact}\n{last}");
    }
    assert!(!last.contains("WRONG"), "{last}");
    let minutes = last.split(" of the primary's last").next().unwrap().rsplit(' ').next().unwrap();
    assert!(minutes.parse::<u32>().unwrap() >= 118, "{last}");
}

async fn check(folder: &std::path::Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_haldane"));
    command.current_dir(folder).args(["check", "fnp.yaml", "--live"]).stdin(Stdio::null()).kill_on_drop(true);
    command.output().await.unwrap()
}
