//! Which series to count: metric-templates, rendered for one service.
//!
//! A template is a file that Flagger itself accepts; what Haldane asks stands in its annotations, so that both are
//! changed together. A template is read as PromQL before any name is put in: names then become values of labels,
//! escaped for where they stand, and cannot become anything else.
//!
//! ```text
//! file ─► go (names are holes) ─► selector, query (PromQL with holes) ─► render (names, own matchers, labels) ─► text
//! ```

mod builtin;
mod document;
mod error;
mod escape;
mod file;
mod go;
mod holes;
mod lists;
mod names;
mod own;
mod place;
mod query;
mod render;
mod selector;
mod shipped;
mod signal;
#[cfg(test)]
mod tests;

pub use document::{Document, documents};
pub use error::TemplateError;
pub use go::{Refused, render as go_template};
pub use names::Names;
pub use own::own_queries;
pub(crate) use place::{matcher, place};
pub use signal::{Exposure, GaugeQuery, Of, PlaceOf, SignalQueries, What, signal_queries};

use crate::prometheus::{ArmQueries, RegionQueries};
use haldane_core::policy::PrometheusSource;
use haldane_core::signal::Signal;
use render::{Arm, Render};

/// The selectors of requests and their durations for the service that `source` names.
///
/// # Errors
///
/// Matchers in the policy that are none; else when a shipped template is broken, and a test renders every one.
pub fn queries(source: &PrometheusSource) -> Result<RegionQueries, TemplateError> {
    let requests = shipped::template(source.family, Signal::ErrorRate.name())?;
    let durations = shipped::template(source.family, Signal::P99Latency.name())?;
    let render = Render::new(source)?;
    let arm = |arm: Arm, count: &'static str, buckets: &'static str| {
        Ok::<_, TemplateError>(ArmQueries {
            requests: render.selector(arm, &requests, count)?,
            buckets: render.selector(arm, &durations, buckets)?,
        })
    };
    requests.annotation("bad")?;
    Ok(RegionQueries {
        canary: arm(Arm::Canary, "count-canary", "buckets-canary")?,
        primary: arm(Arm::Primary, "count-primary", "buckets-primary")?,
        bad: render.bad(&requests)?.unwrap_or_default(),
        le_unit: signal::le_unit(&durations)?,
    })
}
