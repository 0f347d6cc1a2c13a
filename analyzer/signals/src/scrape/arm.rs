//! One arm: all its pods, and the events that they have ever been seen to count.
//!
//! Totals only grow, also at polls that end in no cut: what the well pods counted while one was down is kept, so
//! that a reset in the meantime loses as little as it must.

use super::discovery::Found;
use super::memory::Memory;
use super::pod::{Page, missing};
use super::roll::{Pod, Roll};
use super::target::Target;
use super::{HISTOGRAM, REQUESTS};
use crate::counting::change::Advance;
use crate::counting::family::{Family, Fault};
use crate::counting::pods::Pods;
use crate::counting::split::Split;
use crate::counting::tally::Tally;
use haldane_core::increment::{Arm, Missing};
use haldane_core::time::Timestamp;

/// The pods of one arm and their totals.
pub(crate) struct ArmReader {
    arm: Arm,
    limit_ms: Option<f64>,
    roll: Roll,
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
    pub(super) fn new(arm: Arm, roll: Roll, limit_ms: Option<f64>) -> Self {
        let (requests, durations) = (Tally::default(), Tally::default());
        let (failed, slow) = (Pods::default(), Pods::default());
        Self { arm, limit_ms, roll, requests, durations, failed, slow, restarts: 0 }
    }

    /// How many pods this arm has that serve.
    pub(crate) fn targets(&self) -> u32 {
        self.roll.serving()
    }

    /// Where its pods are that can be asked; nowhere while nobody can say who they are.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = &Target> {
        let known = self.roll.lost.is_none();
        self.roll.pods.iter().filter(move |_| known).map(|pod| &pod.target)
    }

    /// Why it cannot be told which pods this arm has.
    pub(super) const fn lost(&self) -> Option<&Missing> {
        self.roll.lost.as_ref()
    }

    /// Takes in who is there as of `at`.
    pub(super) fn retarget(&mut self, at: Timestamp, found: Result<Found, Missing>) {
        self.roll.retarget(self.arm, at, found);
    }

    /// Takes in every pod's page, in the order of [`ArmReader::addresses`].
    pub(crate) fn take(&mut self, pages: Vec<Page>) -> ArmView {
        let arm = self.arm;
        let mut view = ArmView { requests: None, durations: None, edges: Vec::new() };
        let (mut has_requests, mut has_durations) = (false, false);
        if let Some(why) = &self.roll.lost {
            (view.requests, view.durations) = (Some(why.clone()), Some(why.clone()));
            return view;
        }
        for (pod, page) in self.roll.pods.iter_mut().zip(pages) {
            let Page { requests, durations } = page;
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
                Err(why) if pod.must_answer => keep_first(&mut view.requests, why),
                // Whoever need not answer and does not is a beginning when it does: cuts went on without it.
                Err(_) => pod.requests = Memory::default(),
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
                Err(why) if pod.must_answer => keep_first(&mut view.durations, why),
                Err(_) => pod.durations = Memory::default(),
            }
            self.restarts += u32::from(is_new);
        }
        self.require(&mut view.requests, has_requests, REQUESTS);
        self.require(&mut view.durations, has_durations, HISTOGRAM);
        view
    }

    /// A whole arm without a series: honest for a canary that has no traffic yet, never for a primary.
    fn require(&self, fault: &mut Option<Missing>, has_series: bool, series: &str) {
        if !has_series && (self.arm == Arm::Primary || self.roll.pods.is_empty()) {
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
