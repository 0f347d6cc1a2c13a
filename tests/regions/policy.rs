//! The policies of these tests: three regions, each with pages to read and a cluster to look at.

use haldane::policy_file;
use haldane_core::policy::{Policy, Sources};
use std::net::SocketAddr;
use std::path::PathBuf;

/// `namespace/name` of the Canary.
pub(crate) const SERVICE: &str = "fnp/api";
/// The three regions, in their order where there is one.
pub(crate) const REGIONS: [&str; 3] = ["us-east", "eu-central", "apac"];

/// Whether regions go one after another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    SideBySide,
    InOrder,
}

/// Where a region is read.
pub(crate) struct Addresses {
    pub(crate) pods: SocketAddr,
    pub(crate) kubeconfig: PathBuf,
}

/// Every region at its addresses; in order with ten minutes of bake.
pub(crate) fn policy(layout: Layout, addresses: &[Addresses; 3]) -> (Policy, Sources) {
    let regions: String =
        REGIONS.iter().zip(addresses).enumerate().map(|(i, at)| line(layout, i, at)).collect();
    policy_file::parse("policy.yaml", &text(&regions)).expect("a policy of these tests is valid")
}

fn line(layout: Layout, index: usize, (name, at): (&&str, &Addresses)) -> String {
    let Addresses { pods, kubeconfig } = at;
    let order = match (layout, index.checked_sub(1)) {
        (Layout::InOrder, Some(before)) => format!(", after: {}, bake: 10m", REGIONS[before]),
        (Layout::InOrder, None) | (Layout::SideBySide, _) => String::new(),
    };
    format!(
        "    - {{name: {name}, role: active{order}, cluster: {{kubeconfig: {}, context: {name}}}, \
         scrape: {{canary: [\"http://{pods}/canary\"], primary: [\"http://{pods}/primary\"]}}}}\n",
        kubeconfig.display()
    )
}

fn text(regions: &str) -> String {
    format!(
        "apiVersion: haldane.dev/v1alpha1\n\
         kind: AnalysisPolicy\n\
         metadata: {{name: fnp-api}}\n\
         spec:\n\
         \x20 service: {SERVICE}\n\
         \x20 mode: enforce\n\
         \x20 metrics: plain\n\
         \x20 falseRollback: 1%\n\
         \x20 scrapeInterval: 15s\n\
         \x20 steps:\n\
         \x20   - {{weight: 5,   observe: 2m, extendUpTo: 60m, settle: 30s, prove: 2x}}\n\
         \x20   - {{weight: 50,  observe: 1m, extendUpTo: 60m, settle: 0s}}\n\
         \x20   - {{weight: 100, observe: 1m, extendUpTo: 60m, settle: 0s}}\n\
         \x20 gates:\n\
         \x20   - {{signal: p99-latency, limit: 200ms, tolerate: 1.5x}}\n\
         \x20   - {{signal: error-rate,  limit: 0.1%,  tolerate: 1.5x}}\n\
         \x20   - {{signal: http-5xx,    limit: 5/min, tolerate: 1.5x}}\n\
         \x20 onInconclusive: hold\n\
         \x20 regions:\n{regions}"
    )
}
