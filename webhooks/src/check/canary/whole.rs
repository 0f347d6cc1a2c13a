//! The Canary as a whole: whether it does anything, with which weights, and of which pods.

use super::super::findings::Finding;
use super::{Case, shown};
use crate::canary::{of_policy, top_only};
use haldane_core::policy::Source;
use haldane_signals::kubernetes::{Analysis, routes_of, strategy};

pub(super) fn findings(case: &Case<'_>, analysis: &Analysis) -> Vec<Finding> {
    let spec = &case.found.spec;
    let mut findings = Vec::new();
    if spec.suspend {
        let says = "spec.suspend is true: Flagger does nothing with it";
        findings.push(Finding::wrong("canary", says, "remove suspend when it is to be rolled out again"));
    }
    if spec.skip_analysis {
        let says = "spec.skipAnalysis is true: Flagger promotes on its next tick, past every gate";
        findings.push(Finding::wrong("canary", says, "remove skipAnalysis"));
    }
    findings.extend(walk(case, analysis));
    if analysis.mirror {
        let says = "spec.analysis.mirror is true: the canary gets copies of requests before its first weight";
        findings.push(Finding::note(
            "canary",
            says,
            "they are counted as its own; remove mirror if that is not meant",
        ));
    }
    if analysis.session_affinity.is_some() {
        let says = "spec.analysis.sessionAffinity keeps users where they were, so the canary's share outgrows its weight";
        let cure = "a step may hold because the counted share contradicts the weight; remove sessionAffinity if it does";
        findings.push(Finding::note("canary", says, cure));
    }
    findings.extend(target(case));
    if case.cluster.is_some_and(|cluster| routes_of(spec, cluster.routes).is_none()) {
        let provider = shown(spec.provider.as_deref().unwrap_or_default());
        let says = format!("traffic is moved by {provider}, whose routes are not read");
        findings.push(Finding::note("canary", says, "the weight is then known from the event hook alone"));
    }
    findings
}

fn walk(case: &Case<'_>, analysis: &Analysis) -> Option<Finding> {
    let (wanted, live) = (of_policy(case.policy), strategy(analysis));
    if wanted != live {
        let says = format!("Flagger would run it as {live}, and the policy is written for {wanted}");
        let cure = "write stepWeights (canary) or iterations (blue-green; with match, ab-testing) as the policy needs; haldane render prints them";
        return Some(Finding::wrong("strategy", says, cure));
    }
    let (steps, ladder): (Vec<u32>, _) =
        (case.policy.steps.iter().map(|step| step.weight).collect(), analysis.ladder());
    if top_only(live) || steps == ladder {
        return None;
    }
    let text = |weights: &[u32]| match weights {
        [] => "none".to_owned(),
        weights => weights.iter().take(20).map(ToString::to_string).collect::<Vec<_>>().join(", "),
    };
    let says = format!("Flagger would go {}, and the policy's steps are {}", text(&ladder), text(&steps));
    let cure = format!(
        "write stepWeights: [{}], without stepWeight and maxWeight, or change the policy's steps",
        text(&steps)
    );
    Some(Finding::wrong("weights", says, &cure))
}

/// Pods are counted by the Deployment's name, which need not be the Canary's.
fn target(case: &Case<'_>) -> Option<Finding> {
    let target = &case.found.spec.target_ref.name;
    let source = match case.source? {
        Source::Prometheus(source) => source,
        Source::Scrape(_) => return None,
    };
    let differs = source.canary.is_none() && !target.is_empty() && *target != source.target;
    differs.then(|| {
        let says =
            format!("it targets {}, and the policy counts the pods of {}", shown(target), source.target);
        let cure = format!("write metrics: {{family: {}, target: {}}}", source.family.name(), shown(target));
        Finding::wrong("target", says, &cure)
    })
}
