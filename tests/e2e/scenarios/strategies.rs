//! The strategies besides the weighted canary; the model of Flagger does not cover them, so the recordings are all there is.

use crate::act::{Act, NEW};
use anyhow::Result;
use haldane_e2e::{Answer, run};
use serde_json::json;

#[test]
fn blue_green_shifts_all_traffic_at_the_first_yes_and_promotes_at_the_second() -> Result<()> {
    run(async {
        let analysis = json!({"interval": "10s", "threshold": 3, "iterations": 2});
        let mut act = Act::begin("blue-green", analysis).await?;
        act.next("confirm-promotion", 2, &Answer::NO.saying("not proved yet"));
        act.deploy(NEW).await?;
        act.until(|tick| tick.phase == "Succeeded").await?;
        let ticks = &act.tape.recording().ticks;
        assert!(ticks.iter().all(|tick| !tick.hooks().contains(&"confirm-traffic-increase")));
        assert!(ticks.iter().any(|tick| tick.weight == 100), "all traffic was on the new version for a tick");
        act.ends().await
    })
}

#[test]
fn a_b_gives_the_new_version_to_whoever_asks_for_it() -> Result<()> {
    run(async {
        let matching = json!([{"headers": {"x-canary": {"exact": "insider"}}}]);
        let analysis = json!({"interval": "10s", "threshold": 3, "iterations": 2, "match": matching});
        let mut act = Act::begin("a-b", analysis).await?;
        let insiders = act.scenario.more_load(10, ("x-canary", "insider"))?;
        act.next("confirm-promotion", 1, &Answer::NO.saying("not proved yet"));
        act.deploy(NEW).await?;
        act.until(|tick| tick.iterations == 1).await?;
        let header = act.scenario.canary_annotation("canary-by-header").await?;
        assert_eq!(header.as_deref(), Some("x-canary"), "matched users meet it from the first tick on");
        act.until(|tick| tick.phase == "WaitingPromotion").await?;
        assert!(insiders.report().of_version(NEW) > 0, "{:?}", insiders.report());
        assert_eq!(act.scenario.load().of_version(NEW), 0, "others do not meet it");
        act.until(|tick| tick.phase == "Succeeded").await?;
        let ticks = &act.tape.recording().ticks;
        assert!(ticks.iter().all(|tick| !tick.hooks().contains(&"confirm-traffic-increase")));
        act.ends().await
    })
}
