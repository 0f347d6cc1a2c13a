//! A recorded gauge (CPU, memory, lag, pool use): values poll by poll, which remember each other.
//!
//! Raw samples are never tested as if they were independent: a rank test on an hour of real gauges convicted half of all good
//! changes. What a gauge can be held against decides how it is judged:
//! - a **baseline** beside it: as a short series ([`crate::series`]), once, after the last poll. Its p-value becomes evidence by
//!   the calibrator ½·p^−½, whose expectation is at most 1 under the claim (Vovk and Wang, arXiv 1912.06116);
//! - its own **history**: block by block against placebo starts in it ([`crate::evidence::gauge`]);
//! - a **limit**: the share of polls above it in each block, of which one in ten may be.

use super::{Finding, Unusable};
use crate::evidence::capital::Capital;
use crate::evidence::gauge::{Exceedance, Gauge as Blocks, Shape, Yardstick};
use crate::evidence::panel::{Bettors, Cap};
use crate::math::{exp, ln, ln_add_exp};
use crate::series::{self, Direction, Metric};
use crate::time::Span;

/// Polls above a limit that are allowed.
const ALLOWED: f64 = 0.1;

/// A block lasts five minutes, or as long as leaves enough placebo starts in a shorter history.
const BLOCK: Span = Span::from_min(5);

/// Blocks before the release that are the reference, where the history has room for them.
const REFERENCE: usize = 6;

/// Placebo starts that calibrate.
const STARTS: usize = crate::evidence::gauge::FEWEST_STARTS;

/// Fewer blocks than these show no health.
const FEWEST_BLOCKS: usize = 4;

/// Evidence from which a gauge is not quiet.
const QUIET: f64 = crate::budget::QUIET;

/// A gauge of one canary, poll by poll.
#[derive(Clone, Debug, PartialEq)]
pub struct Gauge {
    /// Its name in the case.
    pub name: String,
    /// Which way is worse.
    pub worse: Direction,
    /// The level that one poll in ten may be above.
    pub limit: Option<f64>,
    /// The new version.
    pub canary: Vec<f64>,
    /// The old version beside it, over the same polls.
    pub baseline: Option<Vec<f64>>,
    /// The old version before; may be empty.
    pub history: Vec<f64>,
}

/// What a gauge says, poll by poll and in the end.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    /// Its name in the case.
    pub name: String,
    /// Evidence against the canary after each poll, as a logarithm.
    pub ln_e: Vec<f64>,
    /// What it says unless it carries a breach of the case: healthy or inconclusive.
    pub finding: Finding,
    /// Why, in one sentence with its numbers.
    pub reason: String,
}

/// Judges a gauge by itself; the case's budget is not its business.
///
/// # Errors
/// Names the place, below the signal's, of what is no number or missing.
pub fn track(gauge: &Gauge, interval: Span) -> Result<Track, Unusable> {
    check(gauge)?;
    let (ln_e, finding, reason) = match (&gauge.baseline, gauge.limit) {
        (Some(baseline), None) => beside(gauge, baseline)?,
        (Some(baseline), Some(limit)) => together(beside(gauge, baseline)?, below(gauge, limit, interval)),
        (None, Some(limit)) => below(gauge, limit, interval),
        (None, None) => alone(gauge, interval),
    };
    Ok(Track { name: gauge.name.clone(), ln_e, finding, reason })
}

fn check(gauge: &Gauge) -> Result<(), Unusable> {
    let refuse = |place: String, problem: &str| Err(Unusable { place, problem: problem.to_owned() });
    if let Some(limit) = gauge.limit.filter(|l| !l.is_finite()) {
        return refuse("limit".to_owned(), &format!("{limit} is no value"));
    }
    let none = Vec::new();
    let arms = [
        ("canary", &gauge.canary),
        ("baseline", gauge.baseline.as_ref().unwrap_or(&none)),
        ("history", &gauge.history),
    ];
    for (name, values) in arms {
        if let Some(i) = values.iter().position(|v| !v.is_finite()) {
            return refuse(format!("{name}.value[{i}]"), &format!("{} is no value", values[i]));
        }
    }
    if gauge.canary.is_empty() {
        return refuse("canary.value".to_owned(), "there is no poll; a verdict needs at least one");
    }
    let polls = gauge.canary.len();
    if gauge.baseline.as_ref().is_some_and(|b| b.len() != polls) {
        return refuse(
            "baseline.value".to_owned(),
            &format!("write one value for each of the canary's {polls} polls"),
        );
    }
    Ok(())
}

