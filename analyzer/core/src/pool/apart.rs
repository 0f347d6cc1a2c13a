//! Does one region stand out? Its canary against all the others' canaries, each measured by its own primary.
//!
//! Pooling asks what all regions know together, and would roll back the healthy ones for what only one suffers from. So
//! for each region a conditional ratio gate runs beside the pool: of all canaries' bad events in a tick, this region's
//! share is expected to be its canary's exposure times its primary's rate, over the sum of those. Evidence of 20 that it
//! is more than [`TOLERATE`] times that sets the region apart: from then on it is judged alone, and a breach of the pool
//! is its own.

use super::Contribution;
use crate::evidence::capital::Capital;
use crate::evidence::panel::{Bettors, Cap};
use crate::evidence::proof::PROVED;
use crate::evidence::ratio::{self, Cell};
use crate::increment::Region;
use crate::math::ln;
use crate::signal::Signal;
use crate::time::Span;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How many times its expected share a region's canary may have before it stands out.
const TOLERATE: f64 = 1.5;

/// Each region's evidence that it stands out, signal by signal.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Apart {
    against: BTreeMap<Region, BTreeMap<Signal, Capital>>,
    /// Those that do, once and for all.
    pub(super) regions: BTreeSet<Region>,
}

impl Apart {
    /// One tick of one signal: what each region contributes to it.
    pub(super) fn bet(&mut self, signal: Signal, of: &[(&Region, Contribution)]) {
        let (bad, usual) = of.iter().fold((0.0, 0.0), |(b, u), (_, c)| (b + c.bad, u + c.usual));
        for (region, c) in of {
            let others = usual - c.usual;
            if of.len() < 2 || c.usual <= 0.0 || others <= 0.0 || !(c.usual / others).is_finite() {
                continue;
            }
            let cell = Cell { canary_bad: c.bad, primary_bad: bad - c.bad, exposure_ratio: c.usual / others };
            let phi = of.iter().map(|(_, c)| c.phi).fold(1.0, f64::max);
            let drift = of.iter().map(|(_, c)| c.drift).fold(1.0, f64::max);
            let known = of.iter().all(|(_, c)| c.bettors == Bettors::All);
            let dt = of.iter().map(|(_, c)| c.dt).max().unwrap_or(Span::ZERO);
            let factors = ratio::factors(&[cell], TOLERATE.max(drift), phi, dt, Cap::for_targets(c.targets));
            let capitals = self.against.entry((*region).clone()).or_default();
            let capital = capitals.entry(signal).or_insert_with(|| Capital::new(Bettors::All));
            capital.bet(&super::trusted(factors, known), dt);
            // The signals of one region share the question, so the question is asked of their mean.
            let gates = capitals.len() as f64;
            if capitals.values().any(|e| e.ln_e() - ln(gates) >= ln(PROVED)) {
                self.regions.insert((*region).clone());
            }
        }
    }
}
