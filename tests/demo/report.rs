//! A whole demo in this process, whose reports can be read while its service still runs.

use haldane::demo::{DemoConfig, System, start};
use haldane_pods::Scenario;
use serde_json::Value;
use std::collections::BTreeSet;

/// Runs `scenario` until everything is promoted; every region's full report, as the API tells it.
pub(crate) async fn reports(scenario: Scenario) -> Vec<Value> {
    let listen = "127.0.0.1:0".parse().unwrap();
    let system = System::Fnp;
    let config = DemoConfig { system, scenario, seed: 1, speed: 120.0, listen, headless: true };
    let demo = start(config).await.unwrap();
    let outcome = demo.watch(&mut |_| {}).await.unwrap();
    let mut reports = Vec::new();
    for (region, end) in &outcome.regions {
        assert_eq!((end.outcome.as_str(), end.weight), ("promoted", 100), "{region}: {outcome:?}");
        let url = format!("{}api/v1/rollouts/{}", demo.address(), end.rollout);
        let client = haldane_flagger_model::plain_http().build().unwrap();
        reports.push(client.get(url).send().await.unwrap().json().await.unwrap());
    }
    assert_eq!(reports.len(), 3);
    demo.stop().await.unwrap();
    reports
}

/// In the last look at each weight, every limit gate was proved, against a margin that the report names.
#[track_caller]
pub(crate) fn assert_every_gate_was_proved_before_every_step(report: &Value) {
    let looks = report["looks"].as_array().unwrap();
    for weight in [5, 50, 100] {
        let allowed = |look: &&Value| look["weight"] == weight && look["decision"]["decision"] == "advance";
        let last = looks.iter().rfind(allowed).unwrap_or_else(|| panic!("no yes at {weight} %"));
        let gates = last["gates"].as_array().unwrap();
        let limits: Vec<&Value> =
            gates.iter().filter(|g| g["against"] == "limit" && !g["proof"].is_null()).collect();
        assert_eq!(limits.len(), 3);
        for gate in limits {
            let proof = &gate["proof"];
            let context = format!("{} at {weight} %: {proof}", gate["signal"]);
            assert_eq!(proof["proved"], true, "{context}");
            assert!(proof["ln_e"].as_f64().unwrap() >= haldane_core::math::ln(20.0), "{context}");
            assert!(proof["provability"]["margin"].as_u64().unwrap() >= 1, "{context}");
            assert_eq!(gate["noise"], "synthetic-history", "{context}");
        }
    }
}

/// The signals of which a look at the first step tells that they were counted or measured, and stayed quiet.
pub(crate) fn signals_seen(report: &Value) -> BTreeSet<String> {
    let looks = report["looks"].as_array().unwrap();
    let at_five = looks.iter().rfind(|look| look["weight"] == 5).unwrap();
    let gates = at_five["gates"].as_array().unwrap().iter();
    let seen = gates.filter(|g| {
        let told = g["total"].as_f64().unwrap() > 0.0 || g["level"].is_object();
        g["missing"].is_null() && told && g["verdict"]["verdict"] != "breached"
    });
    seen.map(|g| g["signal"].as_str().unwrap().to_owned()).collect()
}
