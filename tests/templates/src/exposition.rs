//! The recorded samples, as each engine wants to be given them.

use std::fmt::Write;

/// The service, and the place that it lives in.
const RECORDED: [&str; 2] =
    [include_str!("../recorded/exposition.txt"), include_str!("../recorded/guards.txt")];

/// The instant of the first scrape, in seconds since 1970; the file's own instants are made for it.
pub const START_S: i64 = 1_700_000_000;

/// The instant of the last.
pub const END_S: i64 = START_S + 60;

/// The time between two scrapes, in seconds.
const STEP_S: i64 = 15;

/// Each series as the file has it: its name with its labels, and its values.
fn series() -> impl Iterator<Item = (&'static str, impl Iterator<Item = (i64, &'static str)>)> {
    let lines = RECORDED.into_iter().flat_map(str::lines).filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.rsplit_once("} ")).map(|(series, values)| {
        let at = (START_S..=END_S).step_by(usize::try_from(STEP_S).unwrap_or(1));
        (series, at.zip(values.split(' ')))
    })
}

/// OpenMetrics, for `promtool tsdb create-blocks-from`; instants in seconds.
pub(crate) fn openmetrics() -> String {
    let mut text = String::new();
    for (series, samples) in series() {
        for (at_s, value) in samples {
            let _ = writeln!(text, "{series}}} {value} {at_s}");
        }
    }
    text + "# EOF\n"
}

/// Prometheus' text format; instants in milliseconds.
pub(crate) fn prometheus_text() -> String {
    let mut text = String::new();
    for (series, samples) in series() {
        for (at_s, value) in samples {
            let _ = writeln!(text, "{series}}} {value} {at_s}000");
        }
    }
    text
}
