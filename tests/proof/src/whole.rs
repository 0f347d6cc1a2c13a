//! The promise itself: healthy releases through six regions, and how many are rolled back.

use crate::effort::Effort;
use crate::table::{Cell, Table};
use haldane_core::time::Span;
use haldane_lab::fault::Fault;
use haldane_lab::noise::Noise;
use haldane_lab::reference::{self, REGIONS};
use haldane_lab::traffic::Traffic;
use haldane_lab::{Simulation, simulate};

const SEED: u64 = 1860;

/// Healthy releases in the fold: three signals, each against its limit and the primary, in six regions.
pub fn table(effort: Effort, done: &dyn Fn(&str)) -> Table {
    let runs = effort.runs(4, 800);
    let head = ["noise", "rolled back", "of these by the pool", "on time / extended / held"];
    let title =
        "Healthy releases through six regions and three steps (1000 requests/s each): promised at most 1 %";
    let mut table = Table::new("whole", title, SEED, runs, &head);
    let policy = reference::policy(REGIONS, Span::from_s(30));
    let healthy = Traffic::default();
    let near = Traffic { errors: 0.0008, p99_ms: 185.0, http_5xx_per_min: 4.0, ..healthy };
    for (suffix, traffic) in [("", healthy), (", near the limits", near)] {
        let noises = Noise::ALL.map(|(_, noise)| noise);
        for noise in noises.into_iter().chain([Noise::SHARED.everywhere()]) {
            let name = format!("{noise}{suffix}");
            done(&name);
            let simulation =
                Simulation { policy: &policy, traffic, noise, fault: Fault::NONE, runs, seed: SEED };
            let summary = simulate(&simulation, &|_| {});
            let ends = Cell::Ladder([summary.on_time, summary.extended, summary.held]);
            table.row(name, vec![Cell::Share(summary.rolled_back), Cell::Share(summary.by_pool), ends]);
        }
    }
    table
}
