//! Which process a series was scraped from, as far as its labels tell.

use crate::counting::family::Labels;
use crate::reason::one_line;
use std::fmt;

/// The labels `job` and `instance`: what Prometheus itself calls a target. Without `instance` the whole arm is one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct TargetKey {
    job: String,
    instance: String,
}

impl TargetKey {
    pub(crate) fn of(labels: &Labels) -> Self {
        let value = |name: &str| labels.get(name).cloned().unwrap_or_default();
        let instance = value("instance");
        if instance.is_empty() { Self::default() } else { Self { job: value("job"), instance } }
    }

    /// The address scraped, where the labels tell it.
    pub(crate) fn instance(&self) -> Option<&str> {
        (!self.instance.is_empty()).then_some(self.instance.as_str())
    }
}

impl fmt::Display for TargetKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (job, instance) = (one_line(&self.job), one_line(&self.instance));
        match (job.as_str(), instance.as_str()) {
            (_, "") => write!(f, "(no label instance)"),
            ("", instance) => write!(f, "{instance}"),
            (job, instance) => write!(f, "{instance} (job {job})"),
        }
    }
}

/// The labels `namespace` and `pod`.
pub(crate) type Pod = (String, String);

/// The pod that a series comes from, where its labels tell it.
pub(crate) fn pod(labels: &Labels) -> Option<Pod> {
    let pod = labels.get("pod")?.clone();
    Some((labels.get("namespace").cloned().unwrap_or_default(), pod))
}
