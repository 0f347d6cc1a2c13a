//! Evidence that lives as long as the release, over all regions that it has reached.
//!
//! Regions are pooled by their counts, tick by tick, not by their factors: multiplying the factors of regions that
//! share a shock convicts half of all healthy releases (simulated: P(sup E ≥ 20) = .505; pooled counts: .015). The
//! pool bets once per tick, when every region that takes part has reported or a later tick has begun; a region that
//! reports late joins the next tick's bet.

mod apart;
mod evidence;

use crate::budget;
use crate::evidence::panel::{Bettors, FRACTIONS, Factors, SILENT};
use crate::evidence::proof::Proof;
use crate::evidence::ratio::Cell;
use crate::increment::Region;
use crate::policy::Policy;
use crate::reason::{Against, Culprit, Reason, Stratum};
use crate::signal::Signal;
use crate::time::{Span, Timestamp};
use apart::Apart;
use evidence::{Evidence, Terms};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What all regions of one release know together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pool {
    gates: Vec<PoolGate>,
    /// By signal and not by place, because regions may be judged by policies that list their gates differently.
    pending: BTreeMap<Region, BTreeMap<Signal, Contribution>>,
    tick: Option<Timestamp>,
    ln_threshold: f64,
    apart: Apart,
    /// Set once and for all when the pooled evidence crosses its half of the budget.
    pub breach: Option<Reason>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct PoolGate {
    signal: Signal,
    limit_weight: f64,
    ratio_weight: f64,
    terms: Terms,
    evidence: Evidence,
    /// Evidence that all regions together are below [`MARGIN`] times their limits: what one with little traffic borrows.
    proof: Proof,
    bad: f64,
    total: f64,
}

/// What regions prove together, in multiples of their limits: as at a first step.
const MARGIN: f64 = 2.0;

/// One region's counts of one gate in one increment, ready to be pooled.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contribution {
    /// The canary's bad events.
    pub bad: f64,
    /// The canary's events.
    pub total: f64,
    /// Bad events allowed by the region's own limit; absent without one, and where a control is expected but had no
    /// requests.
    pub allowed: Option<f64>,
    /// For the proof, where the region has a limit.
    pub proves: Option<Proves>,
    /// Bad events that the canary would have had at its primary's rate; 0 where that is not known.
    pub usual: f64,
    /// The comparison with the primary, where there is one.
    pub cell: Option<Cell>,
    /// What tells whose a broken limit is: the same, or without a primary the regions on the old version.
    pub beside: Option<Cell>,
    /// The factor by which the region's rate is known to wander by itself.
    pub drift: f64,
    /// Length of the interval.
    pub dt: Span,
    /// The region's own dispersion.
    pub phi: f64,
    /// Whether the region's history allows likelihood bettors.
    pub bettors: Bettors,
    /// Canary pods.
    pub targets: u32,
}

/// One region's part in what all prove together.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proves {
    /// Bad events, at most.
    pub bad_at_most: f64,
    /// How many the limit allows.
    pub allowed: f64,
    /// The dispersion that the region's own proof assumes.
    pub phi: f64,
}

impl Pool {
    /// An empty pool for a release judged by `policy`.
    pub fn new(policy: &Policy, fano: &BTreeMap<Signal, f64>) -> Self {
        let gate = |g: &crate::policy::Gate| {
            let (limit_weight, ratio_weight) = budget::shares(g, policy);
            PoolGate {
                signal: g.signal,
                limit_weight,
                ratio_weight,
                terms: Terms::new(g, fano.get(&g.signal).copied()),
                evidence: Evidence::new(),
                proof: Proof::default(),
                bad: 0.0,
                total: 0.0,
            }
        };
        Self {
            gates: policy
                .gates
                .iter()
                .filter(|g| !g.report_only && !g.signal.kind().is_level())
                .map(gate)
                .collect(),
            pending: BTreeMap::new(),
            tick: None,
            ln_threshold: budget::ln_pool_threshold(policy),
            apart: Apart::default(),
            breach: None,
        }
    }

    /// One region's increment, in the tick of `as_of`; `open` are the regions that take part now.
    pub fn add(
        &mut self,
        region: &Region,
        tick: Timestamp,
        of: BTreeMap<Signal, Contribution>,
        open: &[Region],
    ) {
        if self.tick.is_some_and(|t| tick > t) || self.pending.contains_key(region) {
            self.settle();
        }
        // A late region must not turn the tick back: the next region in time would split it, and two bets on one
        // shared shock are what pooling avoids.
        self.tick = self.tick.max(Some(tick));
        self.pending.insert(region.clone(), of);
        if open.iter().all(|r| self.pending.contains_key(r)) {
            self.settle();
        }
    }

