//! Whether a region serves at an instant in place of the one that was lost, and if not, what it lacks.

use super::recording::Recording;
use super::sample::What;
use haldane_core::increment::Region;
use haldane_core::policy::Policy;
use haldane_core::signal::Signal;
use haldane_core::time::Timestamp;
use std::fmt;

/// The share of the requests of before that have to be answered again, by all regions but the lost one.
const CARRIED: f64 = 0.8;

/// The share of requests that may fail where the policy has no limit for it.
const ERRORS: f64 = 0.01;

/// What keeps a region from serving.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Lacks {
    /// It, or part of it, does not answer.
    Up,
    /// Nobody writes there.
    Writer,
    /// No request reaches it.
    Requests,
    /// Too many fail.
    Errors {
        /// The share that fails.
        share: f64,
        /// The share that may.
        limit: f64,
    },
    /// Users of the lost region are still without an answer.
    Carried {
        /// The share of the requests of before that is answered now.
        share: f64,
    },
    /// It is not known.
    Unknown {
        /// What is not.
        what: What,
    },
}

impl fmt::Display for Lacks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Up => f.write_str("not all of it answers"),
            Self::Writer => f.write_str("nobody writes there"),
            Self::Requests => f.write_str("no request reaches it"),
            Self::Errors { share, limit } => {
                write!(f, "{:.2} % of its requests fail, over {:.2} %", share * 100.0, limit * 100.0)
            }
            Self::Carried { share } => {
                let (share, carried) = (share * 100.0, CARRIED * 100.0);
                write!(f, "{share:.0} % of the requests of before are answered, and it takes {carried:.0} %")
            }
            Self::Unknown { what } => write!(f, "its {what} is not known"),
        }
    }
}

/// How serving is told.
pub(super) struct Serving<'a> {
    pub(super) recording: &'a Recording,
    pub(super) policy: &'a Policy,
    pub(super) lost: &'a Region,
    pub(super) taker: &'a Region,
    /// Requests per second of all regions before the loss, where they were recorded.
    before: Option<f64>,
}

impl<'a> Serving<'a> {
    /// `before` is the last instant at which nothing was lost.
    pub(super) fn new(
        (recording, policy): (&'a Recording, &'a Policy),
        (lost, taker): (&'a Region, &'a Region),
        before: Timestamp,
    ) -> Self {
        let total = |at| {
            let each = recording.regions().filter_map(|r| recording.number(r, &What::RequestsPerS, at));
            each.sum::<f64>()
        };
        let recorded = recording.has(lost, &What::RequestsPerS);
        Self { recording, policy, lost, taker, before: recorded.then(|| total(before)) }
    }

    /// What is missing at `at`; nothing where it serves.
    pub(super) fn lacks(&self, at: Timestamp) -> Option<Lacks> {
        self.place(at).or_else(|| self.requests(at))
    }

    fn place(&self, at: Timestamp) -> Option<Lacks> {
        for what in [What::Up, What::Health] {
            if !self.recording.has(self.taker, &what) {
                continue;
            }
            match self.recording.number(self.taker, &what, at) {
                None => return Some(Lacks::Unknown { what }),
                Some(share) if share < 1.0 => return Some(Lacks::Up),
                Some(_) => {}
            }
        }
        if !self.recording.has_anywhere(&What::Writer) {
            return None;
        }
        match self.recording.names(self.taker, &What::Writer, at) {
            None if self.recording.has(self.taker, &What::Writer) => {
                Some(Lacks::Unknown { what: What::Writer })
            }
            None => Some(Lacks::Writer),
            Some(names) => names.is_empty().then_some(Lacks::Writer),
        }
    }

    fn requests(&self, at: Timestamp) -> Option<Lacks> {
        let Some(requests) = self.recording.number(self.taker, &What::RequestsPerS, at) else {
            return Some(Lacks::Unknown { what: What::RequestsPerS });
        };
        if requests <= 0.0 {
            return Some(Lacks::Requests);
        }
        let what = What::ErrorsPerS;
        match self.recording.number(self.taker, &what, at) {
            None if self.recording.has(self.taker, &what) => return Some(Lacks::Unknown { what }),
            Some(errors) if errors / requests > self.limit() => {
                return Some(Lacks::Errors { share: errors / requests, limit: self.limit() });
            }
            None | Some(_) => {}
        }
        let others = self.recording.regions().filter(|r| *r != self.lost);
        let now: f64 = others.filter_map(|r| self.recording.number(r, &What::RequestsPerS, at)).sum();
        let share = self.before.filter(|before| *before > 0.0).map(|before| now / before);
        share.filter(|share| *share < CARRIED).map(|share| Lacks::Carried { share })
    }

    /// The share of requests that may fail in the region that takes over.
    fn limit(&self) -> f64 {
        let gate = self.policy.gates.iter().find(|g| g.signal == Signal::ErrorRate);
        gate.and_then(|g| self.policy.limit_in(self.taker, g)).unwrap_or(ERRORS)
    }
}
