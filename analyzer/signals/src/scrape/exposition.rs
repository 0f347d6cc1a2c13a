//! A metrics page, read into the few samples that were asked for.
//!
//! `prometheus-parse` turns lines into samples. It is wrapped, because it mangles quoted commas, equals signs and
//! braces and drops in silence what it cannot read: every line is scanned first, a line that is no sample refuses
//! the page, and what is handed on has its labels percent-encoded down to letters and digits. The crate's own type
//! handling is not used (its groups depend on TYPE comments, which some exporters leave out).

use super::line::{Line, RawSample, scan};
use crate::counting::family::Labels;
use crate::reason::snippet;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use prometheus_parse::{Scrape, Value};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// One sample that was asked for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sample {
    /// The metric's name.
    pub(crate) metric: String,
    /// Its labels; an empty value is the same as no label, and left out.
    pub(crate) labels: Labels,
    /// Its value; any number, also NaN.
    pub(crate) value: f64,
}

/// The most samples of wanted metrics that one page may have: about a thousand histograms. A label that takes a new value
/// with every request would otherwise grow until this process dies, with every region that it watches.
const MOST_SAMPLES: usize = 20_000;

/// Why a page cannot be read.
#[derive(Debug, PartialEq, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("an empty answer")]
    Empty,
    #[error("HTML or XML, beginning {0}")]
    Markup(String),
    #[error("bytes that are not UTF-8")]
    NotUtf8,
    #[error("line {line} is no sample: {found}")]
    NoSample { line: usize, found: String },
    #[error("it ends in the middle of line {line}: {found}")]
    HalfLine { line: usize, found: String },
    #[error("comments only, not one sample")]
    NoSampleAtAll,
    #[error("more than {MOST_SAMPLES} samples of the metrics that are read: a label has too many values")]
    TooMany,
    #[error("lines that the parser does not read")]
    Lost,
}

/// Reads a page; gives the samples of the `wanted` metrics in the order written.
pub(crate) fn read(body: &[u8], wanted: &[&str]) -> Result<Vec<Sample>, Unreadable> {
    let text = str::from_utf8(body).map_err(|_| Unreadable::NotUtf8)?;
    let start = text.trim_start_matches('\u{feff}').trim_start();
    if start.starts_with('<') {
        return Err(Unreadable::Markup(snippet(start)));
    }
    if start.is_empty() {
        return Err(Unreadable::Empty);
    }
    parsed(canonical_lines(text, wanted)?)
}

fn canonical_lines(text: &str, wanted: &[&str]) -> Result<Vec<String>, Unreadable> {
    let mut lines = Vec::new();
    let mut any = false;
    for (at, whole) in text.split_inclusive('\n').enumerate() {
        let refused = || Unreadable::NoSample { line: at + 1, found: snippet(whole) };
        // OpenMetrics allows its end marker to go without a line feed.
        if !whole.ends_with('\n') && whole.trim_end() != "# EOF" {
            return Err(Unreadable::HalfLine { line: at + 1, found: snippet(whole) });
        }
        match scan(whole.trim_end_matches('\n')) {
            Line::Silent => {}
            Line::Malformed => return Err(refused()),
            Line::Sample(sample) => {
                any = true;
                if wanted.contains(&sample.name) {
                    if lines.len() == MOST_SAMPLES {
                        return Err(Unreadable::TooMany);
                    }
                    lines.push(canonical(&sample).ok_or_else(refused)?);
                }
            }
        }
    }
    if any { Ok(lines) } else { Err(Unreadable::NoSampleAtAll) }
}

/// The sample with nothing in its labels that the parser could trip over; nothing if a label is given twice.
fn canonical(sample: &RawSample<'_>) -> Option<String> {
    let mut line = sample.name.to_owned();
    let mut names = BTreeSet::new();
    let mut separator = '{';
    for (name, value) in sample.labels() {
        // Written to a String, which cannot fail.
        if !value.is_empty() {
            let (name, value) = (encoded(&name), encoded(&value));
            let _ = write!(line, "{separator}{name}=\"{value}\"");
            separator = ',';
        }
        if !names.insert(name) {
            return None;
        }
    }
    let close = if separator == ',' { "}" } else { "" };
    let _ = write!(line, "{close} {}", sample.value);
    Some(line)
}

fn parsed(lines: Vec<String>) -> Result<Vec<Sample>, Unreadable> {
    let handed_on = lines.len();
    // The fixed time replaces the machine's clock; it only fills timestamps, which nothing here reads.
    let scrape =
        Scrape::parse_at(lines.into_iter().map(Ok), Default::default()).map_err(|_| Unreadable::Lost)?;
    let samples: Vec<Sample> = scrape.samples.into_iter().filter_map(decoded).collect();
    if samples.len() == handed_on { Ok(samples) } else { Err(Unreadable::Lost) }
}

fn decoded(sample: prometheus_parse::Sample) -> Option<Sample> {
    let value = match sample.value {
        Value::Untyped(v) | Value::Counter(v) | Value::Gauge(v) => v,
        Value::Histogram(_) | Value::Summary(_) => return None,
    };
    let labels = sample.labels.iter().map(|(name, value)| (plain(name), plain(value))).collect();
    Some(Sample { metric: sample.metric, labels, value })
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn plain(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
#[path = "exposition_tests.rs"]
mod tests;