type Said = (Vec<f64>, Finding, String);

/// Two questions of one gauge weigh the same, and it is healthy when both answers are.
fn together((a, found_a, why_a): Said, (b, found_b, why_b): Said) -> Said {
    let ln_e = a.iter().zip(&b).map(|(a, b)| ln_add_exp(*a, *b) - core::f64::consts::LN_2).collect();
    (ln_e, found_a.max(found_b), format!("{why_a}; {why_b}"))
}

/// Judged once, as a series, when all polls are there.
fn beside(gauge: &Gauge, baseline: &[f64]) -> Result<Said, Unusable> {
    let metric = Metric {
        name: gauge.name.clone(),
        direction: gauge.worse,
        control: baseline.to_vec(),
        experiment: gauge.canary.clone(),
        history: gauge.history.clone(),
    };
    let judged =
        series::judge(&[metric]).map_err(|wrong| Unusable { place: "canary.value".to_owned(), ..wrong })?;
    let mut ln_e = vec![0.0; gauge.canary.len()];
    let Some(said) = judged.signals.into_iter().next() else {
        return Ok((ln_e, Finding::Inconclusive, "nothing could be said".to_owned()));
    };
    if let Some(last) = ln_e.last_mut() {
        // ½·p^−½ with p = 1/odds; what the series judge does not convict of is staked on nothing.
        let convicts = said.verdict == Finding::Breached;
        *last = if convicts { (0.5 * ln(said.evidence) - core::f64::consts::LN_2).max(0.0) } else { 0.0 };
    }
    let finding = if said.verdict == Finding::Healthy { Finding::Healthy } else { Finding::Inconclusive };
    Ok((ln_e, finding, said.reason))
}

/// The share of polls above a limit, block by block.
fn below(gauge: &Gauge, limit: f64, interval: Span) -> Said {
    let size = block(interval, gauge.canary.len());
    let above = |v: &f64| match gauge.worse {
        Direction::Increase | Direction::Either => *v > limit,
        Direction::Decrease => *v < limit,
    };
    let mut capital = Capital::new(Bettors::Fractions);
    let ln_e = paid(&gauge.canary, size, |values| {
        let bad = values.iter().filter(|v| above(v)).count();
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let dt = times(interval, values.len());
        capital.bet(&Exceedance::saturation(count(bad), count(values.len()), ALLOWED).factors(dt, CAP), dt);
        capital.ln_e()
    });
    let bad = gauge.canary.iter().filter(|v| above(v)).count();
    let polls = gauge.canary.len();
    let said = format!("{bad} of {polls} polls beyond the limit of {limit}, where one in ten may be");
    let within = bad as f64 <= ALLOWED * polls as f64;
    verdict(ln_e, polls / size, within, said)
}

