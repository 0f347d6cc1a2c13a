//! One arm: all its pods, and the events that they have ever been seen to count.
//!
//! Totals only grow, also at polls that end in no cut: what the well pods counted while one was down is kept, so
//! that a reset in the meantime loses as little as it must.

use super::memory::Memory;
use super::pod::{Page, missing};
use super::target::Target;
use super::{HISTOGRAM, REQUESTS};
use crate::counting::change::Advance;
use crate::counting::family::{Family, Fault};
use crate::counting::pods::Pods;
use crate::counting::split::Split;
use crate::counting::tally::Tally;
use haldane_core::increment::{Arm, Missing};

/// The pods of one arm and their totals.
pub(crate) struct ArmReader {
    arm: Arm,
    limit_ms: Option<f64>,
    pods: Vec<Pod>,
    /// Requests ever seen: failed, all.
    pub(crate) requests: Tally,
    /// Durations ever seen: slow, all.
    pub(crate) durations: Tally,
    /// Failed requests, and slow ones, pod by pod since this was last taken.
    pub(crate) failed: Pods,
    /// See `failed`.
    pub(crate) slow: Pods,
    /// Pods whose counters began anew, since this was last set to zero.
    pub(crate) restarts: u32,
}

struct Pod {
    target: Target,
    requests: Memory,
    durations: Memory,
}

/// How an arm's last poll went.
pub(crate) struct ArmView {
    /// Why requests cannot be cut now.
    pub(crate) requests: Option<Missing>,
    /// Why durations cannot be cut now.
    pub(crate) durations: Option<Missing>,
    /// The bucket edges seen, pod by pod.
    pub(crate) edges: Vec<(Target, Vec<f64>)>,
}

impl ArmReader {
    pub(crate) fn new(arm: Arm, targets: Vec<Target>, limit_ms: Option<f64>) -> Self {
        let pod = |target| Pod { target, requests: Memory::default(), durations: Memory::default() };
        let pods = targets.into_iter().map(pod).collect();
        let (requests, durations) = (Tally::default(), Tally::default());
        let (failed, slow) = (Pods::default(), Pods::default());
        Self { arm, limit_ms, pods, requests, durations, failed, slow, restarts: 0 }
    }

    /// How many pods this arm has.
    pub(crate) fn targets(&self) -> u32 {
        u32::try_from(self.pods.len()).unwrap_or(u32::MAX)
    }

    /// Where its pods are.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = &Target> {
        self.pods.iter().map(|pod| &pod.target)
    }

    /// Takes in every pod's page, in the order of [`ArmReader::addresses`].
    pub(crate) fn take(&mut self, pages: Vec<Page>) -> ArmView {
        let arm = self.arm;
        let mut view = ArmView { requests: None, durations: None, edges: Vec::new() };
        let (mut has_requests, mut has_durations) = (false, false);
        for (pod, page) in self.pods.iter_mut().zip(pages) {
            let Page { requests, durations, .. } = page;
            has_requests |= requests.as_ref().is_ok_and(|family| !family.rows.is_empty());
            let mut is_new = false;
            has_durations |= durations.as_ref().is_ok_and(|family| !family.rows.is_empty());
            match requests {
                Ok(family) => {
                    let advance = pod.requests.advance(family.rows, Split::REQUESTS);
                    self.requests.add(advance.counts);
                    self.failed.add(&pod.target.name, advance.counts);
                    is_new |= advance.is_reset;
                }
                Err(why) => keep_first(&mut view.requests, why),
            }
            match durations {
                Ok(family) => {
                    view.edges.extend(family.edges.clone().map(|edges| (pod.target.clone(), edges)));
                    let (advance, torn) = pod.take_durations(arm, family, self.limit_ms);
                    self.durations.add(advance.counts);
                    self.slow.add(&pod.target.name, advance.counts);
                    is_new |= advance.is_reset;
                    torn.into_iter().for_each(|why| keep_first(&mut view.durations, why));
                }
                Err(why) => keep_first(&mut view.durations, why),
            }
            self.restarts += u32::from(is_new);
        }
        self.require(&mut view.requests, has_requests, REQUESTS);
        self.require(&mut view.durations, has_durations, HISTOGRAM);
        view
    }

    /// A whole arm without a series: honest for a canary that has no traffic yet, never for a primary.
    fn require(&self, fault: &mut Option<Missing>, has_series: bool, series: &str) {
        if !has_series && (self.arm == Arm::Primary || self.pods.is_empty()) {
            keep_first(
                fault,
                Missing::SeriesAbsent { arm: self.arm, target: None, series: series.to_owned() },
            );
        }
    }
}

impl Pod {
    fn take_durations(
        &mut self,
        arm: Arm,
        family: Family,
        limit_ms: Option<f64>,
    ) -> (Advance, Option<Missing>) {
        let Some(limit_ms) = limit_ms else {
            return (Advance::default(), None);
        };
        let split = Split::at(family.edges.as_deref().unwrap_or_default(), limit_ms);
        let advance = self.durations.advance(family.rows, split);
        let torn = || Fault::Histogram { detail: "bucket counts moved against each other".to_owned() };
        let torn = advance.is_torn.then(|| missing(arm, &self.target, torn()));
        (advance, torn)
    }
}

fn keep_first(fault: &mut Option<Missing>, why: Missing) {
    fault.get_or_insert(why);
}
