//! What can be proved of a limit, asked of the fold's own functions.

use crate::report::ProofOutlook;
use haldane_core::evidence::dispersion;
use haldane_core::evidence::margin::provability;
use haldane_core::fold::prospect::{Baseline, needed, prospect};
use haldane_core::policy::Step;
use haldane_core::signal::{Kind, Signal};

/// Seconds of the primary's past that a rollout opens with: two hours.
const PAST_S: f64 = 7200.0;

/// One limit gate at one step.
pub(crate) fn proof(
    signal: Signal,
    limit: f64,
    step: &Step,
    requests_per_s: f64,
    healthy: f64,
    fano: f64,
) -> ProofOutlook {
    let total = requests_per_s * PAST_S;
    let baseline = Baseline { bad: healthy * total, total, phi: dispersion::phi(Some(fano)) };
    let kind = signal.kind();
    let prospect = prospect(baseline, signal, limit, step, requests_per_s);
    let provability = provability(&prospect);
    let canary_per_s = requests_per_s * f64::from(step.weight) / 100.0;
    let seconds = needed(&prospect, provability, kind).map(|exposure| match kind {
        Kind::Rate => exposure,
        Kind::Ratio | Kind::Latency | Kind::Gauge | Kind::Place => exposure / canary_per_s,
    });
    let settle_s = match kind {
        Kind::Latency => step.settle.as_s(),
        Kind::Ratio | Kind::Rate | Kind::Gauge | Kind::Place => 0.0,
    };
    ProofOutlook {
        provability,
        requests: seconds.map(|s| s * canary_per_s),
        minutes: seconds.map(|s| (s + settle_s) / 60.0),
        of_extension: seconds.map(|s| s / (step.extend_up_to.as_s() - settle_s)),
    }
}
