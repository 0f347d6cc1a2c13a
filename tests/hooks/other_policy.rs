//! A stored rollout under another policy: `haldane replay --policy`, run as its users run it, on stores of real rollouts.

use crate::policy::{HOME, one_region, text_of_one_region};
use crate::traffic::Traffic;
use crate::world::World;
use haldane_flagger_model::Phase::{Failed, Succeeded};
use serde_json::Value;
use std::process::Stdio;
use tokio::process::Command;

struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl World {
    /// `haldane replay latest` of this world's store under the policy of these tests, changed.
    async fn under(&self, from: &str, to: &str, more: &[&str]) -> Said {
        let text = text_of_one_region();
        assert!(text.contains(from), "nothing to change: {from}");
        let file = self.db().with_extension("yaml");
        std::fs::write(&file, text.replacen(from, to, 1)).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_haldane"));
        command.args(["replay", "latest", "--db"]).arg(self.db()).arg("--policy").arg(&file).args(more);
        let output = command.stdin(Stdio::null()).output().await.unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

/// A rollout of a canary that fails five percent of its requests at 5 %, rolled back.
async fn rolled_back() -> World {
    let mut world = World::start(one_region()).await;
    world.climb_to(5).await;
    world.home().traffic = Traffic::Sick;
    world.poll_until("rollback").await;
    world.tick().await;
    assert_eq!(world.effect().phase, Failed);
    world.poll().await;
    world.stop_haldane().await;
    world
}

#[tokio::test]
async fn the_policy_that_judged_it_decides_the_same_throughout() {
    let world = rolled_back().await;
    let said = world.under("fnp-api", "fnp-api", &[]).await;
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{}", said.out);
    assert!(said.out.contains("decides the same at all"), "{}", said.out);
}

#[tokio::test]
async fn limits_that_would_have_let_it_pass_say_where_and_why_it_was_rolled_back_and_is_not() {
    let world = rolled_back().await;
    let (strict, lax) = (
        "{signal: error-rate,  limit: 0.1%,  tolerate: 1.5x}\n    - {signal: http-5xx,    limit: 5/min, tolerate: 1.5x}",
        "{signal: error-rate, limit: 20%}\n    - {signal: http-5xx, limit: 100000/min}",
    );
    let said = world.under(strict, lax, &[]).await;
    assert_eq!((said.code, said.err.as_str()), (Some(3), ""), "{}", said.out);
    let row = said.out.lines().find(|line| line.contains('*')).expect("a row with a difference");
    assert!(row.contains("  5 %  rollback  hold") && row.contains("evidence against the canary"), "{row}");
    assert!(said.out.contains("weights and its end happened under the recorded policy"), "{}", said.out);
    assert!(said.out.contains("\nrecorded  us-east was rolled back"), "{}", said.out);
    assert!(said.out.contains("\nother     us-east is observed at 5 %"), "{}", said.out);
    let said = world.under(strict, lax, &["--json"]).await;
    let json: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(
        (said.code, &json["first"]["recorded"], &json["first"]["other"]),
        (Some(3), &"rollback".into(), &"hold".into())
    );
    assert!(json["differing"].as_u64() >= Some(1) && json["notReproduced"] == 0, "{json}");
}

#[tokio::test]
async fn a_longer_observation_would_have_held_what_was_promoted() {
    let mut world = World::start(one_region()).await;
    world.climb_to(5).await;
    world.until_phase(HOME, Succeeded).await;
    world.stop_haldane().await;
    let said = world.under("observe: 2m", "observe: 10m", &[]).await;
    assert_eq!(said.code, Some(3), "{}", said.out);
    assert!(said.out.contains("advance   hold"), "{}", said.out);
    assert!(said.out.contains("\nrecorded  us-east runs the release"), "{}", said.out);
}

#[tokio::test]
async fn a_policy_that_the_facts_cannot_answer_for_is_refused_with_the_reason() {
    let world = rolled_back().await;
    for (from, to, why) in [
        ("service: fnp/api", "service: fnp/other", "it is about fnp/api, the policy about fnp/other"),
        ("name: us-east", "name: us-west", "its regions were us-east, the policy's are us-west"),
        ("limit: 200ms", "limit: 300ms", "against the limit then, 200ms"),
        ("weight: 5,", "weight: five,", "weight"),
    ] {
        let said = world.under(from, to, &[]).await;
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{from}");
        assert!(said.err.contains(why), "{from}: {}", said.err);
    }
}
