//! What a policy file says about a region's cluster, word for word.

use serde::de::value::MapAccessDeserializer;
use serde::{Deserialize, Deserializer};

/// `cluster` of a region.
#[derive(Clone, Debug)]
pub enum ClusterDraft {
    /// `in-cluster`.
    Word(String),
    /// Which kubeconfig, which context.
    Map(KubeconfigDraft),
}

/// A kubeconfig, and what moves traffic in its cluster.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KubeconfigDraft {
    /// The file; default `$KUBECONFIG` or `~/.kube/config`.
    pub kubeconfig: Option<String>,
    /// The context; default the current one.
    pub context: Option<String>,
    /// Credentials of Haldane's own pod instead.
    #[serde(default)]
    pub in_cluster: bool,
    /// `nginx`, `istio` or `gateway-api`; default: what the Canary says or shows.
    pub routes: Option<String>,
}

/// `cluster: in-cluster` and `cluster: {context: us-east}` alike, with errors that name the key.
pub(super) fn word_or_map<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<ClusterDraft>, D::Error> {
    struct Cluster;
    impl<'de> serde::de::Visitor<'de> for Cluster {
        type Value = Option<ClusterDraft>;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("in-cluster, or a map with kubeconfig, context, inCluster and routes")
        }
        fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Self::Value, E> {
            Ok(Some(ClusterDraft::Word(word.to_owned())))
        }
        fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            KubeconfigDraft::deserialize(MapAccessDeserializer::new(map))
                .map(|draft| Some(ClusterDraft::Map(draft)))
        }
    }
    deserializer.deserialize_any(Cluster)
}
