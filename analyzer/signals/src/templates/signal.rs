//! What to ask for one signal, read from a template's annotations.

use super::TemplateError;
use super::builtin;
use super::file::Template;
use super::render::{Arm, Render};
use super::shipped;
use crate::prometheus::LeUnit;
use haldane_core::policy::PrometheusSource;
use haldane_core::signal::Kind;

/// What to ask for one signal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignalQueries {
    /// How its counts relate to a limit.
    pub kind: Kind,
    /// What to ask.
    pub what: What,
}

/// The series of a signal. Selectors are plain: differences are taken here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Counters of events.
    Counts {
        /// The canary's.
        canary: String,
        /// The primary's.
        primary: String,
        /// Label matchers of the bad ones; absent where all are.
        bad: Option<String>,
        /// What they are held against.
        exposure: Exposure,
    },
    /// Buckets of a histogram of durations.
    Buckets {
        /// The canary's.
        canary: String,
        /// The primary's.
        primary: String,
        /// The unit of `le`.
        le_unit: LeUnit,
    },
    /// A level, pod by pod.
    Gauge {
        /// The canary's.
        canary: GaugeQuery,
        /// The primary's.
        primary: GaugeQuery,
    },
    /// A level of the whole place, of whose series the highest counts.
    Place {
        /// Its selector.
        value: String,
        /// How a series' value is read.
        of: PlaceOf,
    },
    /// Whole queries that answer with one number.
    Scalar {
        /// For the canary.
        canary: String,
        /// For the primary, where there is one.
        primary: Option<String>,
    },
}

/// What events are held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposure {
    /// All events of the same counter.
    Own,
    /// The requests.
    Requests,
    /// The pods, as long as they run.
    Pods,
}

/// A pod's value: the sum over its series at one scrape, divided by the sum of the divisor's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GaugeQuery {
    /// The selector.
    pub value: String,
    /// How its values are read.
    pub of: Of,
    /// The divisor, if there is one.
    pub per: Option<(String, Of)>,
}

/// How a series' values are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// As they are.
    Level,
    /// A counter's rise per second.
    Rate,
}

/// How the values of a place's series are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaceOf {
    /// As they are.
    Level,
    /// The time since then, in seconds: now less the value.
    Age,
    /// One less the value.
    Down,
}

/// What the family of `source` asks for a signal; `plain` where the family has no series of its own for it.
///
/// # Errors
///
/// A signal without a template, or matchers in the policy that are none.
pub fn signal_queries(source: &PrometheusSource, signal_name: &str) -> Result<SignalQueries, TemplateError> {
    let template = shipped::template(source.family, signal_name)?;
    let kind = builtin::kind(signal_name);
    let kind = kind.ok_or_else(|| TemplateError::NoTemplate { signal: signal_name.to_owned() })?;
    let what = what(&template, &Render::new(source)?, kind)?;
    Ok(SignalQueries { kind, what })
}

/// What a template of this kind asks by its selectors.
pub(super) fn what(template: &Template, render: &Render, kind: Kind) -> Result<What, TemplateError> {
    let selector = |arm, key| render.selector(arm, template, key);
    Ok(match kind {
        Kind::Ratio | Kind::Rate => What::Counts {
            canary: selector(Arm::Canary, "count-canary")?,
            primary: selector(Arm::Primary, "count-primary")?,
            bad: render.bad(template)?,
            exposure: exposure(template, kind)?,
        },
        Kind::Latency => What::Buckets {
            canary: selector(Arm::Canary, "buckets-canary")?,
            primary: selector(Arm::Primary, "buckets-primary")?,
            le_unit: le_unit(template)?,
        },
        Kind::Gauge => What::Gauge {
            canary: gauge(template, render, Arm::Canary)?,
            primary: gauge(template, render, Arm::Primary)?,
        },
        Kind::Place => {
            let words = [("level", PlaceOf::Level), ("age", PlaceOf::Age), ("down", PlaceOf::Down)];
            let of = template.word("value-of", &words, PlaceOf::Level)?;
            What::Place { value: selector(Arm::Place, "value-place")?, of }
        }
    })
}

fn exposure(template: &Template, kind: Kind) -> Result<Exposure, TemplateError> {
    let words = [("own", Exposure::Own), ("requests", Exposure::Requests), ("pods", Exposure::Pods)];
    template.word("exposure", &words, if kind == Kind::Rate { Exposure::Requests } else { Exposure::Own })
}

/// The unit of a histogram's edges; it has to be said, because a wrong one is a limit a thousand times off.
pub(super) fn le_unit(template: &Template) -> Result<LeUnit, TemplateError> {
    template.annotation("le-unit")?;
    template.word(
        "le-unit",
        &[("seconds", LeUnit::Seconds), ("milliseconds", LeUnit::Milliseconds)],
        LeUnit::Seconds,
    )
}

fn gauge(template: &Template, render: &Render, arm: Arm) -> Result<GaugeQuery, TemplateError> {
    let (value, per) = match arm {
        Arm::Canary => ("value-canary", "per-canary"),
        Arm::Primary | Arm::Place => ("value-primary", "per-primary"),
    };
    let words = [("level", Of::Level), ("rate", Of::Rate)];
    let of = template.word("value-of", &words, Of::Level)?;
    let per_of = template.word("per-of", &words, Of::Level)?;
    let divided = template.given().any(|name| name.starts_with("per-"));
    let per = divided.then(|| Ok((render.selector(arm, template, per)?, per_of))).transpose()?;
    Ok(GaugeQuery { value: render.selector(arm, template, value)?, of, per })
}
