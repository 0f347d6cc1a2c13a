//! `haldane plan` as its users run it: what it says of one policy at other traffic.

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

fn plan(arguments: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_haldane"));
    command.env_remove("RUST_LOG").env("NO_COLOR", "1").args(["plan", POLICY]).args(arguments);
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

fn json(arguments: &[&str]) -> Value {
    let said = plan(&[arguments, &["--json"]].concat());
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    serde_json::from_str(&said.out).unwrap()
}

/// One gate at the `step`-th step of the first region.
fn gate<'a>(outlook: &'a Value, step: usize, signal: &str) -> &'a Value {
    let gates = outlook["regions"][0]["steps"][step]["gates"].as_array().unwrap();
    gates.iter().find(|g| g["signal"] == signal).unwrap()
}

fn provable<'a>(outlook: &'a Value, step: usize, signal: &str) -> &'a str {
    gate(outlook, step, signal)["proof"]["provability"]["provable"].as_str().unwrap()
}

#[test]
fn four_hundred_requests_a_second_prove_what_two_cannot() {
    let (busy, quiet) = (json(&["--rps", "400"]), json(&["--rps", "2"]));
    for step in 0..2 {
        assert_eq!(provable(&busy, step, "error-rate"), "below");
        assert_eq!(provable(&quiet, step, "error-rate"), "too-little-traffic");
    }
    assert_eq!(busy["advice"].as_array().map(Vec::len), Some(0), "{}", busy["advice"]);
    let advice = quiet["advice"].to_string();
    assert!(advice.contains("every region: error-rate at 5 %: cannot be proved within 30m"), "{advice}");
}

#[test]
fn more_traffic_never_finds_less() {
    let outlooks = ["2", "20", "200", "2000"].map(|rps| json(&["--rps", rps]));
    for signal in ["error-rate", "p99-latency"] {
        for step in 0..3 {
            let smallest = |outlook: &Value| {
                let found = &gate(outlook, step, signal)["finds"]["byExtendUpTo"]["p80"]["rate"];
                found.as_f64().unwrap_or(f64::INFINITY)
            };
            let rates = outlooks.each_ref().map(smallest);
            assert!(
                rates.is_sorted_by(|a, b| a >= b) && rates[0] > rates[3],
                "{signal} step {step}: {rates:?}"
            );
        }
    }
}

#[test]
fn what_takes_longer_to_look_at_is_found_smaller_and_what_is_worse_sooner() {
    let outlook = json(&["--rps", "400"]);
    for step in 0..3 {
        let finds = &gate(&outlook, step, "error-rate")["finds"];
        let times = |window: &str, with: &str| finds[window][with]["times"].as_f64().unwrap();
        assert!(times("byExtendUpTo", "p80") <= times("byObserve", "p80"));
        assert!(times("byObserve", "p80") <= times("byObserve", "p95"));
        let medians = finds["median"].as_array().unwrap().iter();
        let medians: Vec<f64> = medians.map(|m| m["medianMin"].as_f64().unwrap_or(f64::INFINITY)).collect();
        assert!(medians.is_sorted_by(|a, b| a >= b), "{medians:?}");
    }
}

#[test]
fn the_same_question_gets_the_same_answer() {
    let ask = || plan(&["--rps", "50", "--fano", "5", "--json"]).out;
    assert_eq!(ask(), ask());
}

#[test]
fn gates_beyond_the_core_are_not_planned_which_is_said() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_haldane"));
    let policy = concat!(env!("CARGO_MANIFEST_DIR"), "/../policies/fnp-signals.yaml");
    let output = command.env_remove("RUST_LOG").args(["plan", policy, "--rps", "400"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("not planned  error-logs, http-4xx, panics, "), "{text}");
    assert!(!plan(&["--rps", "400"]).out.contains("not planned"), "nothing to say of the three core ones");
}

#[test]
fn clusters_make_a_worsening_harder_to_find() {
    let smallest = |fano: &str| {
        let outlook = json(&["--rps", "400", "--fano", fano]);
        gate(&outlook, 0, "error-rate")["finds"]["byObserve"]["p80"]["times"].as_f64().unwrap()
    };
    assert!(smallest("1") < smallest("5"));
}

#[test]
fn the_traffic_that_the_advice_names_would_do() {
    let quiet = json(&["--rps", "2", "--fano", "5"]);
    let advice = quiet["advice"].as_array().unwrap().iter().filter_map(Value::as_str);
    let about = |signal: &str| {
        let sentence = advice.clone().find(|a| a.contains(signal) && a.contains("requests/s")).unwrap();
        let words: Vec<&str> = sentence.split_whitespace().collect();
        let at = words.iter().position(|word| word.starts_with("requests/s")).unwrap();
        words[at - 1].to_owned()
    };
    for signal in ["error-rate", "p99-latency"] {
        let enough = json(&["--rps", &about(signal), "--fano", "5"]);
        assert_eq!(provable(&enough, 0, signal), "below", "{signal} at {}", about(signal));
    }
}

#[test]
fn a_limit_that_the_healthy_service_breaks_is_named_with_its_cure() {
    let said = plan(&["--rps", "4000"]);
    let advice = "every region: http-5xx at 100 %: the healthy service itself has 24/min, 4.8 times the limit of 5/min";
    assert!(
        said.out.contains(advice) && said.out.contains("error-rate), which does not grow"),
        "{}",
        said.out
    );
    assert!(said.out.contains("no: baseline over limit"), "{}", said.out);
}

#[test]
fn people_read_what_was_assumed_and_one_table_for_regions_that_are_alike() {
    let said = plan(&["--rps", "400", "--rps", "apac=2"]);
    assert!(
        said.out.contains("\nus-east, eu-central: 400 requests/s, rolled back at 600 : 1\n"),
        "{}",
        said.out
    );
    assert!(said.out.contains("\napac: 2 requests/s"), "{}", said.out);
    for assumed in
        ["errors 0.01 % (a tenth of the limit)", "seed 1936", "Poisson", "two hours of the primary's past"]
    {
        assert!(said.out.contains(assumed), "{assumed}: {}", said.out);
    }
    let told = plan(&["--rps", "400", "--error-rate", "0.05%", "--p99", "150ms", "--5xx", "1/min"]);
    let healthy = "  healthy: errors 0.05 %\n           P99 150ms (0.23 % slower than the limit)\n           5xx 1/min with all traffic\n";
    assert!(told.out.contains(healthy), "{}", told.out);
}

#[test]
fn traffic_that_is_missing_or_impossible_is_refused_with_what_to_write() {
    for (arguments, why) in [
        (&[][..], "--rps"),
        (&["--rps", "us-east=400"], "add --rps eu-central=N"),
        (&["--rps", "4", "--rps", "mars=2"], "it has us-east, eu-central, apac"),
        (&["--rps", "lots"], "write requests per second such as 400"),
        (&["--rps", "4", "--error-rate", "1"], "write a share such as 0.1%"),
        (&["--rps", "4", "--fano", "0.5"], "from 1 (Poisson)"),
    ] {
        let said = plan(arguments);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(said.err.contains(why), "{arguments:?}: {}", said.err);
    }
}
