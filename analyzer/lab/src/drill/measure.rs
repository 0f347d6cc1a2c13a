//! When a region was lost, when another one served in its place, and how far behind its copy was.
//!
//! Between two samples nobody looked: so every instant here is a pair, the last sample before it and the first after.

use super::recording::Recording;
use super::sample::{Value, What};
use super::serving::Serving;
use haldane_core::increment::Region;
use haldane_core::policy::Policy;
use haldane_core::time::{Span, Timestamp};
use serde::Serialize;
use std::fmt;

/// How long a region has to serve without a break before its service counts from the beginning of that.
const STEADY: Span = Span::from_min(1);

/// The oldest sample of the lag that says anything about the loss.
const LAG_AGE: Span = Span::from_min(2);

/// Something that happened between two samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Between {
    /// The last sample that does not show it.
    pub after: Timestamp,
    /// The first that does.
    pub at: Timestamp,
}

/// A length of time as samples tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Measured {
    /// From the first sample that shows the beginning to the first that shows the end.
    pub measured: Span,
    /// It may have been as short as this.
    pub least: Span,
    /// It may have been as long as this.
    pub most: Span,
}

/// The replication lag at the loss.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Lag {
    /// Seconds, at the last sample before the loss.
    pub seconds: f64,
    /// How long before the loss was seen that sample was taken.
    pub age: Span,
    /// Transactions that were lost, where somebody counted them.
    pub lost_transactions: Option<f64>,
}

/// Why something cannot be told.
#[derive(Clone, Debug, PartialEq)]
pub enum Untold {
    /// The recording has nothing that would show it.
    NotRecorded {
        /// Where.
        region: Region,
        /// What would.
        what: Vec<What>,
    },
    /// It begins with the region already lost.
    LostBefore {
        /// Where.
        region: Region,
    },
    /// The region is never lost in it.
    NeverLost {
        /// Where.
        region: Region,
    },
    /// It ends before the region has served.
    EndsWithout {
        /// Where.
        region: Region,
        /// How long after the loss it ends.
        after: Span,
        /// What the region lacked at the end.
        lacks: String,
    },
    /// It ends too soon after the region began to serve.
    EndsTooSoon {
        /// Where.
        region: Region,
        /// How long it served until then.
        served: Span,
    },
    /// No sample of the lag is new enough.
    LagOld {
        /// Where.
        region: Region,
        /// The age of the newest that is known.
        age: Span,
    },
    /// The sampling is too coarse.
    Coarse {
        /// What was measured.
        measured: Measured,
    },
    /// Nothing was asked of it.
    NotTested {
        /// Where.
        region: Region,
    },
}

impl fmt::Display for Untold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotRecorded { region, what } => {
                let what: Vec<String> = what.iter().map(ToString::to_string).collect();
                write!(f, "the recording has no {} of {region}", what.join(" and no "))
            }
            Self::LostBefore { region } => write!(
                f,
                "the recording begins with {region} already lost; begin it some minutes before the loss"
            ),
            Self::NeverLost { region } => write!(
                f,
                "{region} is never lost in the recording; a sample `up` 0 shows it, or one without requests"
            ),
            Self::EndsWithout { region, after, lacks } => {
                write!(f, "the recording ends {after} after the loss, and {region} does not serve: {lacks}")
            }
            Self::EndsTooSoon { region, served } => write!(
                f,
                "the recording ends {served} after {region} began to serve; it takes {STEADY} without a break"
            ),
            Self::LagOld { region, age } => {
                write!(f, "the last known lag of {region} is {age} older than the loss")
            }
            Self::Coarse { measured: Measured { least, most, .. } } => {
                write!(f, "between samples it may have been anything from {least} to {most}")
            }
            Self::NotTested { region } => write!(f, "{region} did not take over"),
        }
    }
}

/// When `region` was lost: it stops answering, or no request reaches it any more, whichever is seen first.
///
/// # Errors
/// Why that cannot be told.
pub fn loss(recording: &Recording, region: &Region) -> Result<Between, Untold> {
    let shown = [What::Up, What::RequestsPerS];
    let [up, requests] = [What::Up, What::RequestsPerS].map(|what| recording.of(region, &what));
    if up.is_empty() && requests.is_empty() {
        return Err(Untold::NotRecorded { region: region.clone(), what: shown.into() });
    }
    let found = match fall(up) {
        Some(down) => Some(standing(requests, down.at).filter(|silent| silent.at < down.at).unwrap_or(down)),
        None if up.is_empty() => fall(requests),
        None => None,
    };
    let gone = [up, requests].map(|series| series.first().is_some_and(|(_, v)| *v == Value::Number(0.0)));
    found.ok_or_else(|| match gone.contains(&true) {
        true => Untold::LostBefore { region: region.clone() },
        false => Untold::NeverLost { region: region.clone() },
    })
}

