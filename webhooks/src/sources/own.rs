//! MetricTemplates of the policy's author: read once, from a file beside the policy or from the region's cluster.
//!
//! They are read when the policy is, not at each poll: what a gate counts must not change during a rollout.

use haldane_core::increment::Region;
use haldane_core::policy::{Policy, Sources, TemplateRef};
use haldane_core::signal::Signal;
use haldane_signals::kubernetes::{client, metric_template};
use std::collections::BTreeMap;

/// The longest file that is read, in bytes.
const LONGEST: u64 = 1 << 20;

/// The authors' templates of one region, by the signals that they count.
pub type OwnTemplates = BTreeMap<Signal, OwnTemplate>;

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnTemplate {
    /// What errors call it.
    pub name: String,
    /// YAML, or JSON, which is YAML, too.
    pub text: String,
}

/// Reads every template that the policy names, as `region` has it.
///
/// # Errors
/// A sentence about the first that cannot be read.
pub async fn own(policy: &Policy, sources: &Sources, region: &Region) -> Result<OwnTemplates, String> {
    let mut all = OwnTemplates::new();
    for (signal, place) in &sources.templates {
        let template = match place {
            TemplateRef::File(path) => file(path)?,
            TemplateRef::Object { namespace, name } => {
                let cluster = sources.clusters.get(region).ok_or_else(|| {
                    let service = &policy.service;
                    format!("the MetricTemplate {namespace}/{name} of {service} is in a cluster, and this region names none: add cluster:, or write a file")
                })?;
                let client = client(&cluster.access).await.map_err(|error| error.to_string())?;
                let text = metric_template(&client, namespace, name).await?;
                let text = text.ok_or_else(|| format!("there is no MetricTemplate {namespace}/{name}"))?;
                OwnTemplate { name: format!("{namespace}/{name}"), text }
            }
        };
        all.insert(*signal, template);
    }
    Ok(all)
}

fn file(path: &str) -> Result<OwnTemplate, String> {
    let refused = |why: &dyn std::fmt::Display| format!("the template {path} cannot be read: {why}");
    let size = std::fs::metadata(path).map_err(|error| refused(&error))?.len();
    if size > LONGEST {
        return Err(refused(&format!("it has {size} bytes, more than {LONGEST}")));
    }
    let text = std::fs::read_to_string(path).map_err(|error| refused(&error))?;
    Ok(OwnTemplate { name: path.to_owned(), text })
}
