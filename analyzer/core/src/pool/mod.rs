//! Evidence that lives as long as the release, over all regions that it has reached.
//!
//! Regions are pooled by their counts, tick by tick, not by their factors: multiplying the factors of regions that
//! share a shock convicts half of all healthy releases (simulated: P(sup E ≥ 20) = .505; pooled counts: .015). The
//! pool bets once per tick, when every region that takes part has reported or a later tick has begun; a region that
//! reports late joins the next tick's bet.

mod apart;

use crate::budget;
use crate::evidence::capital::Capital;
use crate::evidence::dispersion;
use crate::evidence::panel::{Bettors, Cap, FRACTIONS, Factors, SILENT, both};
use crate::evidence::proof::Proof;
use crate::evidence::ratio::{Cell, TOLERATED};
use crate::evidence::{limit, ratio};
use crate::increment::Region;
use crate::policy::Policy;
use crate::reason::{Against, Culprit, Reason, Stratum};
use crate::signal::Signal;
use crate::time::{Span, Timestamp};
use apart::Apart;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    tolerate: f64,
    fano: Option<f64>,
    limit: Capital,
    ratio: Capital,
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
                tolerate: g.tolerate.unwrap_or(TOLERATED),
                fano: fano.get(&g.signal).copied(),
                limit: Capital::new(Bettors::All),
                ratio: Capital::new(Bettors::All),
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
            let together = all.into_iter().filter(|(r, _)| !self.apart.regions.contains(*r));
            let of: Vec<Contribution> = together.map(|(_, c)| c).collect();
            if !of.is_empty() {
                gate.bet(&of);
            }
        }
        self.breach =
            self.breach.take().or_else(|| budget::breach(Stratum::Pool, &self.members(), self.ln_threshold));
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
        let of = |g: &PoolGate, against, weight, capital: &Capital| Culprit {
            signal: g.signal,
            against,
            ln_e: capital.ln_e(),
            weight,
            bad: g.bad,
            total: g.total,
        };
        let both = |g: &PoolGate| {
            [
                of(g, Against::Limit, g.limit_weight, &g.limit),
                of(g, Against::Primary, g.ratio_weight, &g.ratio),
            ]
        };
        self.gates.iter().flat_map(both).filter(|m| m.weight > 0.0).collect()
    }

    /// The logarithms of the pooled evidence and of its threshold.
    pub fn ln_evidence(&self) -> (f64, f64) {
        (budget::ln_stratum(&self.members()), self.ln_threshold)
    }
}

impl PoolGate {
    fn bet(&mut self, of: &[Contribution]) {
        let dt = of.iter().map(|c| c.dt).max().unwrap_or(Span::ZERO);
        let cap = Cap::for_targets(of.iter().map(|c| c.targets).sum());
        let phi = of.iter().map(|c| c.phi).fold(dispersion::phi(self.fano), f64::max);
        let drift = of.iter().map(|c| c.drift).fold(1.0, f64::max);
        let cells: Vec<Cell> = of.iter().filter_map(|c| c.cell).collect();
        let beside: Vec<Cell> = of.iter().filter_map(|c| c.beside).collect();
        let known = of.iter().all(|c| c.bettors == Bettors::All);
        let bet = |capital: &mut Capital, factors: Factors| capital.bet(&trusted(factors, known), dt);
        let allowed: f64 = of.iter().filter_map(|c| c.allowed).sum();
        if allowed > 0.0 {
            let limited: f64 = of.iter().filter(|c| c.allowed.is_some()).map(|c| c.bad).sum();
            let over = limit::factors(limited, allowed, phi, dt, cap);
            let attributed = if beside.is_empty() {
                over
            } else {
                both(&over, &ratio::factors(&beside, self.tolerate.max(drift), phi, dt, cap))
            };
            bet(&mut self.limit, attributed);
        }
        if !cells.is_empty() {
            bet(&mut self.ratio, ratio::factors(&cells, self.tolerate.max(drift), phi, dt, cap));
        }
        let proves = || of.iter().filter_map(|c| c.proves);
        let (bad, allowed) = proves().fold((0.0, 0.0), |(b, a), p| (b + p.bad_at_most, a + p.allowed));
        self.proof.bet(bad, MARGIN * allowed, proves().map(|p| p.phi).fold(phi, f64::max));
        self.bad += of.iter().map(|c| c.bad).sum::<f64>();
        self.total += of.iter().map(|c| c.total).sum::<f64>();
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
