//! What the recorded samples mean, as the hand that made them wrote it down.

use std::collections::BTreeMap;

const RECORDED: &str = include_str!("../recorded/truth.txt");

/// One signal of one family.
#[derive(Clone, Debug, PartialEq)]
pub struct Truth {
    /// The family's name.
    pub family: &'static str,
    /// The signal's name.
    pub signal: &'static str,
    /// The canary's, and the primary's; a place has one alone.
    pub arms: Vec<Known>,
    /// What Flagger's query gives for the canary.
    pub scalar: f64,
    /// The words for it, as they stand in the file.
    pub text: Vec<&'static str>,
}

/// What is known of one arm over the recorded minute.
#[derive(Clone, Debug, PartialEq)]
pub enum Known {
    /// Bad events, and all events.
    Counts(f64, f64),
    /// Events up to each edge.
    Buckets(BTreeMap<&'static str, f64>),
    /// Each pod's value at the last scrape.
    Gauge(BTreeMap<&'static str, f64>),
    /// The worst value at the last scrape.
    Place(f64),
}

/// Everything that is known.
///
/// # Errors
/// A line that is not of the file's form.
pub fn truths() -> Result<Vec<Truth>, String> {
    let lines = RECORDED.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| read(line).ok_or_else(|| format!("recorded/truth.txt: {line}"))).collect()
}

fn read(line: &'static str) -> Option<Truth> {
    let (what, scalar) = line.split_once(" scalar ")?;
    let mut words = what.split(' ');
    let (family, signal, kind) = (words.next()?, words.next()?, words.next()?);
    let text: Vec<_> = words.collect();
    let arms = text.iter().map(|word| known(kind, word)).collect::<Option<_>>()?;
    Some(Truth { family, signal, arms, scalar: scalar.parse().ok()?, text })
}

fn known(kind: &str, word: &'static str) -> Option<Known> {
    let pairs = || -> Option<BTreeMap<&'static str, f64>> {
        word.split(',')
            .map(|pair| pair.split_once('='))
            .map(|p| p.and_then(|(k, v)| Some((k, v.parse().ok()?))))
            .collect()
    };
    match kind {
        "counts" => {
            let (bad, all) = word.split_once('/')?;
            Some(Known::Counts(bad.parse().ok()?, all.parse().ok()?))
        }
        "buckets" => pairs().map(Known::Buckets),
        "gauge" => pairs().map(Known::Gauge),
        "place" => word.parse().ok().map(Known::Place),
        _ => None,
    }
}
