//! `haldane render`: what a region's cluster needs so that its Flagger asks Haldane, for a repository or for `kubectl`.
//!
//! Typed by hand these lines are where things go wrong silently: a region's name from another file, a rollback hook at the
//! path of a confirm hook, an interval that Flagger raises without a word. What is printed sets `spec.analysis` and leaves
//! the rest of a Canary alone. For one that exists it is a merge patch and not an apply: `kubectl apply`, on either side,
//! takes what it wrote before and now does not find for removed, `targetRef` with it, and cannot drop a `stepWeight` that
//! Flagger's definition allows beside no `stepWeights`.

mod backstop;
mod canary;
mod error;
mod header;
mod hooks;
mod options;
mod templates;
mod yaml;

pub use error::RenderError;
pub use options::{BACKSTOP, INTERVAL, Options, Print, backstop_factor, haldane_url, interval, release};

use backstop::Backstop;
use haldane_core::policy::{Policy, RegionPolicy, Source, Sources};
use templates::Provider;

/// The documents of one region of a policy, the first with the comment that says whose they are.
///
/// MetricTemplates come first: a Canary whose check names a template that is not there yet fails that check.
///
/// # Errors
/// What the policy or the options do not allow, with what to do instead.
pub fn render(
    policy: &Policy,
    sources: &Sources,
    region: &RegionPolicy,
    options: &Options,
) -> Result<String, RenderError> {
    let provider = sources.metrics.get(&region.name).map_or(Provider::None, |source| match source {
        Source::Scrape(_) => Provider::None,
        Source::Prometheus(source) if source.identity.is_some() => Provider::WantsCertificate,
        Source::Prometheus(source) => Provider::Prometheus(source),
    });
    let backstop = options.backstop.map(|factor| Backstop::new(policy, region, factor)).transpose()?;
    let documents = provider.documents(policy, &region.name)?;
    let metrics: Vec<_> =
        backstop.iter().filter_map(|backstop| backstop.metric(policy, &region.name, &documents)).collect();
    let canary = canary::document(policy, region, options, metrics)?;
    let cluster = sources.clusters.get(&region.name);
    let mut text = header::text(policy, region, cluster, &provider, backstop.as_ref(), options.print);
    let (templates, canary) = match options.print {
        Print::All => (documents, Some(canary)),
        Print::Templates => (documents, None),
        Print::Patch => (Vec::new(), Some(canary)),
    };
    for template in templates {
        yaml::document(&mut text, &template.yaml())?;
    }
    if let Some(canary) = canary {
        yaml::document(&mut text, &canary)?;
    }
    Ok(text)
}
