//! Which behaviour belongs to which version, and what the environment does to both.
//!
//! A fault belongs to a version and not to a Deployment: a bad version that is promoted runs on the primary pods
//! and goes on being bad there. Only the environment's faults hit both arms whatever they run.

use crate::{Behaviour, Errors, Metrics, Scenario};
use haldane_core::time::Span;

/// Growth of the P99 that leaks: 150 ms become the usual limit of 200 ms after 12.5 minutes, which is after the 10
/// minutes that 5 % are observed at least, and long before a rollout can be over.
const LEAK_MS_PER_MIN: f64 = 4.0;

/// The behaviour of every version of one region, at every instant of a rollout.
#[derive(Clone, Debug, PartialEq)]
pub struct Faults {
    /// What every version does that is not the bad one.
    pub usual: Behaviour,
    /// The version that may be at fault.
    pub bad_revision: String,
    /// What that version does.
    pub bad: Behaviour,
    /// When it does so.
    pub onset: Onset,
    /// What the environment makes of both arms for a while.
    pub episode: Option<Episode>,
}

/// When a bad version begins to be bad.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Onset {
    /// From its first request on.
    AtOnce,
    /// While its pods get more than this share of the region's requests, 0 to 1; below, it does what is usual.
    AboveShare(f64),
    /// Its P99 grows by so many milliseconds per minute, from the first traffic of the canary on.
    Growing {
        /// Milliseconds of P99 per minute.
        p99_ms_per_min: f64,
    },
}

/// What the behaviour of an arm depends on besides its version.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// Time since the canary first got traffic; `None` if it has had none yet.
    pub since_first_traffic: Option<Span>,
    /// Share of the region's requests that the arm gets, 0 to 1.
    pub share: f64,
}

/// Trouble of the environment. It is timed from the rollout because a test has no other landmark.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Episode {
    /// How long after the canary first got traffic it begins.
    pub after: Span,
    /// How long it lasts; for ever if there is no end.
    pub lasts: Option<Span>,
    /// What pods of every version do meanwhile.
    pub behaviour: Behaviour,
}

impl Faults {
    /// The numbers behind a scenario, in which `bad_revision` is the version that the rollout brings.
    pub fn of(scenario: Scenario, bad_revision: &str) -> Self {
        let usual = Behaviour::HEALTHY;
        let none = Self {
            usual,
            bad_revision: bad_revision.to_owned(),
            bad: usual,
            onset: Onset::AtOnce,
            episode: None,
        };
        let failing = Behaviour { error_ratio: 0.01, ..usual };
        let from_the_environment =
            |behaviour, lasts| Self { episode: Some(Episode::of(behaviour, lasts)), ..none.clone() };
        match scenario {
            // What befalls a place is no version's fault: whoever tells the story turns the place.
            Scenario::Healthy
            | Scenario::NoTraffic
            | Scenario::RegionLost
            | Scenario::Lag
            | Scenario::Failover
            | Scenario::Stale => none,
            Scenario::Errors => Self { bad: failing, ..none },
            Scenario::Latency => Self { bad: Behaviour { p99_ms: 250.0, ..usual }, ..none },
            Scenario::Bursty => {
                let bursty = Behaviour { errors: Errors::BURSTS, ..usual };
                Self { usual: bursty, bad: bursty, ..none }
            }
            Scenario::Subtle => Self {
                usual: Behaviour { error_ratio: 0.000_5, ..usual },
                bad: Behaviour { error_ratio: 0.003, ..usual },
                ..none
            },
            Scenario::ErrorLogs => Self { bad: Behaviour { log_ratio: 0.01, ..usual }, ..none },
            Scenario::Late => Self { bad: failing, onset: Onset::AboveShare(0.5), ..none },
            Scenario::SlowLeak => Self { onset: Onset::Growing { p99_ms_per_min: LEAK_MS_PER_MIN }, ..none },
            Scenario::Incident => {
                let down = Behaviour { error_ratio: 0.05, p99_ms: 400.0, ..usual };
                from_the_environment(down, Some(Span::from_min(120)))
            }
            Scenario::Blind => from_the_environment(Behaviour { metrics: Metrics::Vanished, ..usual }, None),
            Scenario::RegionDown => {
                from_the_environment(Behaviour { metrics: Metrics::Unreachable, ..usual }, None)
            }
        }
    }

    /// What a pod of `revision` does at a moment.
    pub fn behaviour(&self, revision: &str, moment: &Moment) -> Behaviour {
        let since = moment.since_first_traffic;
        let episode = self.episode.filter(|e| since.is_some_and(|since| e.covers(since)));
        match episode {
            Some(episode) => episode.behaviour,
            None if revision == self.bad_revision => self.at_fault(moment),
            None => self.usual,
        }
    }

    fn at_fault(&self, moment: &Moment) -> Behaviour {
        match self.onset {
            Onset::AtOnce => self.bad,
            Onset::AboveShare(share) if moment.share > share => self.bad,
            Onset::AboveShare(_) => self.usual,
            Onset::Growing { p99_ms_per_min } => {
                let minutes = moment.since_first_traffic.map_or(0.0, Span::as_min);
                Behaviour { p99_ms: self.bad.p99_ms + p99_ms_per_min * minutes, ..self.bad }
            }
        }
    }
}

impl Episode {
    const fn of(behaviour: Behaviour, lasts: Option<Span>) -> Self {
        Self { after: Span::from_min(2), lasts, behaviour }
    }

    fn covers(&self, since: Span) -> bool {
        since >= self.after && self.lasts.is_none_or(|lasts| since < self.after + lasts)
    }
}

#[cfg(test)]
#[path = "faults_tests.rs"]
mod tests;
