//! The two sides of a rollout, and what their pods are called.

use serde::{Deserialize, Serialize};

/// Which Deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arm {
    /// The Deployment that people change; Flagger gives it pods during a rollout.
    Canary,
    /// The copy that Flagger keeps, and that carries the traffic.
    Primary,
}

impl Arm {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::Canary, Self::Primary];

    /// In lower case, as pools and jobs are called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Canary => "canary",
            Self::Primary => "primary",
        }
    }

    /// The name of the `number`th pod of `version`, as a Deployment makes it: `api-6d4cf56db6-x1` or
    /// `api-primary-6d4cf56db6-a1`. Queries tell the arms apart by the number of its parts.
    pub(crate) fn pod(self, version: &str, number: u64) -> String {
        let hash = template_hash(version);
        match self {
            Self::Canary => format!("api-{hash}-x{number}"),
            Self::Primary => format!("api-primary-{hash}-a{number}"),
        }
    }
}

/// Ten digits that differ from version to version, where Kubernetes puts the hash of the pod template. FNV-1a.
fn template_hash(version: &str) -> String {
    let fnv = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    let hash = version.bytes().fold(0xcbf2_9ce4_8422_2325, fnv);
    format!("{hash:016x}")[..10].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_three_parts_in_the_canary_and_four_in_the_primary() {
        let (canary, primary) = (Arm::Canary.pod("2.0.0", 1), Arm::Primary.pod("1.0.0", 1));
        assert_eq!((canary.split('-').count(), primary.split('-').count()), (3, 4), "{canary} {primary}");
        assert!(primary.starts_with("api-primary-") && canary.ends_with("-x1"));
        assert_ne!(template_hash("1.0.0"), template_hash("1.0.1"));
    }
}
