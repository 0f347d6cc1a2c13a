//! `haldane drill` on the reference systems, as its users run it.

use serde_json::Value;
use std::process::Command;

struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

/// Runs `haldane drill` on a policy of `policies/`.
fn drill(policy: &str, arguments: &[&str]) -> Said {
    let path = format!("{}/../policies/{policy}", env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_haldane"));
    command.env_remove("RUST_LOG").env("NO_COLOR", "1").arg("drill").arg(path).args(arguments);
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

fn json(policy: &str, arguments: &[&str]) -> (Option<i32>, Value) {
    let said = drill(policy, &[arguments, &["--json"]].concat());
    assert_eq!(said.err, "", "{}", said.out);
    (said.code, serde_json::from_str(&said.out).unwrap())
}

fn kept(told: &Value, region: &str, objective: &str) -> String {
    let objectives = told["objectives"].as_array().unwrap();
    let found = objectives.iter().find(|o| o["region"] == region && o["objective"] == objective);
    found.unwrap_or_else(|| panic!("no {objective} of {region}: {told}"))["kept"].as_str().unwrap().to_owned()
}

#[test]
fn the_warm_standby_of_fnp_keeps_its_objectives_when_it_is_quick_and_misses_them_when_it_is_not() {
    let lose = ["--lose", "us-east", "--every", "1s"];
    let (code, told) = json("fnp-signals.yaml", &[&lose[..], &["--lag", "3s", "--takes", "5s"]].concat());
    assert_eq!(code, Some(0), "{told}");
    assert_eq!((told["lost"].as_str(), told["takesOver"].as_str()), (Some("us-east"), Some("eu-central")));
    assert_eq!(
        (kept(&told, "eu-central", "rto"), kept(&told, "eu-central", "rpo")),
        ("met".into(), "met".into())
    );
    assert_eq!(kept(&told, "apac", "rto"), "not-tested");
    let (code, told) = json("fnp-signals.yaml", &[&lose[..], &["--lag", "9s", "--takes", "2m"]].concat());
    assert_eq!(code, Some(1), "{told}");
    assert_eq!(
        (kept(&told, "eu-central", "rto"), kept(&told, "eu-central", "rpo")),
        ("missed".into(), "missed".into())
    );
}

#[test]
fn a_release_in_the_standby_is_held_by_the_guard_s_name_and_goes_on_when_the_failover_has_settled() {
    let under_way = ["--lose", "us-east", "--under-way", "eu-central", "--at-weight", "50"];
    let said = drill("fnp-signals.yaml", &under_way);
    assert_eq!(said.err, "");
    let line = |wanted: &str| said.out.lines().any(|l| l.contains("eu-central") && l.contains(wanted));
    assert!(line("hold: guard region-up in us-east"), "{}", said.out);
    assert!(line("guard failover"), "{}", said.out);
    assert!(line("may go on"), "{}", said.out);
    assert!(!said.out.contains("rollback:"), "{}", said.out);
}

#[test]
fn every_system_can_be_drilled_and_what_a_policy_could_never_keep_is_said() {
    for (policy, lose) in [
        ("fnp-signals.yaml", "us-east"),
        ("fnp-prometheus.yaml", "us-east"),
        ("fingerprint-api.yaml", "eu-west"),
        ("bookstore.yaml", "us-east"),
        ("nfyio.yaml", "us-east"),
    ] {
        let said = drill(policy, &["--lose", lose, "--every", "1s"]);
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{policy}: {}", said.out);
    }
    let late = drill("fingerprint-api.yaml", &["--lose", "us-east", "--takes-over", "eu-west"]);
    assert!(late.out.contains("timeline"), "{}", late.out);
}

#[test]
fn a_made_up_loss_that_is_saved_reads_as_a_recording_and_tells_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("loss.jsonl");
    let file = file.to_str().unwrap();
    let made = drill("fnp-signals.yaml", &["--lose", "us-east", "--json", "--save", file]);
    assert!(made.err.starts_with("saved to "), "{}", made.err);
    let made: Value = serde_json::from_str(&made.out).unwrap();
    let (_, read) = json("fnp-signals.yaml", &["--recorded", file]);
    assert!(read["recording"].as_str().unwrap().contains("no recording of a real loss"), "{read}");
    for what in ["lost", "takesOver", "rto", "timeline", "objectives"] {
        assert_eq!(read[what], made[what], "{what}");
    }
}

#[test]
fn the_example_is_a_recording_that_the_schema_accepts_and_the_drill_can_tell() {
    let text = include_str!("../../docs/drills/fnp-us-east-lost.jsonl");
    let schema = Command::new(env!("CARGO_BIN_EXE_haldane")).args(["drill", "--schema"]).output().unwrap();
    let schema: Value = serde_json::from_slice(&schema.stdout).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert!(schema.is_valid(&line), "{line}");
    }
    assert!(!schema.is_valid(&serde_json::json!({"at": 1, "region": "x", "signal": "mood", "value": 1})));
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/drills/fnp-us-east-lost.jsonl");
    let (code, told) = json("fnp-signals.yaml", &["--recorded", file]);
    assert_eq!((code, told["lost"].as_str()), (Some(0), Some("us-east")), "{told}");
}

#[test]
fn what_cannot_be_used_is_refused_with_its_place_and_its_cure() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("r.jsonl");
    let good = r#"{"at": 1, "region": "us-east", "signal": "up", "value": 1}"#;
    for (text, told) in [
        (String::new(), "no sample"),
        ("{".to_owned(), "r.jsonl:1: "),
        (good.replace("us-east", "mars"), "those are us-east, eu-central, apac"),
        (good.replace("\"up\"", "\"mood\""), "unknown variant `mood`"),
        (good.replace(": 1}", ": 7}"), "a share from 0 to 1"),
        (good.replace(": 1}", ": \"x\"}"), "is a number"),
        (good.replace("\"at\": 1", "\"at\": \"noon\""), "2026-03-01T12:00:05Z"),
        (format!("{good}\n\n{}", good.replace("\"at\": 1", "\"at\": 9e99")), "r.jsonl:3: "),
        (good.replace("signal", "guard"), "none of the policy's"),
        (good.to_owned(), "no region is lost"),
        (format!("{good}\n{}", good.replace("\"at\": 1", "\"at\": 9e6")), "at most"),
    ] {
        std::fs::write(&file, &text).unwrap();
        let said = drill("fnp-signals.yaml", &["--recorded", file.to_str().unwrap()]);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{text}");
        assert!(said.err.contains(told), "{text}: {}", said.err);
    }
    for (arguments, told) in [
        (&["--lose", "mars"][..], "the policy's regions are us-east, eu-central, apac"),
        (&[], "--lose REGION"),
        (
            &["--lose", "us-east", "--under-way", "apac", "--at-weight", "7"],
            "the policy's steps are 5 %, 50 %, 100 %",
        ),
        (&["--lose", "us-east", "--takes-over", "us-east"], "cannot take over"),
        (&["--lose", "us-east", "--lag", "fast"], "500ms, 15s, 2m"),
        (&["--lose", "us-east", "--every", "0s"], "time between two samples"),
    ] {
        let said = drill("fnp-signals.yaml", arguments);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(said.err.contains(told), "{arguments:?}: {}", said.err);
    }
}
