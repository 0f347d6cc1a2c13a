//! Which behaviour belongs to which version, and what the environment does to both.
//!
//! A fault belongs to a version and not to a Deployment: a bad version that is promoted runs on the primary pods
//! and goes on being bad there. Only the environment's faults hit both arms whatever they run.

use crate::{Behaviour, Errors, Metrics, Scenario};
use haldane_core::time::Span;

/// The behaviour of every version of one region, at every instant of a rollout.
#[derive(Clone, Debug, PartialEq)]
pub struct Faults {
    /// What every version does that is not the bad one.
    pub usual: Behaviour,
    /// The version that may be at fault.
    pub bad_revision: String,
    /// What that version does.
    pub bad: Behaviour,
    /// What the environment makes of both arms for a while.
    pub episode: Option<Episode>,
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
        let none = Self { usual, bad_revision: bad_revision.to_owned(), bad: usual, episode: None };
        match scenario {
            Scenario::Healthy => none,
            Scenario::Errors => Self { bad: Behaviour { error_ratio: 0.01, ..usual }, ..none },
            Scenario::Latency => Self { bad: Behaviour { p99_ms: 250.0, ..usual }, ..none },
            Scenario::Bursty => {
                let bursty = Behaviour { errors: Errors::BURSTS, ..usual };
                Self { usual: bursty, bad: bursty, ..none }
            }
            Scenario::Incident => {
                let down = Behaviour { error_ratio: 0.05, p99_ms: 400.0, ..usual };
                Self { episode: Some(Episode::of(down, Some(Span::from_min(120)))), ..none }
            }
            Scenario::Blind => {
                let unseen = Behaviour { metrics: Metrics::Vanished, ..usual };
                Self { episode: Some(Episode::of(unseen, None)), ..none }
            }
        }
    }

    /// What a pod of `revision` does `since_first_traffic` (`None`: the canary has had none yet).
    pub fn behaviour(&self, revision: &str, since_first_traffic: Option<Span>) -> Behaviour {
        let episode = self.episode.filter(|e| since_first_traffic.is_some_and(|since| e.covers(since)));
        match episode {
            Some(episode) => episode.behaviour,
            None if revision == self.bad_revision => self.bad,
            None => self.usual,
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
mod tests {
    use super::*;

    #[test]
    fn a_fault_follows_its_version_and_no_other() {
        let faults = Faults::of(Scenario::Errors, "v2");
        assert!((faults.behaviour("v2", None).error_ratio - 0.01).abs() < 1e-12);
        assert_eq!(faults.behaviour("v1", None), Behaviour::HEALTHY);
    }

    #[test]
    fn an_incident_has_a_beginning_and_an_end_for_every_version() {
        let faults = Faults::of(Scenario::Incident, "v2");
        let fails = |since: Option<i64>| {
            ["v1", "v2"].map(|v| faults.behaviour(v, since.map(Span::from_s)).error_ratio > 0.04)
        };
        assert_eq!(fails(None), [false; 2]);
        assert_eq!(fails(Some(119)), [false; 2]);
        assert_eq!(fails(Some(120)), [true; 2]);
        assert_eq!(fails(Some(120 + 7199)), [true; 2]);
        assert_eq!(fails(Some(120 + 7200)), [false; 2]);
    }

    #[test]
    fn metrics_that_have_vanished_stay_away() {
        let faults = Faults::of(Scenario::Blind, "v2");
        let year = Span::from_min(60 * 24 * 365);
        assert_eq!(faults.behaviour("v1", Some(year)).metrics, Metrics::Vanished);
        assert_eq!(faults.behaviour("v1", None).metrics, Metrics::Served);
    }
}
