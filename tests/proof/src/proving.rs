//! Promotion: how often, and how soon, is health proved?

use crate::effort::Effort;
use crate::stream::DT;
use crate::table::{Cell, Table};
use haldane_core::evidence::dispersion;
use haldane_core::evidence::proof::Proof;
use haldane_core::policy::Policy;
use haldane_core::signal::Signal;
use haldane_core::time::Span;
use haldane_lab::fault::{Fault, Kind};
use haldane_lab::noise::Noise;
use haldane_lab::reference;
use haldane_lab::runs::parallel;
use haldane_lab::site::clustered;
use haldane_lab::stats::{Quantiles, Share};
use haldane_lab::traffic::{Traffic, share_above};
use haldane_lab::{Simulation, simulate};

const SEED: u64 = 1908;

/// Proof below the limit itself, 50 requests/s, after ten minutes.
pub fn at_ten_minutes(effort: Effort, done: &dyn Fn(&str)) -> Table {
    let runs = effort.runs(300, 10_000);
    let head = ["truth", "proved at minute 10", "median minutes to the first proof", "ever in 30 minutes"];
    let title =
        "Proof of health below the limit itself, 50 requests/s (errors .1 %, P99 200 ms, 5 per minute)";
    let mut table = Table::new("t5", title, SEED, runs, &head);
    let requests = 50.0 * DT.as_s();
    let errors = |share: f64| (share * requests, 0.001 * requests);
    let slow = |p99_ms: f64| (share_above(200.0, p99_ms) * requests, 0.01 * requests);
    let per_min = |rate: f64| (rate * DT.as_min(), 5.0 * DT.as_min());
    let truths = [
        ("errors .05 %", errors(0.0005)),
        ("errors .03 %", errors(0.0003)),
        ("errors .01 %", errors(0.0001)),
        ("P99 150 ms", slow(150.0)),
        ("P99 185 ms", slow(185.0)),
        ("5xx 1 per minute", per_min(1.0)),
        ("5xx 3 per minute", per_min(3.0)),
        ("errors exactly at the limit", errors(0.001)),
        ("errors at twice the limit", errors(0.002)),
    ];
    for (suffix, fano) in [("", 1.0), (", Fano factor 5", 5.0)] {
        for (name, (mean, allowed)) in truths {
            done(name);
            // A measured factor of independent events is about 1, and enlarged like any other.
            let phi = dispersion::phi(Some(fano));
            let phi = if fano <= 1.0 { 1.0 } else { phi };
            let all = parallel(runs, SEED, &|_| {}, |rng, _| {
                let mut proof = Proof::default();
                let (mut first, mut at_ten) = (None, false);
                for poll in 1..=120_u8 {
                    proof.bet(clustered(mean, fano, rng), allowed, phi);
                    let minutes = f64::from(poll) * DT.as_min();
                    first = first.or(proof.is_proved().then_some(minutes));
                    at_ten |= poll == 40 && proof.is_proved();
                }
                (at_ten, first)
            });
            let median = Quantiles::of(all.iter().map(|(_, f)| f.unwrap_or(31.0))).map(|q| q.median);
            table.row(
                format!("{name}{suffix}"),
                vec![
                    Cell::Share(Share::among(&all, |(at_ten, _)| *at_ten)),
                    Cell::Value(median.filter(|m| *m <= 30.0)),
                    Cell::Share(Share::among(&all, |(_, first)| first.is_some())),
                ],
            );
        }
    }
    table
}

/// Healthy releases of one region with an error gate alone, in the fold: on time, extended, stuck.
pub fn ladder(effort: Effort, done: &dyn Fn(&str)) -> Table {
    let runs = effort.runs(25, 1_000);
    let head =
        ["requests/s of the region", "errors", "Fano factor", "on time / extended / stuck", "rolled back"];
    let title =
        "Healthy releases on the ladder 5, 50, 100 % (10 to 30, 5 to 15, 5 to 15 min), error gate at .1 %";
    let mut table = Table::new("ladder", title, SEED, runs, &[&head[..1], &head[3..]].concat());
    let policy = errors_alone();
    for rps in [20.0, 100.0, 1000.0] {
        for errors in [0.0001, 0.0005] {
            for (fano, noise) in [(1, Noise::IID), (5, Noise::BURSTY)] {
                let name = format!("{rps}, {:.2} %, {fano}", 100.0 * errors);
                done(&name);
                let traffic = Traffic { rps, errors, ..Traffic::default() };
                let fault = Fault::of(Kind::None);
                let simulation = Simulation { policy: &policy, traffic, noise, fault, runs, seed: SEED };
                let summary = simulate(&simulation, &|_| {});
                let ladder = Cell::Ladder([summary.on_time, summary.extended, summary.held]);
                table.row(name, vec![ladder, Cell::Share(summary.rolled_back)]);
            }
        }
    }
    table.head[0] = "requests/s of the region, errors, Fano factor".to_owned();
    table
}

fn errors_alone() -> Policy {
    let mut policy = reference::policy(1, Span::from_s(30));
    policy.gates.retain(|gate| gate.signal == Signal::ErrorRate);
    policy
}
