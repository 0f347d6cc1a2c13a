//! Which series to count: metric-templates, rendered for one service.
//!
//! A template is a file that Flagger itself accepts; what Haldane asks stands in its annotations, so that both are
//! changed together. The shipped ones are compiled in: a policy that names a family must not depend on a folder.

mod document;
mod file;
mod render;

pub use document::{Document, documents};

use crate::prometheus::{ArmQueries, LeUnit, RegionQueries};
use file::Template;
use haldane_core::policy::{Family, PrometheusSource};
use haldane_core::signal::Signal;
use render::{Arm, Render};

/// Why a template cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// Not a MetricTemplate.
    #[error("metric-templates/{file} cannot be read: {problem}")]
    Malformed {
        /// Family and signal.
        file: String,
        /// What is wrong.
        problem: String,
    },
    /// An annotation that counting needs is not there.
    #[error("metric-templates/{file} has no annotation haldane.dev/{annotation}")]
    Lacks {
        /// Family and signal.
        file: String,
        /// Its name after `haldane.dev/`.
        annotation: &'static str,
    },
    /// A variable that Haldane does not know.
    #[error("a template uses {{{{ {variable} }}}}; selectors know namespace and target")]
    Variable {
        /// Its name.
        variable: String,
    },
    /// A unit that Haldane does not know.
    #[error("haldane.dev/le-unit is {unit:?}; write seconds or milliseconds")]
    LeUnit {
        /// What it says.
        unit: String,
    },
}

/// The selectors for the service that `source` names.
///
/// # Errors
///
/// When a shipped template is broken; a test renders every one, so a user meets this only with templates of their own.
pub fn queries(source: &PrometheusSource) -> Result<RegionQueries, TemplateError> {
    let requests = template(source.family, Signal::ErrorRate)?;
    let durations = template(source.family, Signal::P99Latency)?;
    let render = Render::new(source);
    let arm = |arm: Arm, count: &'static str, buckets: &'static str| {
        Ok::<_, TemplateError>(ArmQueries {
            requests: render.selector(arm, requests.annotation(count)?)?,
            buckets: render.selector(arm, durations.annotation(buckets)?)?,
        })
    };
    Ok(RegionQueries {
        canary: arm(Arm::Canary, "count-canary", "buckets-canary")?,
        primary: arm(Arm::Primary, "count-primary", "buckets-primary")?,
        bad: requests.annotation("bad")?.to_owned(),
        le_unit: le_unit(durations.annotation("le-unit")?)?,
    })
}

fn template(family: Family, signal: Signal) -> Result<Template, TemplateError> {
    let text = match (family, signal) {
        (Family::Plain, Signal::ErrorRate) => {
            include_str!("../../../../metric-templates/plain/error-rate.yaml")
        }
        (Family::Plain, Signal::Http5xx) => include_str!("../../../../metric-templates/plain/http-5xx.yaml"),
        (Family::Plain, Signal::P99Latency) => {
            include_str!("../../../../metric-templates/plain/p99-latency.yaml")
        }
        (Family::Istio, Signal::ErrorRate) => {
            include_str!("../../../../metric-templates/istio/error-rate.yaml")
        }
        (Family::Istio, Signal::Http5xx) => include_str!("../../../../metric-templates/istio/http-5xx.yaml"),
        (Family::Istio, Signal::P99Latency) => {
            include_str!("../../../../metric-templates/istio/p99-latency.yaml")
        }
    };
    Template::read(format!("{}/{signal}.yaml", family.name()), text)
}

fn le_unit(text: &str) -> Result<LeUnit, TemplateError> {
    match text {
        "seconds" => Ok(LeUnit::Seconds),
        "milliseconds" => Ok(LeUnit::Milliseconds),
        other => Err(TemplateError::LeUnit { unit: other.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use haldane_core::policy::{Dialect, SourceAuth};

    pub(super) fn source(family: Family) -> PrometheusSource {
        PrometheusSource {
            url: "http://prometheus:9090".into(),
            dialect: Dialect::Prometheus,
            replica_labels: Vec::new(),
            auth: SourceAuth::None,
            ca_file: None,
            identity: None,
            headers: [].into(),
            labels: [].into(),
            family,
            namespace: "fnp".into(),
            target: "api".into(),
            canary: None,
            primary: None,
        }
    }

    #[test]
    fn both_arms_of_every_family_are_selected_apart_and_by_name() {
        for family in Family::ALL {
            let queries = queries(&source(family)).unwrap();
            assert_ne!(queries.canary, queries.primary);
            for text in [&queries.primary.requests, &queries.primary.buckets] {
                assert!(text.contains("\"fnp\"") && text.contains("api-primary"), "{text}");
            }
        }
    }

    #[test]
    fn the_signals_of_a_family_that_count_requests_count_the_same_series() {
        for family in Family::ALL {
            let [rate, ratio] = [Signal::Http5xx, Signal::ErrorRate].map(|s| template(family, s).unwrap());
            for annotation in ["count-canary", "count-primary", "bad"] {
                assert_eq!(rate.annotation(annotation).unwrap(), ratio.annotation(annotation).unwrap());
            }
        }
    }

    #[test]
    fn own_matchers_replace_a_familys_and_shared_labels_are_added_to_both() {
        let mut source = source(Family::Plain);
        source.canary = Some("track=\"canary\"".into());
        source.labels = [("region".to_owned(), "us\"east\\".to_owned())].into();
        let queries = queries(&source).unwrap();
        assert_eq!(
            queries.canary.requests,
            "http_requests_total{track=\"canary\",region=\"us\\\"east\\\\\"}"
        );
        assert!(
            queries.primary.buckets.ends_with(",region=\"us\\\"east\\\\\"}"),
            "{}",
            queries.primary.buckets
        );
    }
}
