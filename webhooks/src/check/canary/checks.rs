//! Flagger's own metric checks: each failing one counts towards a rollback that Haldane has no part in.

use super::super::findings::Finding;
use super::{Case, shown};
use haldane_core::policy::limit_text;
use haldane_core::signal::Signal;
use haldane_signals::kubernetes::{Analysis, Metric};

pub(super) fn findings(case: &Case<'_>, analysis: &Analysis) -> Vec<Finding> {
    let threshold = analysis.effective_threshold();
    let cost = format!("each failure is one of {threshold} failed checks that roll back");
    let (mut findings, mut unknown) = (Vec::new(), Vec::new());
    for metric in &analysis.metrics {
        let what = format!("check {}", shown(&metric.name));
        let Some((signal, limit)) = limit(metric) else {
            unknown.push(shown(&metric.name));
            continue;
        };
        let gate = case.policy.gates.iter().find(|gate| gate.signal == signal);
        let wanted = gate.and_then(|gate| case.policy.limit_in(&case.region.name, gate));
        if let Some(wanted) = wanted.filter(|wanted| limit < *wanted) {
            let (own, policy) = (limit_text(signal, limit), limit_text(signal, wanted));
            let says = format!(
                "Flagger's own limit of {signal} is {own}, tighter than the policy's {policy}; {cost}"
            );
            let cure = "it would roll back what Haldane finds healthy; remove it, or let haldane render --backstop write a coarse one";
            findings.push(Finding::note(&what, says, cure));
        } else if is_built_in(metric) {
            let says = format!("it fails without traffic, too; {cost}");
            findings.push(Finding::note(
                &what,
                says,
                "remove it, or let haldane render --backstop write one that passes on no data",
            ));
        }
    }
    if !unknown.is_empty() {
        let says = format!("Flagger judges {} by itself; {cost}", unknown.join(", "));
        findings.push(Finding::note(
            "own checks",
            says,
            "they can roll back a release that Haldane finds healthy",
        ));
    }
    findings
}

fn is_built_in(metric: &Metric) -> bool {
    metric.template_ref.is_none()
}

/// What a check limits, in the unit of the signal's kind; none for what nobody here can read.
fn limit(metric: &Metric) -> Option<(Signal, f64)> {
    let range = metric.threshold_range.unwrap_or_default();
    let old = Some(metric.threshold).filter(|t| metric.threshold_range.is_none() && *t > 0.0);
    let most = range.max.or(old);
    let Some(template) = &metric.template_ref else {
        return match metric.name.as_str() {
            "request-success-rate" => Some((Signal::ErrorRate, (100.0 - range.min.or(old)?) / 100.0)),
            "request-duration" => Some((Signal::P99Latency, most?)),
            _ => None,
        };
    };
    // Templates of ours end in the name of their signal.
    let ours = template.name.strip_prefix("haldane-")?;
    let signal = Signal::CORE.into_iter().find(|signal| ours.ends_with(signal.name()))?;
    Some((signal, if signal == Signal::ErrorRate { most? / 100.0 } else { most? }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit_of(metric: &str) -> Option<(Signal, f64)> {
        limit(&serde_json::from_str(metric).unwrap())
    }

    #[test]
    fn limits_of_flagger_s_own_checks_are_read_in_the_units_of_the_policy() {
        for (metric, expected) in [
            (
                r#"{"name":"request-success-rate","thresholdRange":{"min":99.0}}"#,
                Some((Signal::ErrorRate, 0.01)),
            ),
            (r#"{"name":"request-success-rate","threshold":99}"#, Some((Signal::ErrorRate, 0.01))),
            (r#"{"name":"request-duration","threshold":500}"#, Some((Signal::P99Latency, 500.0))),
            (r#"{"name":"request-duration","thresholdRange":{"min":5}}"#, None),
            (
                r#"{"name":"x","templateRef":{"name":"haldane-api-plain-error-rate"},"thresholdRange":{"max":0.5}}"#,
                Some((Signal::ErrorRate, 0.005)),
            ),
            (
                r#"{"name":"x","templateRef":{"name":"haldane-istio-http-5xx"},"thresholdRange":{"max":5}}"#,
                Some((Signal::Http5xx, 5.0)),
            ),
            (
                r#"{"name":"error-rate","templateRef":{"name":"error-rate"},"thresholdRange":{"max":0.5}}"#,
                None,
            ),
            (r#"{"name":"mine","query":"x","threshold":1}"#, None),
        ] {
            assert_eq!(limit_of(metric), expected, "{metric}");
        }
    }
}