/// Against the gauge's own past: how far from the time before, compared with placebo starts in it.
fn alone(gauge: &Gauge, interval: Span) -> Said {
    let polls = gauge.canary.len();
    let least = block(interval, polls);
    let fits = |size: usize| {
        let (blocks, horizon) = (gauge.history.len() / size, polls.div_ceil(size));
        blocks >= STARTS + REFERENCE + horizon
    };
    let Some(size) = (1..=least).rev().find(|size| fits(*size)) else {
        let needed = STARTS + REFERENCE + polls;
        let reason = format!(
            "the history has {} values, and {needed} are the fewest that calibrate a gauge of {polls} polls; write more, or \
             a baseline or a limit",
            gauge.history.len()
        );
        return (vec![0.0; polls], Finding::Inconclusive, reason);
    };
    let skip = gauge.history.len() % size;
    let history: Vec<f64> = gauge.history[skip..].chunks_exact(size).map(mean).collect();
    let shape = Shape { reference: REFERENCE, horizon: polls.div_ceil(size), worse: gauge.worse };
    let made = Yardstick::new(&history, shape)
        .ok()
        .and_then(|y| Blocks::new(y, &history[history.len() - REFERENCE..]));
    let Some(mut blocks) = made else {
        return (vec![0.0; polls], Finding::Inconclusive, "the history calibrates nothing".to_owned());
    };
    let mut capital = Capital::new(Bettors::Fractions);
    let (mut exceeded, mut allowed) = (0.0, 0.0);
    let ln_e = paid(&gauge.canary, size, |values| {
        if let Some(e) = blocks.block(mean(values)) {
            let dt = times(interval, values.len());
            capital.bet(&e.factors(dt, CAP), dt);
            (exceeded, allowed) = (exceeded + e.bad, allowed + e.allowed);
        }
        capital.ln_e()
    });
    let said = format!(
        "{exceeded:.0} of {} blocks of {size} polls further from the time before than 95 % of placebo starts in the history \
         (about {allowed:.1} allowed)",
        polls / size
    );
    verdict(ln_e, polls / size, exceeded <= 2.0 * allowed, said)
}

/// Long blocks need no cap below a bettor's own.
const CAP: Cap = Cap::for_targets(2);

/// Evidence after each poll; it moves at the end of each whole block.
fn paid(values: &[f64], size: usize, mut bet: impl FnMut(&[f64]) -> f64) -> Vec<f64> {
    let (mut all, mut now) = (Vec::with_capacity(values.len()), 0.0);
    for chunk in values.chunks(size) {
        all.extend(core::iter::repeat_n(now, chunk.len().saturating_sub(1)));
        now = if chunk.len() == size { bet(chunk) } else { now };
        all.push(now);
    }
    all
}

fn verdict(ln_e: Vec<f64>, blocks: usize, within: bool, said: String) -> Said {
    let last = ln_e.last().copied().unwrap_or(0.0);
    if last >= ln(QUIET) {
        return (ln_e, Finding::Inconclusive, format!("{said}: evidence {:.1} speaks against it", exp(last)));
    }
    if blocks < FEWEST_BLOCKS {
        let reason = format!("{said}; {blocks} whole blocks are too few, {FEWEST_BLOCKS} would do");
        return (ln_e, Finding::Inconclusive, reason);
    }
    let finding = if within { Finding::Healthy } else { Finding::Inconclusive };
    (ln_e, finding, said)
}

/// Polls in a block: five minutes of them, or a quarter of all.
fn block(interval: Span, polls: usize) -> usize {
    let usual = usize::try_from(BLOCK.as_us() / interval.as_us().max(1)).unwrap_or(1);
    usual.min(polls / FEWEST_BLOCKS).max(1)
}

fn mean(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    values.iter().map(|v| v / n).sum()
}

