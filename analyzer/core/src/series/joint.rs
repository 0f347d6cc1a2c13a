//! Joint: several metrics, each a little worse.
//!
//! The terms of all metrics are added up instant by instant, each in its own unit, and the sum is judged like one level:
//! swapping the labels of an instant flips the whole sum, so it stays symmetric however strongly the metrics depend on each other.

use super::metric::{Judged, Share, Test};
use super::robust::{MAD_TO_SD, mean, median};
use super::{ALPHA, SHARES, chance, level, say, symmetric};
use crate::recorded::Finding;

/// The metrics' mean measured level must be worse by at least this share.
pub const JOINT_FLOOR: f64 = 0.04;

/// This much is taken off every difference before they are added up: what all metrics may be worse by at once.
pub const JOINT_MARGIN: f64 = 0.01;

/// More metrics without a direction than this do not take part: each doubles what the choice of its sign costs.
const MOST_SIGNS: usize = 4;

/// A metric contributes when its own level is at least this many standard errors worse.
const CONTRIBUTES: f64 = 1.0;

struct Part {
    index: usize,
    terms: Vec<f64>,
    z: f64,
    relative: f64,
    rho: f64,
    chosen: bool,
}

/// Adds the joint verdict to the metrics that contribute to it.
pub(super) fn judge(judged: &mut [Judged]) {
    let mut parts: Vec<Part> =
        judged.iter().enumerate().filter_map(|(i, j)| j.joint.as_ref().and_then(|s| part(i, s))).collect();
    let length = parts.iter().map(|p| p.terms.len()).max().unwrap_or(0);
    parts.retain(|p| p.terms.len() == length);
    let signs = parts.iter().filter(|p| p.chosen).count();
    if signs > MOST_SIGNS {
        parts.retain(|p| !p.chosen);
    }
    if parts.len() < 2 {
        return;
    }
    let price = crate::math::exp(signs.min(MOST_SIGNS) as f64 * core::f64::consts::LN_2);
    let together: Vec<f64> = (0..length).map(|i| parts.iter().map(|p| p.terms[i]).sum()).collect();
    let rho = mean(&parts.iter().map(|p| p.rho).collect::<Vec<_>>());
    let p = symmetric::sum(&level::terms(&together, rho), rho).p;
    let spent = (price * p / SHARES[Test::Joint as usize]).min(1.0);
    let size = mean(&parts.iter().map(|p| p.relative).collect::<Vec<_>>());
    if spent > ALPHA || size < JOINT_FLOOR {
        return;
    }
    let contributing: Vec<&Part> = parts.iter().filter(|p| p.z >= CONTRIBUTES).collect();
    for part in &contributing {
        let signal = &mut judged[part.index].verdict;
        let reason = format!(
            "joint: {} of {} metrics are worse together, on average {}, p = {}",
            contributing.len(),
            parts.len(),
            say::relative(Some(size)),
            say::chance(p)
        );
        let odds = 1.0 / spent.max(chance::LEAST);
        if signal.verdict == Finding::Breached {
            signal.reason = format!("{}; {reason}", signal.reason);
        } else {
            (signal.verdict, signal.reason) = (Finding::Breached, reason);
        }
        signal.evidence = signal.evidence.max(odds);
    }
}

fn part(index: usize, share: &Share) -> Option<Part> {
    let both = share.signs.iter().map(|sign| one(index, share, *sign));
    both.max_by(|a, b| a.z.total_cmp(&b.z))
}

fn one(index: usize, share: &Share, sign: f64) -> Part {
    let differences = share.pair.difference(sign);
    let margin = share.pair.margin(JOINT_MARGIN);
    let cut = symmetric::cut(&differences.iter().map(|d| d - margin).collect::<Vec<_>>());
    let scale = MAD_TO_SD * median(cut.iter().map(|t| t.abs()));
    let unit = if scale > 0.0 { scale } else { cut.iter().fold(f64::MIN_POSITIVE, |m, t| m.max(t.abs())) };
    let terms: Vec<f64> = cut.iter().map(|t| t / unit).collect();
    let size = mean(&level::terms(&differences, share.rho));
    let relative = share.pair.relative(size).unwrap_or(if size > 0.0 { 1.0 } else { 0.0 }).clamp(-1.0, 1.0);
    let z = symmetric::sum(&terms, share.rho).z;
    Part { index, terms, z, relative, rho: share.rho, chosen: share.signs.len() > 1 }
}
