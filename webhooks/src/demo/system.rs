//! The reference systems that the demo can show: a policy of `policies/` each, word for word but for the addresses.

use crate::policy_file::{PolicyFileError, parse};
use haldane_core::guard::Rule;
use haldane_core::increment::Region;
use haldane_core::policy::{Policy, Sources};
use haldane_pods::Scenario;
use std::fmt;
use std::str::FromStr;

/// A reference system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// An active region, a warm standby and a cold one.
    Fnp,
    /// Three active regions behind one federated Prometheus.
    FingerprintApi,
    /// One region that writes, two that read.
    Bookstore,
    /// Two active regions that write both.
    Nfyio,
}

/// A name that is none of the systems'.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown system `{0}`: use one of {names}", names = System::ALL.map(System::name).join(", "))]
pub struct UnknownSystem(pub String);

impl System {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Fnp, Self::FingerprintApi, Self::Bookstore, Self::Nfyio];

    /// The name by which it is asked for.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fnp => "fnp",
            Self::FingerprintApi => "fingerprint-api",
            Self::Bookstore => "bookstore",
            Self::Nfyio => "nfyio",
        }
    }

    /// Its policy's file.
    pub const fn file(self) -> &'static str {
        match self {
            Self::Fnp => "policies/fnp-signals.yaml",
            Self::FingerprintApi => "policies/fingerprint-api.yaml",
            Self::Bookstore => "policies/bookstore.yaml",
            Self::Nfyio => "policies/nfyio.yaml",
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::Fnp => include_str!("../../../policies/fnp-signals.yaml"),
            Self::FingerprintApi => include_str!("../../../policies/fingerprint-api.yaml"),
            Self::Bookstore => include_str!("../../../policies/bookstore.yaml"),
            Self::Nfyio => include_str!("../../../policies/nfyio.yaml"),
        }
    }

    /// Its policy.
    ///
    /// # Errors
    /// None that is known: a test reads each.
    pub fn policy(self) -> Result<(Policy, Sources), PolicyFileError> {
        parse(self.file(), self.text())
    }

    /// Its policy as simulated pods can be judged by it, and the guards that are left out: what alerts fire and how many pods
    /// there may be is told by a cluster's own exporters, and there is no cluster.
    ///
    /// # Errors
    /// None that is known.
    pub fn shown(self) -> Result<(Policy, Sources, Vec<String>), PolicyFileError> {
        let (mut policy, sources) = self.policy()?;
        let absent = |rule: &Rule| matches!(rule, Rule::Alerts | Rule::Capacity { .. });
        let left_out =
            policy.across.guards.iter().filter(|g| absent(&g.rule)).map(|g| g.name.clone()).collect();
        policy.across.guards.retain(|guard| !absent(&guard.rule));
        Ok((policy, sources, left_out))
    }

    /// Whether a guard of its policy sees what `scenario` does to the place; a story of the release needs none.
    pub fn sees(self, scenario: Scenario) -> bool {
        let guards = self.policy().map(|(policy, _)| policy.across.guards).unwrap_or_default();
        let any = |seen: fn(&Rule) -> bool| guards.iter().any(|guard| seen(&guard.rule));
        (scenario != Scenario::Lag || any(|rule| matches!(rule, Rule::ReplicationLag { .. })))
            && (scenario != Scenario::Failover || any(|rule| matches!(rule, Rule::Failover { .. })))
            && (scenario != Scenario::Stale || any(|rule| matches!(rule, Rule::Freshness { .. })))
    }

    /// The region that is lost in a story, and whose writer moves: that of most users.
    pub const fn hub(self) -> &'static str {
        "us-east"
    }

    /// Whether the data is written in `region` before anything happens.
    pub fn writes(self, region: &Region) -> bool {
        self == Self::Nfyio || region.0 == self.hub()
    }

    /// The 99th percentile of what healthy pods take, in milliseconds: within every target of the policy.
    pub const fn p99_ms(self) -> f64 {
        match self {
            Self::FingerprintApi => 110.0,
            Self::Fnp | Self::Bookstore | Self::Nfyio => 150.0,
        }
    }
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for System {
    type Err = UnknownSystem;

    fn from_str(name: &str) -> Result<Self, UnknownSystem> {
        let named = Self::ALL.into_iter().find(|system| system.name() == name);
        named.ok_or_else(|| UnknownSystem(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_story_of_the_place_is_seen_where_the_policy_has_its_guard_alone() {
        let sees = |scenario| System::ALL.map(|system| system.sees(scenario));
        assert_eq!(sees(Scenario::Lag), [true, false, true, true]);
        assert_eq!(sees(Scenario::Failover), [true, false, true, true]);
        assert_eq!(sees(Scenario::Stale), [false, true, false, false]);
        assert_eq!(sees(Scenario::Errors), [true; 4]);
    }

    #[test]
    fn every_system_is_found_by_its_name_and_its_policy_can_be_read() {
        for system in System::ALL {
            assert_eq!(system.to_string().parse(), Ok(system));
            let (policy, _) = system.policy().unwrap();
            assert!(policy.region(&system.hub().into()).is_some(), "{system}");
            assert!(!policy.across.guards.is_empty(), "{system}");
        }
        assert!("sunny".parse::<System>().unwrap_err().to_string().contains("fingerprint-api"));
    }
}
