//! What a policy file says about where metrics come from, word for word.
//!
//! Secrets have no place here, only the files that hold them: a policy is stored, shown and sent around.

use serde::de::value::MapAccessDeserializer;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;

/// `metrics`: the family's name alone, or with what differs from it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MetricsDraft {
    /// `plain` (default), `istio`, `linkerd`, `nginx` or `gateway-api`.
    pub family: Option<String>,
    /// The Deployment that the Canary targets; default: the Canary's own name.
    pub target: Option<String>,
    /// The apex Service; default: the target's name, as Flagger has it.
    pub service: Option<String>,
    /// The Ingress; default: the target's name, as Flagger has it.
    pub ingress: Option<String>,
    /// The route; default: the target's name, as Flagger has it.
    pub route: Option<String>,
    /// What templates call `variables.KEY`, as `templateVariables` of a Canary's metric.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    /// Label matchers of the canary's series, in place of the family's.
    pub canary: Option<String>,
    /// Label matchers of the primary's series, in place of the family's.
    pub primary: Option<String>,
}

/// `prometheus` of a region.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PrometheusDraft {
    /// Where its API begins, such as `http://prometheus:9090`.
    pub url: String,
    /// `prometheus` (default), `thanos`, `mimir` or `victoria-metrics`.
    pub dialect: Option<String>,
    /// The tenant to ask for, where the dialect names it by a header.
    pub tenant: Option<String>,
    /// Labels in which replicas of one series differ; the dialect `thanos` merges over them.
    #[serde(default)]
    pub replica_labels: Vec<String>,
    /// User and password.
    pub basic_auth: Option<BasicAuthDraft>,
    /// A file that holds a bearer token.
    pub bearer_token_file: Option<String>,
    /// A file of certificates (PEM) that are trusted in place of the system's.
    pub ca_file: Option<String>,
    /// Our certificate (PEM), where the server asks for one.
    pub client_cert_file: Option<String>,
    /// Its key (PEM).
    pub client_key_file: Option<String>,
    /// Sent with every request, such as a tenant.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Required of every series, such as the region's label in a Prometheus that several regions share.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
}

/// `basicAuth` of a source.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BasicAuthDraft {
    /// The user's name.
    pub username: String,
    /// A file that holds the password.
    pub password_file: String,
}

/// `metrics: istio` and `metrics: {family: istio, target: api}` alike.
pub(super) fn family_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<MetricsDraft, D::Error> {
    struct Metrics;
    impl<'de> serde::de::Visitor<'de> for Metrics {
        type Value = MetricsDraft;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a family of metrics, or a map with family, target, service, ingress, route, variables, canary and primary")
        }
        fn visit_str<E: serde::de::Error>(self, family: &str) -> Result<Self::Value, E> {
            Ok(MetricsDraft { family: Some(family.to_owned()), ..MetricsDraft::default() })
        }
        fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            MetricsDraft::deserialize(MapAccessDeserializer::new(map))
        }
    }
    deserializer.deserialize_any(Metrics)
}
