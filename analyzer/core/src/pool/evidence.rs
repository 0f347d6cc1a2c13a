//! One signal's evidence against all regions together, and against all but one: who carries a breach?
//!
//! What one broken region counts carries the pool over its threshold too, often before that region stands out: of a hundred
//! such faults in one of three small regions 27 took the healthy ones back (`tests/pool.rs`). So beside the bettors against
//! all, the same bettors bet for each region on everything but its own counts. A breach of which less than 20 is left without
//! a region is that region's own. Of a fault that n regions share (n−1)/n of the logarithm is left, which is far above that
//! when all together cross, so nothing is found later for it.

use super::{Contribution, trusted};
use crate::evidence::capital::Capital;
use crate::evidence::dispersion;
use crate::evidence::panel::{Bettors, Cap, Factors, both};
use crate::evidence::proof::PROVED;
use crate::evidence::ratio::{Cell, TOLERATED};
use crate::evidence::{limit, ratio};
use crate::increment::Region;
use crate::math::ln;
use crate::policy::Gate;
use crate::reason::Against;
use crate::time::Span;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a signal's bets need beside the counts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Terms {
    tolerate: f64,
    fano: Option<f64>,
}

impl Terms {
    pub(super) fn new(gate: &Gate, fano: Option<f64>) -> Self {
        Self { tolerate: gate.tolerate.unwrap_or(TOLERATED), fano }
    }

    /// The dispersion of all together: the widest of what is known.
    pub(super) fn phi(&self, of: &[(&Region, Contribution)]) -> f64 {
        of.iter().map(|(_, c)| c.phi).fold(dispersion::phi(self.fano), f64::max)
    }
}

/// Evidence that limits are broken, and that canaries are worse than their primaries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Pair {
    limit: Capital,
    ratio: Capital,
}

impl Pair {
    fn new() -> Self {
        Self { limit: Capital::new(Bettors::All), ratio: Capital::new(Bettors::All) }
    }

    pub(super) const fn against(&self, against: Against) -> &Capital {
        match against {
            Against::Limit => &self.limit,
            Against::Primary => &self.ratio,
        }
    }

    /// One poll: the counts of all regions `of` it, added up.
    fn bet(&mut self, terms: Terms, of: &[(&Region, Contribution)]) {
        let counts = || of.iter().map(|(_, c)| c);
        let dt = counts().map(|c| c.dt).max().unwrap_or(Span::ZERO);
        let cap = Cap::for_targets(counts().map(|c| c.targets).sum());
        let (phi, drift) = (terms.phi(of), counts().map(|c| c.drift).fold(1.0, f64::max));
        let known = counts().all(|c| c.bettors == Bettors::All);
        let worse = |cells: &[Cell]| ratio::factors(cells, terms.tolerate.max(drift), phi, dt, cap);
        let bet = |capital: &mut Capital, factors: Factors| capital.bet(&trusted(factors, known), dt);
        let allowed: f64 = counts().filter_map(|c| c.allowed).sum();
        if allowed > 0.0 {
            let limited: f64 = counts().filter(|c| c.allowed.is_some()).map(|c| c.bad).sum();
            let over = limit::factors(limited, allowed, phi, dt, cap);
            let beside: Vec<Cell> = counts().filter_map(|c| c.beside).collect();
            let attributed = if beside.is_empty() { over } else { both(&over, &worse(&beside)) };
            bet(&mut self.limit, attributed);
        }
        let cells: Vec<Cell> = counts().filter_map(|c| c.cell).collect();
        if !cells.is_empty() {
            bet(&mut self.ratio, worse(&cells));
        }
    }
}

/// Against all together, and against all without each region that has taken part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Evidence {
    pub(super) all: Pair,
    without: BTreeMap<Region, Pair>,
}

impl Evidence {
    pub(super) fn new() -> Self {
        Self { all: Pair::new(), without: BTreeMap::new() }
    }

    /// One poll of the regions `of` it.
    pub(super) fn bet(&mut self, terms: Terms, of: &[(&Region, Contribution)]) {
        // Whoever comes now has had no part so far.
        for (region, _) in of {
            self.without.entry((*region).clone()).or_insert_with(|| self.all.clone());
        }
        self.all.bet(terms, of);
        for (region, pair) in &mut self.without {
            let others: Vec<(&Region, Contribution)> =
                of.iter().filter(|(r, _)| *r != region).copied().collect();
            if !others.is_empty() {
                pair.bet(terms, &others);
            }
        }
    }

    /// Every region that has taken part.
    pub(super) fn regions(&self) -> impl Iterator<Item = &Region> {
        self.without.keys()
    }

    /// Whether what speaks against all is the work of this region: without it too little is left.
    pub(super) fn rests_on(&self, region: &Region, against: Against) -> bool {
        self.without.get(region).is_some_and(|pair| pair.against(against).ln_e() < ln(PROVED))
    }
}
