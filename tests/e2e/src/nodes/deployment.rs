//! What a Deployment asks for, as far as the machines here can tell.

use crate::Conduct;
use anyhow::{Context, Result};
use k8s_openapi::api::apps::v1::Deployment;
use std::collections::BTreeMap;

/// The container's variable that says what its program does, as JSON of [`Conduct`].
pub(crate) const BEHAVIOUR: &str = "HALDANE_E2E_BEHAVIOUR";

/// One reading of a Deployment.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) replicas: usize,
    pub(super) generation: i64,
    pub(super) deadline_s: i32,
    /// Names the template, as `pod-template-hash` does.
    pub(super) hash: String,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) version: String,
    pub(super) conduct: Conduct,
}

impl Asked {
    pub(super) fn read(deployment: &Deployment) -> Result<Self> {
        let spec = deployment.spec.as_ref().context("a Deployment has a spec")?;
        let pod = spec.template.spec.as_ref().context("a template has a spec")?;
        let container = pod.containers.first().context("a template has a container")?;
        let variables = container.env.iter().flatten();
        let behaviour = variables.filter(|v| v.name == BEHAVIOUR).find_map(|v| v.value.as_deref());
        let conduct = behaviour.map_or(Ok(Conduct::FINE), serde_json::from_str);
        let labels = spec.template.metadata.as_ref().and_then(|m| m.labels.clone());
        Ok(Self {
            replicas: usize::try_from(spec.replicas.unwrap_or(1))?,
            generation: deployment.metadata.generation.unwrap_or_default(),
            deadline_s: spec.progress_deadline_seconds.unwrap_or(600),
            hash: hash(&serde_json::to_string(&spec.template)?),
            labels: labels.unwrap_or_default(),
            version: version_of(container.image.as_deref().unwrap_or_default()),
            conduct: conduct.with_context(|| format!("{BEHAVIOUR} is no conduct"))?,
        })
    }
}

/// The tag of an image.
fn version_of(image: &str) -> String {
    image.rsplit_once(':').map_or("latest", |(_, tag)| tag).to_owned()
}

/// Ten characters that differ from template to template. FNV-1a.
fn hash(text: &str) -> String {
    let fnv = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    format!("{:016x}", text.bytes().fold(0xcbf2_9ce4_8422_2325, fnv))[..10].to_owned()
}