    /// Bets what is pending, as one poll.
    fn settle(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        for gate in &mut self.gates {
            let all: Vec<(&Region, Contribution)> =
                pending.iter().filter_map(|(r, c)| Some((r, *c.get(&gate.signal)?))).collect();
            self.apart.bet(gate.signal, &all);
            let apart = &self.apart.regions;
            let together: Vec<(&Region, Contribution)> =
                all.into_iter().filter(|(r, _)| !apart.contains(*r)).collect();
            gate.bet(&together);
        }
        if self.breach.is_none() {
            self.breach = budget::breach(Stratum::Pool, &self.members(), self.ln_threshold);
            self.apart.regions.extend(self.carriers());
        }
    }

    /// The regions whose own counts carry the breach, if those of the others do not.
    fn carriers(&self) -> Vec<Region> {
        let Some(Reason::Breach { culprits, .. }) = &self.breach else {
            return Vec::new();
        };
        let rests = |c: &Culprit, region: &Region| {
            self.gates
                .iter()
                .find(|g| g.signal == c.signal)
                .is_none_or(|g| g.evidence.rests_on(region, c.against))
        };
        let taken_part: BTreeSet<&Region> = self.gates.iter().flat_map(|g| g.evidence.regions()).collect();
        let carriers: Vec<Region> = taken_part
            .iter()
            .filter(|r| culprits.iter().all(|c| rests(c, r)))
            .map(|r| (*r).clone())
            .collect();
        // Where none does without each of them, it is the work of all.
        if carriers.len() == taken_part.len() { Vec::new() } else { carriers }
    }

    /// Whether a region stands out from the others: what it suffers from is not the release's everywhere.
    pub fn is_apart(&self, region: &Region) -> bool {
        self.apart.regions.contains(region)
    }

    /// These regions suffer from what others are shown not to; nothing if there are none.
    pub(crate) fn set_apart(&mut self, regions: &[Region]) {
        self.apart.regions.extend(regions.iter().cloned());
    }

    /// The breach of all together, as far as it is this region's: where some stand out it is theirs alone.
    pub fn breach_of(&self, region: &Region) -> Option<&Reason> {
        let theirs = self.apart.regions.is_empty() || self.is_apart(region);
        self.breach.as_ref().filter(|_| theirs)
    }

    /// The logarithm of the evidence that all regions together are healthy in `signal`, for one that does not stand out.
    pub fn ln_proof(&self, region: &Region, signal: Signal) -> Option<f64> {
        let gate = self.gates.iter().find(|g| g.signal == signal)?;
        (!self.is_apart(region)).then(|| gate.proof.ln_e())
    }

    /// Each gate's evidence with its share.
    fn members(&self) -> Vec<Culprit> {
        let of = |g: &PoolGate, against, weight| Culprit {
            signal: g.signal,
            against,
            ln_e: g.evidence.all.against(against).ln_e(),
            weight,
            bad: g.bad,
            total: g.total,
        };
        let both =
            |g: &PoolGate| [of(g, Against::Limit, g.limit_weight), of(g, Against::Primary, g.ratio_weight)];
        self.gates.iter().flat_map(both).filter(|m| m.weight > 0.0).collect()
    }

    /// The logarithms of the pooled evidence and of its threshold.
    pub fn ln_evidence(&self) -> (f64, f64) {
        (budget::ln_stratum(&self.members()), self.ln_threshold)
    }
}

impl PoolGate {
    fn bet(&mut self, of: &[(&Region, Contribution)]) {
        if of.is_empty() {
            return;
        }
        self.evidence.bet(self.terms, of);
        let counts = || of.iter().map(|(_, c)| c);
        let proves = || counts().filter_map(|c| c.proves);
        let (bad, allowed) = proves().fold((0.0, 0.0), |(b, a), p| (b + p.bad_at_most, a + p.allowed));
        self.proof.bet(bad, MARGIN * allowed, proves().map(|p| p.phi).fold(self.terms.phi(of), f64::max));
        self.bad += counts().map(|c| c.bad).sum::<f64>();
        self.total += counts().map(|c| c.total).sum::<f64>();
    }
}

/// Likelihood bettors sit out a poll in which some region's dispersion is unknown.
fn trusted(factors: Factors, known: bool) -> Factors {
    if known {
        factors
    } else {
        core::array::from_fn(|i| if i < FRACTIONS.len() { factors[i] } else { SILENT[i] })
    }
}
