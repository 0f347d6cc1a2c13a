//! The MetricTemplates of the policy's gates in its family, for the region's own Prometheus.

use super::RenderError;
use super::canary::name;
use haldane_core::increment::Region;
use haldane_core::policy::{Policy, PrometheusSource, SourceAuth};
use haldane_signals::templates;
use serde::Serialize;
use serde_saphyr::DoubleQuoted;
use std::collections::BTreeMap;

/// The Secret that Flagger reads a Prometheus' credentials from; a policy names files that Flagger does not see.
const SECRET: &str = "haldane-prometheus";

/// What Flagger can ask in a region.
pub(super) enum Provider<'a> {
    /// Nothing: the region has pods' pages only.
    None,
    /// Nothing: its Prometheus asks for a certificate, and Flagger has none to show.
    WantsCertificate,
    /// Its Prometheus.
    Prometheus(&'a PrometheusSource),
}

/// One template and where it asks.
pub(super) struct Template {
    pub(super) signal: &'static str,
    pub(super) name: String,
    document: Document,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    api_version: &'static str,
    kind: &'static str,
    metadata: Metadata,
    spec: Spec,
}

#[derive(Clone, Serialize)]
struct Metadata {
    name: String,
    namespace: String,
    annotations: BTreeMap<String, String>,
}

#[derive(Clone, Serialize)]
struct Spec {
    provider: Address,
    query: String,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Address {
    #[serde(rename = "type")]
    kind: &'static str,
    address: DoubleQuoted<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<String, Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_ref: Option<SecretRef>,
}

#[derive(Clone, Serialize)]
struct SecretRef {
    name: &'static str,
}

impl Template {
    /// As Kubernetes takes it.
    pub(super) fn yaml(&self) -> impl Serialize {
        self.document.clone()
    }
}

impl Provider<'_> {
    /// The templates; none where Flagger could not ask.
    pub(super) fn documents(&self, policy: &Policy, region: &Region) -> Result<Vec<Template>, RenderError> {
        let source = match self {
            Self::None | Self::WantsCertificate => return Ok(Vec::new()),
            Self::Prometheus(source) => source,
        };
        let canary = name(policy, region);
        let provider = Address {
            kind: "prometheus",
            address: DoubleQuoted(source.url.clone()),
            headers: source.headers.iter().map(|(k, v)| (k.clone(), vec![v.clone()])).collect(),
            secret_ref: (source.auth != SourceAuth::None).then_some(SecretRef { name: SECRET }),
        };
        let is_gate =
            |t: &templates::Document| policy.gates.iter().any(|gate| gate.signal.name() == t.signal);
        let documents = templates::documents(source, &canary.name)?.into_iter().filter(is_gate);
        let templates = documents.map(|template| {
            let templates::Document { signal, name, annotations, query } = template;
            let metadata = Metadata { name: name.clone(), namespace: canary.namespace.clone(), annotations };
            let spec = Spec { provider: provider.clone(), query };
            let document =
                Document { api_version: "flagger.app/v1beta1", kind: "MetricTemplate", metadata, spec };
            Template { signal, name, document }
        });
        Ok(templates.collect())
    }

    /// What has to be known about them, a line each.
    pub(super) fn comments(&self) -> Vec<String> {
        let source = match self {
            Self::None => {
                return vec![
                    "no MetricTemplates: this region has no prometheus, and Flagger cannot read pods' pages"
                        .to_owned(),
                ];
            }
            Self::WantsCertificate => {
                let why = "its Prometheus asks for a client certificate, and Flagger has none to show";
                return vec![format!("no MetricTemplates: {why}")];
            }
            Self::Prometheus(source) => source,
        };
        let keys = match source.auth {
            SourceAuth::None => None,
            SourceAuth::Basic { .. } => Some("username and password"),
            SourceAuth::Bearer { .. } => Some("token"),
        };
        let secret = keys.map(|keys| {
            format!(
                "Flagger asks {} with the Secret {SECRET} in namespace {}: create it, keys {keys}",
                source.url, source.namespace
            )
        });
        let roots = source.ca_file.as_ref().map(|_| {
            "Flagger trusts the roots of its own image, not the policy's caFile: add that CA there".to_owned()
        });
        secret.into_iter().chain(roots).collect()
    }
}
