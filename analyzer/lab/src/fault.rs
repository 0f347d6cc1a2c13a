//! What is wrong with the new version, since when, and from which weight on.
//!
//! Written as one word, because it is an argument of a command: `error=1%@8m>50%`.

use haldane_core::time::Span;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Nothing.
    None,
    /// This share of the requests fails.
    Errors(f64),
    /// The 99th percentile of the latency, in milliseconds.
    P99Ms(f64),
    /// Responses of 5xx per minute, whatever the traffic.
    Http5xxPerMin(f64),
}

/// A fault of the new version.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// What.
    pub kind: Kind,
    /// Time from a region's first canary traffic until it begins there.
    pub onset: Span,
    /// It shows only at weights above this, in percent.
    pub above_weight: u32,
}

impl Fault {
    /// A healthy version.
    pub const NONE: Self = Self::of(Kind::None);

    /// A fault from the first request on.
    pub const fn of(kind: Kind) -> Self {
        Self { kind, onset: Span::ZERO, above_weight: 0 }
    }

    /// The same, later.
    #[must_use]
    pub const fn after(self, onset: Span) -> Self {
        Self { onset, ..self }
    }

    /// What is wrong `exposed` after the first traffic at `weight` percent.
    pub fn at(&self, exposed: Span, weight: u32) -> Kind {
        if exposed >= self.onset && weight > self.above_weight { self.kind } else { Kind::None }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::None => return f.write_str("none"),
            Kind::Errors(share) => write!(f, "error={}%", trim(share * 100.0))?,
            Kind::P99Ms(ms) => write!(f, "latency={}ms", trim(ms))?,
            Kind::Http5xxPerMin(rate) => write!(f, "5xx={}/min", trim(rate))?,
        }
        if self.onset > Span::ZERO {
            write!(f, "@{}", self.onset)?;
        }
        if self.above_weight > 0 { write!(f, ">{}%", self.above_weight) } else { Ok(()) }
    }
}

fn trim(value: f64) -> String {
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A fault that cannot be read, with how it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFault {
    text: String,
    cure: &'static str,
}

impl fmt::Display for UnknownFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no fault: {}", self.text, self.cure)
    }
}

impl std::error::Error for UnknownFault {}

const KINDS: &str = "write none, error=0.5%, latency=250ms or 5xx=10/min, then @8m for a later onset, then >50% for \
                     weights above 50 % only";

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(text: &str) -> Result<Self, UnknownFault> {
        let refuse = |cure| UnknownFault { text: text.to_owned(), cure };
        let (rest, above_weight) = match text.split_once('>') {
            Some((rest, weight)) => {
                let weight = weight.strip_suffix('%').and_then(|w| w.parse().ok()).filter(|w| *w < 100);
                (rest, weight.ok_or_else(|| refuse("write the weight as a whole percentage, such as >50%"))?)
            }
            None => (text, 0),
        };
        let (kind, onset) = match rest.split_once('@') {
            Some((kind, onset)) => {
                (kind, span(onset).ok_or_else(|| refuse("write the onset like @8m, @90s or @3h"))?)
            }
            None => (rest, Span::ZERO),
        };
        let kind = read_kind(kind).ok_or_else(|| refuse(KINDS))?;
        Ok(Self { kind, onset, above_weight })
    }
}

fn read_kind(text: &str) -> Option<Kind> {
    if text == "none" {
        return Some(Kind::None);
    }
    let (what, how_much) = text.split_once('=')?;
    let within = |unit: &str, least: f64, most: f64| {
        let value: f64 = digits(how_much.strip_suffix(unit)?)?;
        (value > least && value <= most).then_some(value)
    };
    match what {
        "error" => within("%", 0.0, 100.0).map(|percent| Kind::Errors(percent / 100.0)),
        "latency" => within("ms", 0.0, 1e6).map(Kind::P99Ms),
        "5xx" => within("/min", 0.0, 1e6).map(Kind::Http5xxPerMin),
        _ => None,
    }
}

/// Plain decimal digits: no sign, no exponent, no `inf`, which `f64` would all read.
fn digits(text: &str) -> Option<f64> {
    text.bytes().all(|b| b.is_ascii_digit() || b == b'.').then(|| text.parse().ok()).flatten()
}

fn span(text: &str) -> Option<Span> {
    let unit_s = [("h", 3600.0), ("m", 60.0), ("s", 1.0)];
    let (number, unit) = unit_s.into_iter().find_map(|(u, s)| Some((digits(text.strip_suffix(u)?)?, s)))?;
    let seconds = number * unit;
    // Whole microseconds: `as` is exact here, because a month has fewer than 2^53 of them.
    (seconds <= 30.0 * 86_400.0).then(|| Span::from_us((seconds * 1e6) as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_reads_back_as_it_is_shown() {
        for text in ["none", "error=0.5%", "latency=250ms", "5xx=10/min", "error=1%@8m", "error=1%@8m>50%"] {
            assert_eq!(text.parse::<Fault>().unwrap().to_string(), text);
        }
        assert_eq!("error=0.5%".parse(), Ok(Fault::of(Kind::Errors(0.005))));
    }

    #[test]
    fn what_is_no_fault_is_refused_with_how_one_is_written() {
        for (wrong, cure) in [
            ("error=0.5", "error=0.5%"),
            ("errors=1%", "error=0.5%"),
            ("error=-1%", "error=0.5%"),
            ("error=inf%", "error=0.5%"),
            ("latency=250", "latency=250ms"),
            ("error=1%@8", "@8m"),
            ("error=1%>50", ">50%"),
            ("error=1%>100%", ">50%"),
            ("", "none"),
        ] {
            let refusal = wrong.parse::<Fault>().unwrap_err().to_string();
            assert!(refusal.contains(cure), "{refusal}");
        }
    }

    #[test]
    fn a_fault_shows_from_its_onset_on_and_above_its_weight_only() {
        let fault: Fault = "error=1%@8m>50%".parse().unwrap();
        let min = Span::from_min;
        assert_eq!(fault.at(min(7), 100), Kind::None);
        assert_eq!(fault.at(min(8), 50), Kind::None);
        assert_eq!(fault.at(min(8), 100), Kind::Errors(0.01));
    }
}
