//! `haldane render`: what a region's cluster needs so that its Flagger asks Haldane, ready for `kubectl apply`.
//!
//! Typed by hand these lines are where things go wrong silently: a region's name from another file, a rollback hook at the
//! path of a confirm hook, an interval that Flagger raises without a word. What is printed sets `spec.analysis` and leaves
//! the rest of a Canary alone, so it can be applied to one that exists.

mod backstop;
mod canary;
mod error;
mod header;
mod hooks;
mod options;
mod templates;
mod yaml;

pub use error::RenderError;
pub use options::{BACKSTOP, INTERVAL, Options, backstop_factor, haldane_url, interval, release};

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
    let mut documents = provider.documents(policy)?;
    let metrics: Vec<_> =
        backstop.iter().filter_map(|backstop| backstop.metric(policy, &documents)).collect();
    let mut text =
        header::text(policy, region, sources.clusters.get(&region.name), &provider, backstop.as_ref());
    for template in documents.drain(..) {
        yaml::document(&mut text, &template.yaml())?;
    }
    yaml::document(&mut text, &canary::document(policy, region, options, metrics)?)?;
    Ok(text)
}
