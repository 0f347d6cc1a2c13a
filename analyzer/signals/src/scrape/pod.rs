//! What one pod says now: its two families, or why each is missing.
//!
//! The families fail apart (a broken histogram leaves the error rate alone), but they vouch for each other where one
//! is absent: a pod without any traffic has no labelled series yet and honestly counts zero; a pod whose other
//! family shows traffic is hiding something.

use super::exposition::{self, Sample};
use super::histogram::durations;
use super::requests::requests;
use super::target::Target;
use super::{BUCKETS, HISTOGRAM, REQUESTS};
use crate::counting::family::{Family, Fault};
use crate::reason::one_line;
use haldane_core::increment::{Arm, Missing};
use std::collections::BTreeSet;

/// One pod's families at one instant.
pub(crate) struct Page {
    pub(crate) requests: Result<Family, Missing>,
    pub(crate) durations: Result<Family, Missing>,
    /// Samples of further signals; none where the page cannot be read.
    pub(crate) more: Vec<Sample>,
}

/// Reads one pod's page, with the samples of `further` metrics, or passes on why there is none.
pub(crate) fn look(
    arm: Arm,
    target: &Target,
    body: Result<Vec<u8>, Missing>,
    further: &BTreeSet<String>,
) -> Page {
    match body.and_then(|body| samples(arm, target, &body, further)) {
        Ok(samples) => {
            let (requests, durations) = families(&samples);
            Page {
                requests: requests.map_err(|fault| missing(arm, target, fault)),
                durations: durations.map_err(|fault| missing(arm, target, fault)),
                more: samples.into_iter().filter(|s| further.contains(&s.metric)).collect(),
            }
        }
        Err(why) => Page { requests: Err(why.clone()), durations: Err(why), more: Vec::new() },
    }
}

fn samples(
    arm: Arm,
    target: &Target,
    body: &[u8],
    further: &BTreeSet<String>,
) -> Result<Vec<Sample>, Missing> {
    let wanted: Vec<&str> =
        [REQUESTS, BUCKETS].into_iter().chain(further.iter().map(String::as_str)).collect();
    exposition::read(body, &wanted).map_err(|why| Missing::NotMetrics {
        arm,
        target: target.name.clone(),
        detail: one_line(&why.to_string()),
    })
}

fn families(samples: &[Sample]) -> (Result<Family, Fault>, Result<Family, Fault>) {
    let (requests, durations) = (requests(samples), durations(samples));
    let vouched_requests = match (&requests, &durations) {
        (Ok(mine), Ok(other)) if mine.rows.is_empty() && other.total() > 0.0 => Err(absent(REQUESTS)),
        (Ok(mine), Err(_)) if mine.rows.is_empty() => Err(absent(REQUESTS)),
        _ => requests.clone(),
    };
    let vouched_durations = match (&durations, requests) {
        (Ok(mine), Ok(other)) if mine.rows.is_empty() && other.total() > 0.0 => Err(absent(HISTOGRAM)),
        (Ok(mine), Err(fault)) if mine.rows.is_empty() => Err(fault),
        _ => durations,
    };
    (vouched_requests, vouched_durations)
}

fn absent(series: &str) -> Fault {
    Fault::Absent { series: series.to_owned() }
}

/// A fault as increments tell it.
pub(crate) fn missing(arm: Arm, target: &Target, fault: Fault) -> Missing {
    let target = target.name.clone();
    match fault {
        Fault::Absent { series } => Missing::SeriesAbsent { arm, target: Some(target), series },
        Fault::NotANumber { series } => Missing::NotANumber { arm, target: Some(target), series },
        Fault::Twice { series } => {
            Missing::NotMetrics { arm, target, detail: format!("one series of {series} stands twice") }
        }
        Fault::Histogram { detail } => Missing::BadHistogram {
            arm,
            target: Some(target),
            series: HISTOGRAM.to_owned(),
            detail: one_line(&detail),
        },
    }
}
