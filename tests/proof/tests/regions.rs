//! Several regions at once, with few runs and a fixed seed: what is promised of a broken region and of its neighbours.

use haldane_lab::stats::{Delays, Share};
use haldane_proof::effort::Effort::Short;
use haldane_proof::regions;
use haldane_proof::table::{Cell, Table};

const QUIET: fn(&str) = |_| {};

fn share(table: &Table, row: &str, column: usize) -> Share {
    table.share(row, column).unwrap_or_else(|| panic!("{row} {column} in {table:#?}"))
}

fn delays(table: &Table, row: &str, column: usize) -> Delays {
    table.delays(row, column).unwrap_or_else(|| panic!("{row} {column} in {table:#?}"))
}

/// In company or alone the same counts convict at the same poll: nothing of a region's budget is spent on its neighbours,
/// and no neighbour pays for it.
#[test]
fn a_broken_region_is_found_as_soon_as_it_would_be_alone_and_its_neighbours_are_held_and_not_rolled_back() {
    let table = regions::one_broken_of_six(Short, &QUIET);
    assert_eq!(table.rows.len(), 5);
    for row in table.rows.iter().map(|r| &r.name) {
        let (beside, alone) = (share(&table, row, 0), share(&table, row, 1));
        assert!(beside.count >= alone.count, "{row}: found {beside} beside others, {alone} alone");
        let ([b10, b50, b90], [a10, a50, a90]) = (all(delays(&table, row, 0)), all(delays(&table, row, 1)));
        assert!(
            b10 <= a10 && b50 <= a50 && b90 <= a90,
            "{row} is found later than it would be alone: {table:#?}"
        );
        let held = share(&table, row, 3);
        assert_eq!(held.count, held.of, "{row}: a neighbour was not held within one poll of its own");
        assert_eq!(share(&table, row, 5).count, 0, "{row}: a healthy region went back");
        assert!(beside.count == 0 || held.of > 0, "{row}: nobody was there to be held");
    }
    for row in ["errors → 1 %, iid", "errors → 1 %, bursty"] {
        assert!(share(&table, row, 0).share > 0.9, "{row}");
    }
}

/// What takes one region long, or is never seen there, all find together several times sooner.
#[test]
fn a_small_fault_everywhere_is_found_together_several_times_sooner_than_by_the_best_of_them() {
    let table = regions::small_everywhere(Short, &QUIET);
    for (row, times) in [("errors .05 → .5 %, iid", 2.0), ("errors .05 → 1 %, iid", 2.0)] {
        let [one, best, pool] = [0, 1, 2].map(|column| all(delays(&table, row, column))[1]);
        assert!(best <= one && times * pool <= best, "{row}: {one}, {best}, {pool} min");
    }
    let tiny = "errors .05 → .2 %, iid";
    assert!(share(&table, tiny, 0).share < 0.1 && share(&table, tiny, 2).share > 0.25, "{table:#?}");
    assert!(table.rows.iter().all(|r| matches!(r.cells[..], [.., Cell::Delays { .. }])));
}

/// Tenth, half and nine tenths; never is later than anything.
fn all(delays: Delays) -> [f64; 3] {
    [delays.p10, delays.median, delays.p90].map(|minutes| minutes.unwrap_or(f64::INFINITY))
}
