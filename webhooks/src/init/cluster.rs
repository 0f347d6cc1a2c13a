//! Where the draft says that the Canary is.

use super::quoted;
use haldane_core::policy::ClusterAccess;

/// `cluster:` of the draft.
pub(super) struct Cluster {
    /// The value, or an example of one.
    pub(super) text: String,
    /// Whether the Canary was read there.
    pub(super) is_known: bool,
}

impl Cluster {
    pub(super) fn of(access: Option<&ClusterAccess>) -> Self {
        match access {
            None => Self { text: "{context: CONTEXT}".to_owned(), is_known: false },
            Some(ClusterAccess::InCluster) => Self { text: "in-cluster".to_owned(), is_known: true },
            Some(ClusterAccess::Kubeconfig { file, context }) => {
                let parts = [("kubeconfig", file), ("context", context)];
                let parts: Vec<String> = parts
                    .into_iter()
                    .filter_map(|(key, value)| Some(format!("{key}: {}", quoted(value.as_deref()?))))
                    .collect();
                Self { text: format!("{{{}}}", parts.join(", ")), is_known: true }
            }
        }
    }
}
