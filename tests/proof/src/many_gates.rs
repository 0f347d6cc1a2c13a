//! Six regions with 21 gates each, at the level of evidence: the fold has three signals, the promise is for any number.
//!
//! All regions take their steps at the same time, which is the hardest case for the pool under shared noise. Three core
//! gates weigh a quarter each, half against the limit (attributed where there is a primary), half against the primary;
//! eighteen minor gates share the last quarter, against the primary alone. Regions have half of the budget, the pool the
//! other half; the pool counts all regions together. Dispersion, drift and the usual rate come from two hours of simulated
//! history. No region is left on the old version, so at 100 % the region's own past is the only control.

use crate::effort::Effort;
use crate::table::{Cell, Table};
use haldane_core::evidence::bound::rate_upper;
use haldane_core::evidence::capital::Capital;
use haldane_core::evidence::dispersion::{self, Fano};
use haldane_core::evidence::drift::Drift;
use haldane_core::evidence::panel::{Bettors, Cap, both};
use haldane_core::evidence::ratio::{Cell as Shares, TOLERATED};
use haldane_core::evidence::{limit, ratio};
use haldane_core::math::{ln, ln_sum_exp};
use haldane_core::time::Span;
use haldane_lab::noise::Noise;
use haldane_lab::runs::parallel;
use haldane_lab::site::{Site, Tally};
use haldane_lab::stats::Share;
use haldane_lab::traffic::Demand;
use rand_chacha::ChaCha8Rng;

const SEED: u64 = 1878;
const REGIONS: usize = 6;
/// A site has three signals; seven sites make 21 gates.
const GROUPS: usize = 7;
const DT: Span = Span::from_s(30);
/// Weight and polls of each step: 10, 5 and 5 minutes.
const STEPS: [(f64, usize); 3] = [(0.05, 20), (0.5, 10), (1.0, 10)];
const HISTORY: usize = 240;
const RPS: f64 = 1000.0;
/// Bad events per request, and what is allowed: the same for all signals.
const LIMIT: f64 = 0.001;
const ALPHA: f64 = 0.01;

/// One signal's evidence in one stratum.
struct Gate {
    core: bool,
    past: Past,
    limit: Capital,
    ratio: Capital,
}

/// What two hours of the primary say of one signal, in one region or in all of them.
#[derive(Clone, Copy)]
struct Past {
    phi: f64,
    /// What the rate wanders by itself, and the usual rate times that; 1 and 0 where it does not.
    drift: f64,
    bar: f64,
}

#[derive(Clone, Default)]
struct History {
    fano: Fano,
    drift: Drift,
    bad: f64,
    total: f64,
}

impl History {
    fn push(&mut self, bad: f64, total: f64) {
        self.fano.push(bad, DT);
        self.drift.push(bad, total, DT);
        (self.bad, self.total) = (self.bad + bad, self.total + total);
    }

    fn past(&self) -> Past {
        let fano = self.fano.factor();
        let (phi, drift) = (dispersion::phi(fano), self.drift.factor(fano.unwrap_or(1.0)));
        let usual = rate_upper(self.bad, self.total, phi);
        Past { phi, drift: drift.unwrap_or(1.0), bar: drift.map_or(0.0, |d| d * usual) }
    }
}

impl Gate {
    fn new(core: bool, past: Past) -> Self {
        Self { core, past, limit: Capital::new(Bettors::All), ratio: Capital::new(Bettors::All) }
    }

    /// `bad` of the canary in so many `requests`, as the fold bets them; one cell per region with a primary.
    fn bet(&mut self, bad: f64, requests: f64, cells: &[Shares], targets: u32) {
        let (cap, Past { phi, drift, bar }) = (Cap::for_targets(targets), self.past);
        let over = |rate: f64| limit::factors(bad, rate * requests, phi, DT, cap);
        if cells.is_empty() {
            if self.core {
                self.limit.bet(&over(LIMIT.max(bar)), DT);
            }
            return;
        }
        let worse = ratio::factors(cells, TOLERATED.max(drift), phi, DT, cap);
        if self.core {
            self.limit.bet(&both(&over(LIMIT), &worse), DT);
        }
        self.ratio.bet(&worse, DT);
    }

    fn ln_weighed(&self) -> f64 {
        let of = |weight: f64, capital: &Capital| ln(weight) + capital.ln_e();
        if self.core {
            ln_sum_exp([of(0.125, &self.limit), of(0.125, &self.ratio)].into_iter())
        } else {
            of(0.25 / 18.0, &self.ratio)
        }
    }
}

fn ln_stratum(gates: &[Gate]) -> f64 {
    ln_sum_exp(gates.iter().map(Gate::ln_weighed))
}

