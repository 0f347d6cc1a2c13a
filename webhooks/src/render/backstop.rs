//! One check of Flagger's own, for the time when Haldane cannot be reached: then nothing advances, and nothing is rolled
//! back either. It is far above the limit, so that it decides nothing that Haldane would have judged better.

use super::RenderError;
use super::canary::name;
use super::templates::Template;
use haldane_core::increment::Region;
use haldane_core::policy::{Policy, RegionPolicy, limit_text};
use haldane_core::signal::Signal;
use haldane_core::time::Span;
use serde::Serialize;

/// The shortest window: Flagger's own default for built-in checks.
const WINDOW: Span = Span::from_min(1);

/// The coarse check of one region.
pub(super) struct Backstop {
    /// What is not exceeded by a release that is only bad, as a share.
    share: f64,
    limit: f64,
    factor: f64,
    window: Span,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Metric {
    name: &'static str,
    template_ref: TemplateRef,
    threshold_range: Range,
    /// A template's check without one would ask for an empty window.
    interval: String,
}

#[derive(Serialize)]
struct TemplateRef {
    name: String,
    namespace: String,
}

#[derive(Serialize)]
struct Range {
    max: f64,
}

impl Backstop {
    pub(super) fn new(policy: &Policy, region: &RegionPolicy, factor: f64) -> Result<Self, RenderError> {
        let gate = policy.gates.iter().find(|g| g.signal == Signal::ErrorRate && !g.report_only);
        let limit = gate.and_then(|gate| policy.limit_in(&region.name, gate));
        let limit = limit.ok_or_else(|| RenderError::NoLimit { region: region.name.clone() })?;
        let share = limit * factor;
        if share >= 1.0 {
            return Err(RenderError::NoBackstop { region: region.name.clone(), factor });
        }
        // Four scrapes: a rate over fewer is often none, and none passes.
        let four = Span::from_us(policy.scrape_interval.as_us().saturating_mul(4));
        Ok(Self { share, limit, factor, window: WINDOW.max(four) })
    }

    /// The check; none where there is no template that it could ask.
    pub(super) fn metric(&self, policy: &Policy, region: &Region, templates: &[Template]) -> Option<Metric> {
        let template = templates.iter().find(|t| t.signal == Signal::ErrorRate.name())?;
        // In percent, without the noise of the multiplication.
        let max = (self.share * 1e8).round() / 1e6;
        Some(Metric {
            name: "haldane-backstop",
            template_ref: TemplateRef {
                name: template.name.clone(),
                namespace: name(policy, region).namespace,
            },
            threshold_range: Range { max },
            interval: format!("{}s", self.window.as_us() / 1_000_000),
        })
    }

    /// What it does, for people.
    pub(super) fn text(&self) -> String {
        let text = |share| limit_text(Signal::ErrorRate, share);
        format!(
            "backstop: Flagger itself fails a check above {} errors, {} times the policy's limit of {}, and passes one without data",
            text(self.share),
            self.factor,
            text(self.limit)
        )
    }
}
