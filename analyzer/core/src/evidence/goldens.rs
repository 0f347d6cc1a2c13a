//! Golden values from an independent implementation in Python (plain `math`, no shared code), tolerance 1e-10.
//!
//! They fix the panel, the cap by time, late onset, attribution, pooling, proof and the margin all at once.

use super::capital::Capital;
use super::margin::smallest_margin;
use super::panel::{Bettors, Cap, Factors, both};
use super::proof::Proof;
use super::ratio::Cell;
use super::{limit, ratio};
use crate::time::Span;

const CANARY_BAD: [f64; 6] = [0.0, 1.0, 2.0, 1.0, 4.0, 6.0];
const PRIMARY_BAD: [f64; 6] = [10.0, 12.0, 9.0, 11.0, 10.0, 13.0];
const BAD: [f64; 6] = [0.0, 1.0, 0.0, 3.0, 2.0, 5.0];
const S15: Span = Span::from_s(15);

fn cap() -> Cap {
    Cap::for_targets(2)
}

fn evidence(polls: impl IntoIterator<Item = (Factors, Span)>) -> Vec<f64> {
    let mut capital = Capital::new(Bettors::All);
    polls
        .into_iter()
        .map(|(factors, dt)| {
            capital.bet(&factors, dt);
            capital.ln_e()
        })
        .collect()
}

fn cell(canary_bad: f64, primary_bad: f64, exposure_ratio: f64) -> Cell {
    Cell { canary_bad, primary_bad, exposure_ratio }
}

#[track_caller]
fn assert_golden(ours: &[f64], golden: &[f64]) {
    assert_eq!(ours.len(), golden.len());
    for (poll, (a, b)) in ours.iter().zip(golden).enumerate() {
        assert!((a - b).abs() < 1e-10, "poll {poll}: {a:.12} instead of {b:.12}");
    }
}

#[test]
fn limit_at_15_s() {
    let polls = BAD.map(|x| (limit::factors(x, 0.75, 1.0, S15, cap()), S15));
    let golden =
        [-0.347065403906, -0.336880818168, -0.429342776412, -0.257643517600, -0.097923277746, 0.730252339258];
    assert_golden(&evidence(polls), &golden);
}

#[test]
fn limit_at_60_s_with_dispersion_two() {
    let dt = Span::from_s(60);
    let polls = [0.0, 4.0, 0.0, 12.0, 8.0, 20.0].map(|x| (limit::factors(x, 3.0, 2.0, dt, cap()), dt));
    let golden =
        [-0.386886112321, -0.372898372966, -0.475833018366, -0.195448880884, 0.148953038006, 5.810817162676];
    assert_golden(&evidence(polls), &golden);
}

#[test]
fn ratio_of_one_to_nineteen_tolerating_half_more() {
    let polls = CANARY_BAD
        .into_iter()
        .zip(PRIMARY_BAD)
        .map(|(c, p)| (ratio::factors(&[cell(c, p, 1.0 / 19.0)], 1.5, 1.0, S15, cap()), S15));
    let golden =
        [-0.342293856088, -0.357237391314, -0.243398146701, -0.245055543787, 0.187472478452, 1.216846050796];
    assert_golden(&evidence(polls), &golden);
}

fn attributed(c: f64, p: f64) -> Factors {
    let over_limit = limit::factors(c, 0.75, 1.0, S15, cap());
    both(&over_limit, &ratio::factors(&[cell(c, p, 1.0 / 19.0)], 1.0, 1.0, S15, cap()))
}

#[test]
fn attribution_poll_by_poll() {
    let polls = CANARY_BAD.into_iter().zip(PRIMARY_BAD).map(|(c, p)| (attributed(c, p), S15));
    let golden =
        [-0.347065403906, -0.336880818168, -0.202381481890, -0.178817519688, 0.433277777552, 1.716240678065];
    assert_golden(&evidence(polls), &golden);
}

#[test]
fn attribution_after_the_primary_is_lost_at_the_fourth_poll() {
    let polls = CANARY_BAD.into_iter().zip(PRIMARY_BAD).enumerate().map(|(i, (c, p))| {
        let factors = if i < 3 { attributed(c, p) } else { limit::factors(c, 0.75, 1.0, S15, cap()) };
        (factors, S15)
    });
    let golden =
        [-0.347065403906, -0.336880818168, -0.202381481890, -0.178817519688, 0.433277777552, 1.756974966155];
    assert_golden(&evidence(polls), &golden);
}

#[test]
fn two_regions_pooled_by_counts() {
    let polls = CANARY_BAD.into_iter().zip(PRIMARY_BAD).map(|(c, p)| {
        let cells = [cell(c, p, 1.0 / 19.0), cell(p % 3.0, c + 4.0, 0.1)];
        (ratio::factors(&cells, 1.5, 1.3, S15, cap()), S15)
    });
    let golden =
        [-0.226082771681, -0.309718551095, -0.289335455245, -0.207189130959, 0.025742569869, 0.529255607509];
    assert_golden(&evidence(polls), &golden);
}

#[test]
fn a_missed_scrape_is_a_longer_interval() {
    let polls = [(1.0, 15), (4.0, 45), (0.0, 15), (3.0, 15)].map(|(x, s)| {
        let dt = Span::from_s(s);
        (limit::factors(x, 0.05 * dt.as_s(), 1.0, dt, cap()), dt)
    });
    assert_golden(&evidence(polls), &[-0.106769357586, 0.042356035717, -0.256029716795, 0.097063053395]);
}

#[test]
fn proof_up_to_its_ceiling() {
    let mut proof = Proof::default();
    let ours = [0.0, 0.0, 1.0, 0.0, 0.0, 0.0].map(|x| {
        proof.bet(x, 2.5, 1.0);
        proof.ln_e()
    });
    let golden =
        [1.707020198015, 3.622043919697, 3.870511375916, 5.298317366548, 5.298317366548, 5.298317366548];
    assert_golden(&ours, &golden);
}

#[test]
fn margins_chosen_by_traffic() {
    let chosen = [(100_000.0, 1.0), (9_000.0, 1.0), (9_000.0, 5.0), (900.0, 1.0)]
        .map(|(exposure, phi)| smallest_margin(5e-4, 1e-3, exposure, phi));
    assert_eq!(chosen, [Some(1), Some(2), Some(8), None]);
}

#[test]
fn least_allowed_is_the_root_of_proof_without_a_bad_event() {
    for (allowed, proved) in [(4.2047, false), (4.2048, true)] {
        let mut proof = Proof::default();
        proof.bet(0.0, allowed, 1.0);
        assert_eq!(proof.is_proved(), proved, "{allowed}");
    }
}
