//! The comment before a region's documents: whose they are, what they do, and how they are applied.

use super::backstop::Backstop;
use super::templates::Provider;
use super::yaml::comment;
use haldane_core::policy::{ClusterAccess, ClusterSource, Mode, Policy, RegionPolicy};

/// The comment, as YAML.
pub(super) fn text(
    policy: &Policy,
    region: &RegionPolicy,
    cluster: Option<&ClusterSource>,
    provider: &Provider<'_>,
    backstop: Option<&Backstop>,
) -> String {
    let context = cluster.and_then(|cluster| match &cluster.access {
        ClusterAccess::InCluster => None,
        ClusterAccess::Kubeconfig { context, .. } => context.as_deref(),
    });
    let known = match (cluster, context) {
        (_, Some(context)) => format!("context {context}"),
        (Some(ClusterSource { access: ClusterAccess::InCluster, .. }), None) => {
            "the cluster that haldane runs in".to_owned()
        }
        (Some(_), None) => "the kubeconfig's current context".to_owned(),
        (None, None) => "the policy names no cluster for it".to_owned(),
    };
    let mut lines = vec![
        format!("region {} of {} (policy {}): {known}", region.name, policy.service, policy.name),
        format!("mode {}", mode(policy.mode)),
        "Apply it to this region's cluster and no other; every region's Canary has this name, and other hooks:".to_owned(),
        format!("  kubectl --context {} apply --server-side -f FILE", context.unwrap_or("CONTEXT")),
        "Where somebody else wrote these fields, add --force-conflicts. Of the Canary only spec.analysis is set; lists in it".to_owned(),
        "replace the live ones: add webhooks of your own here. Remove a live stepWeight or iterations first, because".to_owned(),
        "Flagger takes one of stepWeight, stepWeights and iterations.".to_owned(),
    ];
    lines.extend(provider.comments());
    if let Some(backstop) = backstop {
        lines.extend(backstop_lines(policy, provider, backstop));
    }
    let mut text = String::new();
    lines.iter().for_each(|line| comment(&mut text, line));
    text
}

const fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Shadow => "shadow: Haldane lets everything pass, and reports what it would have done",
        Mode::Guard => "guard: Haldane may hold; it never rolls back",
        Mode::Enforce => "enforce: Haldane holds and rolls back",
    }
}

fn backstop_lines(policy: &Policy, provider: &Provider<'_>, backstop: &Backstop) -> Vec<String> {
    match (provider, policy.mode) {
        (Provider::None | Provider::WantsCertificate, _) => {
            vec!["no backstop either: Flagger has nobody to ask".to_owned()]
        }
        (Provider::Prometheus(_), Mode::Enforce) => vec![backstop.text()],
        (Provider::Prometheus(_), Mode::Shadow | Mode::Guard) => {
            vec![backstop.text(), "it is Flagger's own and rolls back in this mode, too".to_owned()]
        }
    }
}
