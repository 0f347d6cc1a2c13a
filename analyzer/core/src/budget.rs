//! The budget: one promise, shared out once over strata and gates.
//!
//! Half of α belongs to the pool of all regions, half is split among the regions; inside a stratum, evidence is the
//! weighted mean of its gates' evidence. A weighted mean of e-values is an e-value under any dependence and is never
//! less than the best of its members times its weight, so nothing is lost against Bonferroni. With one region there
//! is one stratum.

use crate::math::{ln, ln_sum_exp};
use crate::policy;
use crate::reason::{Against, Culprit, Reason, Stratum};
use crate::signal::Kind;

/// What the core signals share of the budget where there are others, too.
const CORE_SHARE: f64 = 0.75;

/// Evidence below this speaks against nobody.
pub const QUIET: f64 = 10.0;

/// The logarithm of a region's threshold.
pub fn ln_region_threshold(policy: &policy::Policy) -> f64 {
    let regions = policy.regions.len() as f64;
    if regions > 1.0 { ln(2.0 * regions / policy.false_rollback) } else { -ln(policy.false_rollback) }
}

/// The logarithm of the pool's threshold.
pub fn ln_pool_threshold(policy: &policy::Policy) -> f64 {
    ln(2.0 / policy.false_rollback)
}

/// The shares of one gate: (against its limit, against the primary). All gates' shares sum to 1.
///
/// The core signals share three quarters of it alike, all others the rest; where one side has no gate, the other has all.
/// A gate with both comparisons gives half to each. A report-only gate has none, nor has a gate of the place: whatever they
/// say, they are no part of the sum.
pub fn shares(gate: &policy::Gate, policy: &policy::Policy) -> (f64, f64) {
    let accuses = |g: &&policy::Gate| !g.report_only && g.signal.kind() != Kind::Place;
    if !accuses(&gate) {
        return (0.0, 0.0);
    }
    let of = |core: bool| {
        policy.gates.iter().filter(accuses).filter(|g| g.signal.is_core() == core).count() as f64
    };
    let side = match (gate.signal.is_core(), of(true) > 0.0 && of(false) > 0.0) {
        (_, false) => 1.0,
        (true, true) => CORE_SHARE,
        (false, true) => 1.0 - CORE_SHARE,
    };
    let whole = side / of(gate.signal.is_core());
    match (gate.limit.is_some(), gate.tolerate.is_some()) {
        (true, true) => (whole / 2.0, whole / 2.0),
        (true, false) => (whole, 0.0),
        (false, true) => (0.0, whole),
        (false, false) => (0.0, 0.0),
    }
}

/// The logarithm of a stratum's evidence.
pub fn ln_stratum(members: &[Culprit]) -> f64 {
    ln_sum_exp(members.iter().map(|m| ln(m.weight) + m.ln_e))
}

/// The breach of a stratum, if its evidence has crossed the threshold: with the gates that carry it.
///
/// A gate carries it if it alone would cross, or else if it is the heaviest.
pub fn breach(stratum: Stratum, members: &[Culprit], ln_threshold: f64) -> Option<Reason> {
    let ln_e = ln_stratum(members);
    if ln_e < ln_threshold {
        return None;
    }
    let heft = |m: &Culprit| ln(m.weight) + m.ln_e;
    let mut culprits = members.to_vec();
    culprits.sort_by(|a, b| heft(b).total_cmp(&heft(a)));
    let alone = culprits.iter().filter(|c| heft(c) >= ln_threshold).count();
    culprits.truncate(alone.max(1));
    Some(Reason::Breach { stratum, ln_e, ln_threshold, culprits })
}

/// Whether a breach is carried by this gate.
pub fn carries(breach: Option<&Reason>, signal: crate::signal::Signal, against: Against) -> bool {
    matches!(breach, Some(Reason::Breach { culprits, .. })
        if culprits.iter().any(|c| c.signal == signal && c.against == against))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::Signal;

    fn member(signal: Signal, ln_e: f64) -> Culprit {
        Culprit { signal, against: Against::Limit, ln_e, weight: 0.5, bad: 0.0, total: 0.0 }
    }

    #[test]
    fn a_stratum_is_the_weighted_mean_of_its_gates() {
        let members = [member(Signal::ErrorRate, ln(100.0)), member(Signal::P99Latency, ln(2.0))];
        assert!((ln_stratum(&members) - ln(51.0)).abs() < 1e-12);
    }

    #[test]
    fn a_breach_names_the_gate_that_carries_it_and_not_its_neighbour() {
        let members = [member(Signal::P99Latency, 0.0), member(Signal::ErrorRate, ln(5000.0))];
        let reason = breach(Stratum::Region, &members, ln(600.0));
        assert!(carries(reason.as_ref(), Signal::ErrorRate, Against::Limit));
        assert!(!carries(reason.as_ref(), Signal::P99Latency, Against::Limit));
    }

    #[test]
    fn evidence_below_the_threshold_is_no_breach() {
        assert_eq!(breach(Stratum::Region, &[member(Signal::ErrorRate, ln(1000.0))], ln(600.0)), None);
    }
}
