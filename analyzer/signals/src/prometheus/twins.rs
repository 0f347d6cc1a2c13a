//! One process under two names: each of its events would count twice, or stand against itself.
//!
//! Two targets are one process when they agree in `pod` or in `instance`. A process scraped under two instance names
//! without a pod label cannot be told from two pods that share the traffic evenly.

use super::sighting::Seen;
use super::target::{Pod, TargetKey};
use haldane_core::increment::{Arm, Missing};
use std::collections::BTreeMap;

/// The first pair among live targets, as a reason; canary before primary.
pub(crate) fn find<'a>(
    live: impl Iterator<Item = (Arm, &'a TargetKey, Option<&'a Seen>)>,
) -> Option<Missing> {
    let mut pods: BTreeMap<&Pod, (Arm, &TargetKey)> = BTreeMap::new();
    let mut instances: BTreeMap<&str, (Arm, &TargetKey)> = BTreeMap::new();
    for (arm, key, seen) in live {
        let pod = seen.and_then(|seen| seen.pod.as_ref());
        let same_pod = pod.and_then(|pod| pods.insert(pod, (arm, key)));
        let same_instance = key.instance().and_then(|instance| instances.insert(instance, (arm, key)));
        if let Some((first_arm, first)) = same_pod.or(same_instance) {
            let (first, other) = (first.to_string(), key.to_string());
            return Some(if first_arm == arm {
                Missing::ScrapedTwice { arm, target: first, other }
            } else {
                Missing::InBothArms { canary: first, primary: other }
            });
        }
    }
    None
}