/// The table.
pub fn table(effort: Effort, done: &dyn Fn(&str)) -> Table {
    let runs = effort.runs(20, 1_500);
    let head = ["noise", "rolled back", "of these at 100 %, where there is no primary"];
    let title =
        "Healthy releases in six regions at once with 21 gates each, evidence alone: promised at most 1 %";
    let mut table = Table::new("gates", title, SEED, runs, &head);
    let all = Noise::ALL.map(|(_, noise)| noise);
    for noise in all.into_iter().chain([Noise::SHARED.everywhere()]) {
        done(&noise.to_string());
        let ends = parallel(runs, SEED, &|_| {}, |rng, _| release(noise, rng));
        let share = |is: &dyn Fn(&Option<usize>) -> bool| Cell::Share(Share::among(&ends, is));
        table.row(noise.to_string(), vec![share(&Option::is_some), share(&|e| *e == Some(2))]);
    }
    table
}

/// The step at which a healthy release is rolled back, if it is.
fn release(noise: Noise, rng: &mut ChaCha8Rng) -> Option<usize> {
    let mut world: Vec<Vec<Site<2>>> =
        (0..REGIONS).map(|_| (0..GROUPS).map(|_| Site::new(noise, DT, rng)).collect()).collect();
    let mut skies: Vec<_> =
        (0..GROUPS).map(|_| haldane_lab::site::Sky::new(noise.shared_sd, noise.tau_min, DT, rng)).collect();
    let mut pasts = vec![vec![History::default(); 21]; REGIONS + 1];
    let mut poll = |share: f64, rng: &mut ChaCha8Rng| -> Vec<Vec<[Tally; 2]>> {
        skies.iter_mut().for_each(|sky| sky.turn(rng));
        let demands = [demand(share), demand(1.0 - share)];
        let region = |groups: &mut Vec<Site<2>>| {
            let above = |g: usize| noise.everywhere.then(|| &skies[g]);
            groups.iter_mut().enumerate().map(|(g, site)| site.poll(&demands, above(g), rng)).collect()
        };
        world.iter_mut().map(region).collect()
    };
    for _ in 0..HISTORY {
        let counted = poll(0.0, rng);
        for signal in 0..21 {
            let counts = |region: usize| {
                let primary = &counted[region][signal / 3][1];
                (primary.bad[signal % 3], primary.total)
            };
            (0..REGIONS).for_each(|r| pasts[r][signal].push(counts(r).0, counts(r).1));
            let all = (0..REGIONS).map(counts).fold((0.0, 0.0), |(b, t), c| (b + c.0, t + c.1));
            pasts[REGIONS][signal].push(all.0, all.1);
        }
    }
    let mut strata: Vec<Vec<Gate>> = (0..=REGIONS)
        .map(|stratum| (0..21).map(|signal| Gate::new(signal < 3, past(&pasts, stratum, signal))).collect())
        .collect();
    for (step, (share, polls)) in STEPS.into_iter().enumerate() {
        for _ in 0..polls {
            let counted = poll(share, rng);
            bet(&mut strata, &counted, share);
            let (pool, regions) = strata.split_last()?;
            let over = |gates: &[Gate], threshold: f64| ln_stratum(gates) >= ln(threshold);
            if over(pool, 2.0 / ALPHA) || regions.iter().any(|r| over(r, 2.0 * REGIONS as f64 / ALPHA)) {
                return Some(step);
            }
        }
    }
    None
}

/// The pool is no calmer than any of its regions.
fn past(pasts: &[Vec<History>], stratum: usize, signal: usize) -> Past {
    let own = pasts[stratum][signal].past();
    if stratum < REGIONS {
        return own;
    }
    let regions = pasts[..REGIONS].iter().map(|r| r[signal].past());
    regions.fold(own, |most, r| Past {
        phi: most.phi.max(r.phi),
        drift: most.drift.max(r.drift),
        bar: most.bar.max(r.bar),
    })
}

fn bet(strata: &mut [Vec<Gate>], counted: &[Vec<[Tally; 2]>], share: f64) {
    for signal in 0..21 {
        let (mut bad, mut requests, mut cells) = (0.0, 0.0, Vec::new());
        for region in 0..REGIONS {
            let [canary, primary] = counted[region][signal / 3];
            let (c, p) = (canary.bad[signal % 3], primary.bad[signal % 3]);
            let cell = (share < 1.0 && primary.total > 0.0 && canary.total > 0.0).then(|| Shares {
                canary_bad: c,
                primary_bad: p,
                exposure_ratio: canary.total / primary.total,
            });
            strata[region][signal].bet(c, canary.total, cell.as_slice(), 2);
            bad += c;
            requests += canary.total;
            cells.extend(cell);
        }
        strata[REGIONS][signal].bet(bad, requests, &cells, 12);
    }
}

fn demand(share: f64) -> Demand {
    let requests = RPS * share;
    Demand { requests, bad: [requests * LIMIT / 2.0; 3] }
}
