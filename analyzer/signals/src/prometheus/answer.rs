//! An answer of the Prometheus API, read into raw samples: bytes in, a matrix or one named fault out, nothing else.
//!
//! Pure, so that it can be fuzzed. It reads as it goes and keeps only what was asked for: a hostile answer within the
//! bound on bytes may hold hundreds of thousands of series, which as a tree of JSON values would be gigabytes.

use super::json;
use crate::reason::{one_line, snippet};
use haldane_core::time::Timestamp;
use std::collections::BTreeMap;

/// Raw samples, series by series.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Matrix {
    /// In the order answered.
    pub series: Vec<Series>,
}

/// One series and its samples.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Series {
    /// The labels, with the metric's name as `__name__`.
    pub labels: BTreeMap<String, String>,
    /// Instants and values; instants strictly ascend, values are any number, also NaN.
    pub samples: Vec<(Timestamp, f64)>,
    /// Instants and native histograms; instants strictly ascend.
    pub histograms: Vec<(Timestamp, Vec<NativeBucket>)>,
}

/// One bucket of a native histogram that something is in. Its count is its own, no cumulative one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NativeBucket {
    /// The lower edge, in the unit of what is observed.
    pub lower: f64,
    /// The upper edge.
    pub upper: f64,
    /// How many observations lie between them.
    pub count: f64,
}

/// Why an answer cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResponseFault {
    /// It is not what the API gives; what it is instead, in one line.
    NotAnAnswer(String),
    /// The source refused or failed the query.
    Refused {
        /// The source's word for the kind of error.
        kind: String,
        /// Its explanation, in one line.
        detail: String,
    },
    /// The source warns that the answer is not whole; its first warning, in one line.
    Partial(String),
    /// More series than are read.
    TooManySeries,
}

/// Reads the answer to a range selector; at most `most_series` series.
///
/// # Errors
///
/// When it is no answer, an error, a partial one, of another type than a matrix, out of order or too large.
pub fn read_matrix(body: &[u8], most_series: usize) -> Result<Matrix, ResponseFault> {
    let envelope = envelope(body, most_series)?;
    match envelope.result_type.as_deref() {
        Some("matrix") => Ok(Matrix { series: envelope.series }),
        other => Err(another_type(other, "matrix")),
    }
}

/// Reads the answer to `time()`: the source's own time. A scalar, or (VictoriaMetrics) a vector of one.
///
/// # Errors
///
/// When it is no answer, an error, or holds no instant.
pub fn read_time(body: &[u8]) -> Result<Timestamp, ResponseFault> {
    let envelope = envelope(body, 1)?;
    let vector = || envelope.series.first().and_then(|s| s.samples.first()).map(|(at, _)| *at);
    match envelope.result_type.as_deref() {
        Some("scalar") => envelope.scalar,
        Some("vector") => vector(),
        other => return Err(another_type(other, "scalar")),
    }
    .ok_or_else(|| ResponseFault::NotAnAnswer("no time in it".to_owned()))
}

pub(super) fn envelope(body: &[u8], most_series: usize) -> Result<json::Envelope, ResponseFault> {
    let start = body.trim_ascii_start();
    if start.starts_with(b"<") {
        let text = String::from_utf8_lossy(start.get(..200).unwrap_or(start));
        return Err(ResponseFault::NotAnAnswer(format!("HTML or XML, beginning {}", snippet(&text))));
    }
    let envelope = json::read(body, most_series).map_err(|why| match why {
        json::Unreadable::TooManySeries => ResponseFault::TooManySeries,
        json::Unreadable::Json(detail) => ResponseFault::NotAnAnswer(one_line(&detail)),
    })?;
    if envelope.status != "success" {
        let word = |text: Option<String>| one_line(&text.unwrap_or_else(|| "without a reason".to_owned()));
        return match envelope.status.as_str() {
            "error" => {
                Err(ResponseFault::Refused { kind: word(envelope.error_type), detail: word(envelope.error) })
            }
            _ => Err(ResponseFault::NotAnAnswer("JSON without a status".to_owned())),
        };
    }
    match envelope.warning {
        Some(warning) => Err(ResponseFault::Partial(one_line(warning.lines().next().unwrap_or("")))),
        None => Ok(envelope),
    }
}

fn another_type(found: Option<&str>, wanted: &str) -> ResponseFault {
    let found = found.map_or_else(|| "no type of result".to_owned(), snippet);
    ResponseFault::NotAnAnswer(format!("{found} where a {wanted} was asked for"))
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
