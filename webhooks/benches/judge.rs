//! What `haldane judge --json` does with a file: 10,000 series cases of three metrics with 31 points a side, from the file's
//! text to the lines that are printed, on all processors.
//!
//! The statistics alone, on one thread and without any text, are in the core's `series` bench; the difference is reading
//! and writing. Healthy files and files of which every third case is faulty stand beside each other, because a verdict must
//! not take long just when something is wrong.

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use haldane::judge::{cases, in_json, judge_all};
use std::fmt::Write as _;

const CASES: usize = 10_000;
const METRICS: usize = 3;
const POINTS: usize = 31;

fn main() {
    divan::main();
}

/// From text to lines; their bytes.
fn lines(text: &str) -> usize {
    let cases = cases(text).expect("a list of cases");
    let mut bytes = 0;
    judge_all(&cases.raw, &|_, judged| in_json(&judged), &mut |line: String| bytes += line.len() + 1);
    bytes
}

/// A file of which every `nth` case has one metric that is two standard deviations worse; 0 is none.
fn file(nth: usize) -> String {
    let (mut text, mut state) = (String::from("["), 1_u64);
    for case in 0..CASES {
        let faulty = nth > 0 && case.is_multiple_of(nth);
        text.push_str(if case == 0 { r#"{"metrics":["# } else { r#",{"metrics":["# });
        for metric in 0..METRICS {
            let shift = if faulty && metric == 0 { 2_000 } else { 0 };
            let (control, experiment) = (side(0, &mut state), side(shift, &mut state));
            let comma = if metric == 0 { "" } else { "," };
            // Writing to a String cannot fail.
            let _ = write!(
                text,
                r#"{comma}{{"name":"m{metric}","control":[{control}],"experiment":[{experiment}]}}"#
            );
        }
        text.push_str("]}");
    }
    text + "]"
}

/// Values around 100 with a standard deviation of 10, in thousandths: the sum of twelve uniform numbers is nearly normal.
fn side(shift: u64, state: &mut u64) -> String {
    let mut one = || {
        let sum: u64 = (0..12).map(|_| below(10_000, state)).sum();
        let value = 100_000 - 60_000 + sum + 10 * shift;
        format!("{}.{:03}", value / 1000, value % 1000)
    };
    (0..POINTS).map(|_| one()).collect::<Vec<_>>().join(",")
}

/// A linear congruential generator (Knuth's MMIX), its upper bits.
fn below(bound: u64, state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) % bound
}

#[divan::bench(sample_count = 5, args = [0, 3])]
fn ten_thousand_cases_with_every_nth_faulty(bencher: Bencher, nth: usize) {
    let text = file(nth);
    bencher
        .counter(ItemsCount::new(CASES))
        .counter(BytesCount::of_str(&text))
        .bench_local(|| lines(black_box(&text)));
}
