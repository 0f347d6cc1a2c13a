//! `haldane simulate` as its users run it: what comes of made-up releases under the example policy.

#![cfg(test)]

use serde_json::Value;
use std::process::Command;

/// The example policy: three regions, three gates.
const POLICY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../policies/fnp.yaml");

struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

fn simulate(arguments: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_haldane"));
    command.env_remove("RUST_LOG").env("NO_COLOR", "1").args(["simulate", POLICY]).args(arguments);
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

fn json(arguments: &[&str]) -> Value {
    let said = simulate(&[arguments, &["--json"]].concat());
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{}", said.out);
    serde_json::from_str(&said.out).unwrap()
}

fn count(told: &Value, what: &str) -> u64 {
    told[what]["count"].as_u64().unwrap()
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_other_releases() {
    let ask = |seed| {
        simulate(&["--fault", "error=0.3%", "--noise", "mixed", "--runs", "20", "--seed", seed, "--json"])
    };
    let (first, again, other) = (ask("7"), ask("7"), ask("8"));
    assert_eq!(first.code, Some(0), "{}", first.err);
    assert_eq!(first.out, again.out);
    assert_ne!(first.out, other.out);
}

#[test]
fn a_fault_of_five_percent_errors_is_found_in_nearly_every_release_and_soon() {
    let told = json(&["--fault", "error=5%", "--runs", "60"]);
    assert!(count(&told, "rolledBack") >= 58 && told["rolledBack"]["of"] == 60, "{told}");
    assert!(told["delayMin"]["median"].as_f64().unwrap() <= 5.0, "{told}");
    assert_eq!(told["promisedFalseRollback"], Value::Null, "the promise is about releases without a fault");
}

#[test]
fn a_fault_is_found_in_noise_too_but_one_that_never_shows_is_not() {
    let noisy = json(&["--fault", "latency=400ms", "--noise", "bursty", "--runs", "30"]);
    assert!(count(&noisy, "rolledBack") >= 28, "{noisy}");
    let late = json(&["--fault", "error=5%@30h", "--runs", "30"]);
    assert_eq!((count(&late, "rolledBack"), &late["delayMin"]), (0, &Value::Null), "{late}");
}

#[test]
fn no_healthy_release_goes_back_where_events_come_one_by_one() {
    let told = json(&["--runs", "100"]);
    assert_eq!((count(&told, "rolledBack"), count(&told, "promoted")), (0, 100), "{told}");
    assert_eq!((&told["promisedFalseRollback"], &told["noise"]), (&0.01.into(), &"iid".into()));
    assert_eq!((&told["seed"], &told["rps"]), (&1.into(), &400.0.into()));
}

#[test]
fn people_read_what_was_simulated_and_the_promise_beside_what_was_measured() {
    let healthy = simulate(&["--runs", "20", "--noise", "mixed-everywhere", "--rps", "200"]).out;
    for told in [
        "us-east, eu-central, apac",
        "200 requests/s in every region; healthy: errors 0.01 %, P99 130ms, 5xx 1.2/min",
        "mixed-everywhere: bad events come in clusters",
        "in all regions at once",
        "fault      none",
        "20 releases",
        "seed 1",
        "false rollback: promised at most 1 %, measured ",
    ] {
        assert!(healthy.contains(told), "{told}: {healthy}");
    }
    let sick = simulate(&["--runs", "5", "--fault", "error=5%@2m>5%"]).out;
    let fault = "error=5%@2m>5%: 5 % of its requests fail, from 2m after its first traffic in a region on, at weights above 5 % only";
    assert!(sick.contains(fault) && !sick.contains("promised"), "{sick}");
}

#[test]
fn gates_beyond_the_core_are_quiet_which_is_said_and_hold_nothing() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_haldane"));
    let policy = concat!(env!("CARGO_MANIFEST_DIR"), "/../policies/fnp-signals.yaml");
    let output = command.env_remove("RUST_LOG").args(["simulate", policy, "--runs", "20"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("promoted") && text.contains("100.00 % (20 of 20;"), "{text}");
    assert!(text.contains("quiet      error-logs, http-4xx, panics, "), "{text}");
    assert!(!simulate(&["--runs", "1"]).out.contains("quiet  "), "nothing to say of the three core ones");
}

#[test]
fn a_word_that_cannot_be_read_is_refused_with_how_to_write_it() {
    for (arguments, cure) in [
        (&["--fault", "error=0.5"][..], "write none, error=0.5%, latency=250ms or 5xx=10/min"),
        (&["--fault", "slow"], "latency=250ms"),
        (&["--fault", "error=1%@8"], "@8m"),
        (&["--noise", "pink"], "iid, bursty, shared, drift, mixed"),
        (&["--runs", "0"], "from 1 to 1000000"),
        (&["--rps", "4", "--rps", "apac=2"], "one --rps N for all"),
        (&["--rps", "lots"], "write requests per second such as 400"),
        (&["--p99", "fast"], "200ms"),
    ] {
        let said = simulate(arguments);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(said.err.contains(cure), "{arguments:?}: {}", said.err);
    }
}

#[test]
fn the_help_teaches_with_examples() {
    let help = simulate(&["--help"]).out;
    assert!(
        help.contains("haldane simulate fnp.yaml --fault error=0.5%") && help.contains("mixed-everywhere"),
        "{help}"
    );
}
