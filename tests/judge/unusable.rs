//! What cannot be judged is named by its place, and says what is wrong and what to write instead.

use crate::program::{healthy, judge, judge_bytes};
use serde_json::{Value, json};

/// A change to a usable case, the place that it makes wrong, and a part of what is said.
const WRONG: [(&str, &str, &str, &str); 19] = [
    ("/signals/0/canary/bad/7", "-1", "signals[0].canary.bad[7]", "-1 is no count"),
    ("/signals/0/canary/bad/7", "null", "signals[0].canary.bad[7]", "left out"),
    ("/signals/0/canary/bad/7", "\"1\"", "signals[0].canary.bad[7]", "expected a number"),
    ("/signals/0/canary/bad/7", "1e999", "signals[0].canary.bad[7]", "out of range"),
    ("/signals/0/canary/bad/7", "751", "signals[0].canary.bad[7]", "751 bad events of 750"),
    ("/signals/0/canary/total", "[750]", "signals[0].canary.total", "1 values where there are 40 polls"),
    ("/signals/0/baseline/bad", "[1, 2]", "signals[0].baseline.bad", "2 values where there are 40 polls"),
    ("/signals/0/canary", "{\"bad\": []}", "signals[0].canary", "missing field `total`"),
    ("/signals/0/canary", "{\"bad\": [], \"total\": []}", "signals[0].canary.bad", "at least one"),
    ("/signals/0/canary", "7", "signals[0].canary", "expected an object"),
    ("/signals/0/limit", "0", "signals[0].limit", "above 0"),
    ("/signals/0/limit", "5", "signals[0].limit", "0.1 % is 0.001"),
    (
        "/signals/0/kind",
        "\"counter\"",
        "signals[0].kind",
        "write \"ratio\", \"rate\", \"latency\" or \"gauge\"",
    ),
    ("/signals/0/kind", "\"gauge\"", "signals[0].baseline.bad", "unknown field `bad`"),
    ("/signals/0", "{\"kind\": \"ratio\"}", "signals[0]", "missing field `name`"),
    ("/signals", "[]", "signals", "at least one signal"),
    ("/intervalSeconds", "0", "intervalSeconds", "write seconds above 0"),
    ("/intervalSeconds", "null", "intervalSeconds", "expected a number"),
    ("/signals/0/name", "7", "signals[0].name", "expected a string"),
];

/// `case` with `value`, which need not be JSON that a `Value` can hold, at `pointer`.
fn with(mut case: Value, pointer: &str, value: &str) -> String {
    *case.pointer_mut(pointer).expect("the case has this place") = "HERE".into();
    case.to_string().replace("\"HERE\"", value)
}

#[test]
fn everything_wrong_is_named_by_its_place() {
    for (pointer, value, place, problem) in WRONG {
        let said = judge_bytes(with(healthy(), pointer, value).as_bytes(), &["--json"]);
        let error = &said.lines()[0]["error"];
        assert_eq!(
            (said.code, error["place"].as_str()),
            (Some(2), Some(place)),
            "{pointer} {value}: {said:?}"
        );
        assert!(error["problem"].as_str().unwrap().contains(problem), "{pointer} {value}: {error}");
        assert!(said.err.starts_with(&format!("haldane: {place}: ")), "{}", said.err);
    }
}

#[test]
fn an_unknown_key_is_refused_wherever_it_stands() {
    for (at, place) in
        [("", "lmit"), ("/signals/0", "signals[0].lmit"), ("/signals/0/canary", "signals[0].canary.lmit")]
    {
        let mut case = healthy();
        case.pointer_mut(at).unwrap()["lmit"] = 1.into();
        let said = judge(&case);
        assert_eq!(
            (said.code, said.lines()[0]["error"]["place"].as_str()),
            (Some(2), Some(place)),
            "{said:?}"
        );
    }
}

#[test]
fn a_histogram_that_is_none_is_refused_at_its_bucket() {
    let bucket = |le: Value, count: Value| json!({"le": le, "count": count});
    let place = |buckets: Value| {
        let signal =
            json!({"name": "p99", "kind": "latency", "limitMs": 200, "canary": {"buckets": buckets}});
        let said = judge(&json!({"intervalSeconds": 15, "signals": [signal]}));
        said.lines()[0]["error"]["place"].as_str().unwrap_or_else(|| panic!("{said:?}")).to_owned()
    };
    let canary = "signals[0].canary.buckets";
    assert_eq!(place(json!([])), canary);
    assert_eq!(place(json!([bucket(0.2.into(), json!([1]))])), canary);
    assert_eq!(place(json!([bucket("a".into(), json!([1]))])), format!("{canary}[0].le"));
    assert_eq!(place(json!([bucket("+Inf".into(), json!([-1]))])), format!("{canary}[0].count[0]"));
    let lower_than_before = json!([bucket(0.2.into(), json!([5, 5])), bucket("+Inf".into(), json!([5, 4]))]);
    assert_eq!(place(lower_than_before), format!("{canary}[1].count[1]"));
    let shorter = json!([bucket(0.2.into(), json!([5])), bucket("+Inf".into(), json!([5, 4]))]);
    assert_eq!(place(shorter), format!("{canary}[0].count"));
}

#[test]
fn what_the_core_refuses_is_told_in_the_words_of_the_file() {
    let place = |signal: Value| {
        let said = judge(&json!({"intervalSeconds": 15, "signals": [signal]}));
        said.lines()[0]["error"]["place"].as_str().unwrap_or_else(|| panic!("{said:?}")).to_owned()
    };
    let slow = json!({"name": "p99", "kind": "latency", "limitMs": 200, "canary": {"slow": [1, -1], "total": [9, 9]}});
    assert_eq!(place(slow), "signals[0].canary.slow[1]");
    let history = json!({"value": vec![1; 20]});
    let gauge = json!({"name": "m", "kind": "gauge", "canary": {"value": []}, "history": history});
    assert_eq!(place(gauge), "signals[0].canary.value");
    let rate = json!({"name": "r", "kind": "rate", "limit": 5, "canary": {"bad": [1], "seconds": [-1]}});
    assert_eq!(place(rate), "signals[0].canary.seconds[0]");
    let halves =
        json!({"name": "r", "kind": "rate", "canary": {"bad": [1], "total": [9]}, "baseline": {"bad": [1]}});
    assert_eq!(place(halves), "signals[0].baseline.total");
}

#[test]
fn a_series_is_refused_at_its_value() {
    for (metric, place) in [
        (r#"{"name": "a", "control": [1, null], "experiment": [1]}"#, "metrics[0].control[1]"),
        (r#"{"name": "a", "control": [1], "experiment": [1e999]}"#, "metrics[0].experiment[0]"),
        (r#"{"name": "a", "control": [1], "experiment": [1], "direction": "up"}"#, "metrics[0].direction"),
        (r#"{"name": "a", "control": [1], "experiment": [1], "extra": 1}"#, "metrics[0].extra"),
        (r#"{"name": "a", "control": [1]}"#, "metrics[0]"),
    ] {
        let said = judge_bytes(format!(r#"{{"metrics": [{metric}]}}"#).as_bytes(), &["--json"]);
        assert_eq!(
            (said.code, said.lines()[0]["error"]["place"].as_str()),
            (Some(2), Some(place)),
            "{said:?}"
        );
    }
    assert_eq!(judge(&json!({"metrics": []})).lines()[0]["error"]["place"], "metrics");
    let both = judge(&json!({"metrics": [], "signals": []}));
    assert!(both.err.contains("two kinds of case"), "{both:?}");
}
