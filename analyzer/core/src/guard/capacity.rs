//! Are there pods for the load: now, when another region's load comes here, and when all of it goes back to the primary?
//!
//! Load is measured in pods at full use: pods × utilisation. `desired = ceil(load / target)` is what the autoscaler would ask
//! for (Kubernetes: `ceil(current × utilisation / target)`), and it must fit into what it may ask for.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The pods of a region and their load.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pods {
    /// Pods of both versions that serve.
    pub current: f64,
    /// Those of the primary; absent where it is not told apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary: Option<f64>,
    /// Their mean utilisation of what they ask for (0.6 = 60 %).
    pub utilisation: f64,
    /// The most that the autoscaler may ask for.
    pub most: f64,
}

/// What a region's pods have to carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Carry {
    /// Their own load.
    Own,
    /// Their own and the largest other region's, if that failed over to here.
    Failover,
    /// All of the region's load by the primary alone, if the canary were rolled back now.
    Rollback,
}

impl Carry {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Own, Self::Failover, Self::Rollback];
}

impl fmt::Display for Carry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Own => "own",
            Self::Failover => "failover",
            Self::Rollback => "rollback",
        })
    }
}

/// Pods that are needed, and pods that there may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Short {
    pub(super) needed: f64,
    pub(super) most: f64,
}

impl Pods {
    /// Load in pods at full use.
    pub fn load(&self) -> f64 {
        self.current * self.utilisation
    }

    /// Whether `carry` is more than there may be; `other` is the largest load of another region.
    pub(super) fn short(&self, carry: Carry, target: f64, other: f64) -> Option<Short> {
        let (load, most) = match carry {
            Carry::Own => (self.load(), self.most),
            Carry::Failover => (self.load() + other, self.most),
            Carry::Rollback => (self.load(), self.primary?),
        };
        let needed = (load / target).ceil();
        (needed > most).then_some(Short { needed, most })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PODS: Pods = Pods { current: 4.0, primary: Some(3.0), utilisation: 0.75, most: 6.0 };

    #[test]
    fn the_autoscaler_s_formula_says_how_many_pods_the_load_needs() {
        // 4 pods at 75 % are a load of 3; at 60 % that takes 5.
        assert_eq!(PODS.short(Carry::Own, 0.6, 0.0), None);
        assert_eq!(PODS.short(Carry::Own, 0.4, 0.0), Some(Short { needed: 8.0, most: 6.0 }));
    }

    #[test]
    fn another_region_s_load_and_a_rollback_are_held_against_what_there_is() {
        assert_eq!(PODS.short(Carry::Failover, 0.6, 2.0), Some(Short { needed: 9.0, most: 6.0 }));
        assert_eq!(PODS.short(Carry::Rollback, 0.6, 0.0), Some(Short { needed: 5.0, most: 3.0 }));
        assert_eq!(Pods { primary: None, ..PODS }.short(Carry::Rollback, 0.6, 0.0), None);
    }
}
