//! The policies of these tests: the reference system's gates, on a ladder short enough to climb in every cell.

use haldane::policy_file;
use haldane_core::guard::{Guard, Reach, Rule};
use haldane_core::policy::{Policy, Sources};
use haldane_core::time::Span;

/// `namespace/name` of the Canary.
pub(crate) const SERVICE: &str = "fnp/api";
/// The same in the second region of [`named_apart`].
pub(crate) const AWAY_SERVICE: &str = "fnp-eu/web";
/// The first region of every policy here, and the only one of most.
pub(crate) const HOME: &str = "us-east";
/// The second region, where there is one.
pub(crate) const AWAY: &str = "eu-central";

/// One region, mode `enforce`.
pub(crate) fn one_region() -> (Policy, Sources) {
    in_mode("enforce")
}

/// One region in `mode`.
pub(crate) fn in_mode(mode: &str) -> (Policy, Sources) {
    policy(mode, &[region(HOME, "")])
}

/// One region, whose Prometheus nobody answers for.
pub(crate) fn unanswered() -> (Policy, Sources) {
    let region =
        format!("    - {{name: {HOME}, role: active, prometheus: {{url: \"http://127.0.0.1:9\"}}}}\n");
    policy("enforce", &[region])
}

/// Two regions; the second comes after the first and five minutes of bake.
pub(crate) fn in_order() -> (Policy, Sources) {
    policy("enforce", &[region(HOME, ""), region(AWAY, ", after: us-east, bake: 5m")])
}

/// Two regions without an order.
pub(crate) fn side_by_side() -> (Policy, Sources) {
    policy("enforce", &[region(HOME, ""), region(AWAY, "")])
}

/// `policy` with a guard `region-up` that holds everywhere, and one `lag` of the region alone.
pub(crate) fn guarded((mut policy, sources): (Policy, Sources)) -> (Policy, Sources) {
    let guard = |name: &str, rule: Rule, reach: Reach| Guard {
        name: name.to_owned(),
        rule,
        wait: Span::ZERO,
        regions: Vec::new(),
        reach,
    };
    policy.across.guards = vec![
        guard("region-up", Rule::RegionUp, Reach::Everywhere),
        guard("lag", Rule::ReplicationLag { most: 5.0, bytes: false }, Reach::Here),
    ];
    (policy, sources)
}

/// Two regions in order, the second with a Canary of another name in another namespace.
pub(crate) fn named_apart() -> (Policy, Sources) {
    let (mut policy, sources) = in_order();
    policy.regions[1].aims.service = Some(AWAY_SERVICE.to_owned());
    (policy, sources)
}

fn region(name: &str, more: &str) -> String {
    let scrape =
        "scrape: {canary: [\"http://127.0.0.1:9/metrics\"], primary: [\"http://127.0.0.1:10/metrics\"]}";
    format!("    - {{name: {name}, role: active{more}, {scrape}}}\n")
}

/// The file of [`one_region`].
pub(crate) fn text_of_one_region() -> String {
    text("enforce", &[region(HOME, "")])
}

fn policy(mode: &str, regions: &[String]) -> (Policy, Sources) {
    policy_file::parse("policy.yaml", &text(mode, regions)).expect("a policy of these tests is valid")
}

fn text(mode: &str, regions: &[String]) -> String {
    format!(
        "apiVersion: haldane.dev/v1alpha1\n\
         kind: AnalysisPolicy\n\
         metadata: {{name: fnp-api}}\n\
         spec:\n\
         \x20 service: {SERVICE}\n\
         \x20 mode: {mode}\n\
         \x20 metrics: plain\n\
         \x20 falseRollback: 1%\n\
         \x20 scrapeInterval: 15s\n\
         \x20 steps:\n\
         \x20   - {{weight: 5,   observe: 2m, extendUpTo: 20m, settle: 30s, prove: 2x}}\n\
         \x20   - {{weight: 50,  observe: 1m, extendUpTo: 20m, settle: 0s}}\n\
         \x20   - {{weight: 100, observe: 1m, extendUpTo: 20m, settle: 0s}}\n\
         \x20 gates:\n\
         \x20   - {{signal: p99-latency, limit: 200ms, tolerate: 1.5x}}\n\
         \x20   - {{signal: error-rate,  limit: 0.1%,  tolerate: 1.5x}}\n\
         \x20   - {{signal: http-5xx,    limit: 5/min, tolerate: 1.5x}}\n\
         \x20 onInconclusive: hold\n\
         \x20 regions:\n{}",
        regions.concat()
    )
}