/// The first fall to nothing from something.
fn fall(series: &[(Timestamp, Value)]) -> Option<Between> {
    let falls = falls(series);
    falls.first().map(|(between, _)| *between)
}

/// The fall after which there is still nothing at `at`: a region with few requests is silent now and then.
fn standing(series: &[(Timestamp, Value)], at: Timestamp) -> Option<Between> {
    let falls = falls(series);
    let stands = |(between, over): &&(Between, Option<Timestamp>)| {
        between.at <= at && over.is_none_or(|over| over > at)
    };
    falls.iter().find(stands).map(|(between, _)| *between)
}

/// Every fall to nothing from something, each with the first sample after it that is something again.
fn falls(series: &[(Timestamp, Value)]) -> Vec<(Between, Option<Timestamp>)> {
    let mut falls: Vec<(Between, Option<Timestamp>)> = Vec::new();
    let mut well = None;
    for (at, value) in series {
        let Value::Number(number) = value else { continue };
        if *number > 0.0 {
            if let Some((_, over)) = falls.last_mut() {
                over.get_or_insert(*at);
            }
            well = Some(*at);
        } else if let Some(after) = well.take() {
            falls.push((Between { after, at: *at }, None));
        }
    }
    falls
}

/// What is known of a takeover.
#[derive(Clone, Debug, PartialEq)]
pub struct Takeover {
    /// From when on the region serves without a break.
    pub served: Result<Timestamp, Untold>,
    /// How long it took.
    pub rto: Result<Measured, Untold>,
    /// How far behind its copy was.
    pub rpo: Result<Lag, Untold>,
}

/// What `taker` made of the loss of `lost`.
pub fn takeover(
    (recording, policy): (&Recording, &Policy),
    (lost, taker): (&Region, &Region),
    loss: Between,
) -> Takeover {
    let serving = Serving::new((recording, policy), (lost, taker), loss.after);
    let served = served(&serving, loss);
    let rto = served.clone().map(|(at, before)| Measured {
        measured: at - loss.at,
        least: before.map_or(Span::ZERO, |before| (before - loss.at).max(Span::ZERO)),
        most: at - loss.after,
    });
    Takeover { served: served.map(|(at, _)| at), rto, rpo: lag(recording, taker, loss) }
}

/// From when on it serves, and the instant before that at which it did not, where there is one after the loss.
fn served(serving: &Serving<'_>, loss: Between) -> Result<(Timestamp, Option<Timestamp>), Untold> {
    let region = serving.taker.clone();
    if !serving.recording.has(&region, &What::RequestsPerS) {
        return Err(Untold::NotRecorded { region, what: vec![What::RequestsPerS] });
    }
    let (mut since, mut before, mut lacked, mut end) = (None, None, None, loss.at);
    for at in serving.recording.instants().range(loss.at..) {
        end = *at;
        match serving.lacks(*at) {
            None => {
                let began = *since.get_or_insert(*at);
                if *at - began >= STEADY {
                    return Ok((began, before));
                }
            }
            Some(lacks) => (since, before, lacked) = (None, Some(*at), Some(lacks)),
        }
    }
    Err(match (since, lacked) {
        (None, Some(lacks)) => Untold::EndsWithout { region, after: end - loss.at, lacks: lacks.to_string() },
        (since, _) => Untold::EndsTooSoon { region, served: since.map_or(Span::ZERO, |since| end - since) },
    })
}

fn lag(recording: &Recording, taker: &Region, loss: Between) -> Result<Lag, Untold> {
    let series = recording.of(taker, &What::LagS);
    let known = series.iter().rev().find_map(|(at, value)| match value {
        Value::Number(seconds) if *at < loss.at => Some((*at, *seconds)),
        Value::Number(_) | Value::Names(_) | Value::Unknown => None,
    });
    let Some((at, seconds)) = known else {
        return Err(Untold::NotRecorded { region: taker.clone(), what: vec![What::LagS] });
    };
    let age = loss.at - at;
    if age > LAG_AGE.max(recording.gap(taker, &What::LagS).unwrap_or(Span::ZERO)) {
        return Err(Untold::LagOld { region: taker.clone(), age });
    }
    let lost = recording.of(taker, &What::LostTransactions).iter().rev().filter(|(at, _)| *at >= loss.at);
    let mut lost = lost.filter_map(|(_, value)| match value {
        Value::Number(lost) => Some(*lost),
        Value::Names(_) | Value::Unknown => None,
    });
    Ok(Lag { seconds, age, lost_transactions: lost.next() })
}
