//! What pods' pages show today, for a person who checks a policy before it is used.

use super::pod::Page;
use super::region::RegionScraper;
use crate::counting::change::sum;
use crate::counting::family::Family;
use crate::counting::split::Split;
use futures_util::future;
use haldane_core::increment::{Arm, Arms, Counts, Missing};
use haldane_core::time::Timestamp;
use serde::Serialize;

/// One arm's pods together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArmPages {
    /// Which.
    pub arm: Arm,
    /// Why it cannot be told which pods there are; then nobody was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_found: Option<Missing>,
    /// How many pods the policy lists, or how many were found.
    pub pods: u32,
    /// How many of them show counts that can be used.
    pub answered: u32,
    /// How many cannot be connected to, as pods that are not there.
    pub absent: u32,
    /// Series of requests and of durations.
    pub series: usize,
    /// Requests since the pods began.
    pub requests: f64,
    /// Failed ones.
    pub failed: f64,
    /// Requests with a duration since the pods began.
    pub timed: f64,
    /// Those slower than the limit, at least.
    pub slow: f64,
    /// The finite bucket edges in milliseconds, of the first pod that shows any.
    pub edges_ms: Vec<f64>,
    /// Whether the latency limit is one of them.
    pub limit_is_edge: Option<bool>,
}

impl RegionScraper {
    /// Reads every page once; where pods have to be found, this finds them, as a poll would. Counts nothing. Takes up to
    /// the deadline of the configuration, and where pods have to be found twice that.
    pub async fn probe(&mut self, as_of: Timestamp) -> [ArmPages; 2] {
        for (arm, found) in self.find(Arms::Both).await {
            self.counter.retarget(arm, as_of, found);
        }
        let of = async |arm| ArmPages {
            not_found: self.counter.lost(arm).cloned(),
            ..arm_pages(arm, self.pages_of(arm).await, self.counter.limit_ms())
        };
        future::join(of(Arm::Canary), of(Arm::Primary)).await.into()
    }
}

fn arm_pages(arm: Arm, pages: Vec<Page>, limit_ms: Option<f64>) -> ArmPages {
    let usable = |page: &&Page| page.requests.is_ok() && (page.durations.is_ok() || limit_ms.is_none());
    let count = |pages: usize| u32::try_from(pages).unwrap_or(u32::MAX);
    let answered = count(pages.iter().filter(usable).count());
    let is_absent = |page: &&Page| matches!(page.requests, Err(Missing::Unreachable { .. }));
    let requests = |page: &Page| counts(&page.requests, |_| Some(Split::REQUESTS));
    let durations = |page: &Page| counts(&page.durations, |edges| Some(Split::at(edges?, limit_ms?)));
    let total = |of: &dyn Fn(&Page) -> Counts| pages.iter().map(of).fold(Counts::default(), sum);
    let (requests, durations) = (total(&requests), total(&durations));
    let families = pages.iter().flat_map(|page| [&page.requests, &page.durations]).flatten();
    let edges = pages.iter().find_map(|page| page.durations.as_ref().ok()?.edges.as_deref());
    let is_edge = |limit: f64| Some(Split::at(edges?, limit).bracket(edges?).is_none());
    ArmPages {
        arm,
        not_found: None,
        pods: count(pages.len()),
        answered,
        absent: count(pages.iter().filter(is_absent).count()),
        series: families.map(|family| family.rows.len()).sum(),
        requests: requests.total,
        failed: requests.bad,
        timed: durations.total,
        slow: durations.bad,
        edges_ms: edges.unwrap_or_default().iter().copied().filter(|edge| edge.is_finite()).collect(),
        limit_is_edge: limit_ms.and_then(is_edge),
    }
}

fn counts(family: &Result<Family, Missing>, split: impl Fn(Option<&[f64]>) -> Option<Split>) -> Counts {
    let Ok(family) = family else { return Counts::default() };
    let Some(split) = split(family.edges.as_deref()) else { return Counts::default() };
    family.rows.values().map(|row| split.counts(row)).fold(Counts::default(), sum)
}