fn times(span: Span, n: usize) -> Span {
    Span::from_us(span.as_us().saturating_mul(i64::try_from(n).unwrap_or(i64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{Distribution, StandardNormal};

    const S15: Span = Span::from_s(15);

    /// `n` polls around 50 whose neighbours have correlation `rho`, sd 3.
    fn wandering(n: usize, rho: f64, rng: &mut ChaCha8Rng) -> Vec<f64> {
        let mut at: f64 = StandardNormal.sample(rng);
        let step = |_| {
            let news: f64 = StandardNormal.sample(rng);
            at = rho * at + (1.0 - rho * rho).sqrt() * news;
            50.0 + 3.0 * at
        };
        (0..n).map(step).collect()
    }

    fn gauge(shift: f64, rho: f64, past: usize, seed: u64) -> Gauge {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let all = wandering(past + 80, rho, &mut rng);
        let canary = all[past..].iter().map(|v| v + shift).collect();
        let (history, name) = (all[..past].to_vec(), "cpu".to_owned());
        Gauge { name, worse: Direction::Increase, limit: None, canary, baseline: None, history }
    }

    fn highest(gauge: &Gauge) -> f64 {
        track(gauge, S15).unwrap().ln_e.into_iter().fold(0.0, f64::max)
    }

    #[test]
    fn a_gauge_that_remembers_itself_is_not_convicted_by_its_own_past() {
        for rho in [0.0, 0.9, 0.98] {
            let convicted = (0..200).filter(|s| highest(&gauge(0.0, rho, 2880, *s)) >= ln(100.0)).count();
            assert!(convicted <= 2, "{rho}: {convicted} of 200 at a promise of 1 %");
        }
    }

    #[test]
    fn a_gauge_that_has_moved_is_not_called_healthy() {
        for seed in 0..20 {
            let moved = track(&gauge(12.0, 0.5, 2880, seed), S15).unwrap();
            assert_ne!(moved.finding, Finding::Healthy, "{}", moved.reason);
            assert!(highest(&gauge(12.0, 0.5, 2880, seed)) >= ln(QUIET), "{}", moved.reason);
        }
    }

    #[test]
    fn a_baseline_beside_it_tells_a_shift_once_and_at_the_end() {
        let mut both = gauge(9.0, 0.3, 0, 1);
        both.baseline = Some(wandering(80, 0.3, &mut ChaCha8Rng::seed_from_u64(2)));
        let said = track(&both, S15).unwrap();
        assert!(said.ln_e[79] > ln(20.0) && said.ln_e[..79].iter().all(|e| e.abs() < 1e-12), "{said:?}");
    }

    #[test]
    fn a_limit_counts_beside_a_baseline_too() {
        let noisy = |seed| wandering(80, 0.3, &mut ChaCha8Rng::seed_from_u64(seed));
        let both =
            Gauge { limit: Some(30.0), canary: noisy(3), baseline: Some(noisy(4)), ..gauge(0.0, 0.3, 0, 1) };
        let within = track(&Gauge { limit: Some(90.0), ..both.clone() }, S15).unwrap();
        assert_eq!(within.finding, Finding::Healthy, "{}", within.reason);
        assert!(
            highest(&both) >= ln(100.0),
            "every poll is above the limit: {}",
            track(&both, S15).unwrap().reason
        );
    }

    #[test]
    fn polls_above_a_limit_are_allowed_one_in_ten() {
        let at = |share: usize| {
            let canary = (0..200).map(|i| if i % 10 < share { 95.0 } else { 50.0 }).collect();
            track(&Gauge { limit: Some(90.0), canary, ..gauge(0.0, 0.0, 0, 1) }, S15).unwrap()
        };
        assert_eq!(at(1).finding, Finding::Healthy, "{}", at(1).reason);
        assert!(at(8).ln_e.into_iter().fold(0.0, f64::max) >= ln(100.0));
    }

    #[test]
    fn a_short_history_calibrates_nothing_and_says_how_long_it_has_to_be() {
        let said = track(&gauge(0.0, 0.0, 60, 1), S15).unwrap();
        assert_eq!(said.finding, Finding::Inconclusive);
        assert!(said.reason.contains("60 values, and 286"), "{}", said.reason);
    }

    #[test]
    fn what_is_no_value_is_refused_with_its_place() {
        let place = |change: fn(&mut Gauge)| {
            let mut gauge = gauge(0.0, 0.0, 60, 1);
            change(&mut gauge);
            track(&gauge, S15).unwrap_err().place
        };
        assert_eq!(place(|g| g.canary[3] = f64::NAN), "canary.value[3]");
        assert_eq!(place(|g| g.history[3] = f64::INFINITY), "history.value[3]");
        assert_eq!(place(|g| g.baseline = Some(vec![1.0])), "baseline.value");
        assert_eq!(place(|g| g.canary.clear()), "canary.value");
        assert_eq!(place(|g| g.limit = Some(f64::NAN)), "limit");
    }
}
