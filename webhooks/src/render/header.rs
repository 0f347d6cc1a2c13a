//! The comment before a region's documents: whose they are, what they do, and how they are applied.

use super::Print;
use super::backstop::Backstop;
use super::canary::{Name, name};
use super::templates::Provider;
use super::yaml::comment;
use haldane_core::increment::Region;
use haldane_core::policy::{ClusterAccess, ClusterSource, Mode, Policy, RegionPolicy};

/// The comment, as YAML.
pub(super) fn text(
    policy: &Policy,
    region: &RegionPolicy,
    cluster: Option<&ClusterSource>,
    provider: &Provider<'_>,
    backstop: Option<&Backstop>,
    print: Print,
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
        whose(policy, &region.name),
    ];
    lines.extend(how(&name(policy, &region.name), context.unwrap_or("CONTEXT"), print));
    if print != Print::Patch {
        lines.extend(provider.comments());
    }
    if let Some(backstop) = backstop {
        lines.extend(backstop_lines(policy, provider, backstop));
    }
    let mut text = String::new();
    lines.iter().for_each(|line| comment(&mut text, line));
    text
}

fn whose(policy: &Policy, region: &Region) -> String {
    let canary = policy.service_in(region);
    if policy.regions.iter().all(|other| policy.service_in(&other.name) == canary) {
        return "For this region's cluster and no other; every region's Canary has this name, and other hooks."
            .to_owned();
    }
    format!("For this region's cluster and no other; here the Canary is {canary}, and its hooks are its own.")
}

/// How the documents get to where they belong.
fn how(Name { name, namespace }: &Name, context: &str, print: Print) -> Vec<String> {
    let lists =
        "Lists replace the live ones: add webhooks and metrics of your own before you use it.".to_owned();
    let patch = format!(
        "  kubectl --context {context} --namespace {namespace} patch canary {name} --type merge --patch-file FILE"
    );
    match print {
        Print::All => vec![
            "Copy spec.analysis into the file that the Canary is applied from; it takes the place of a stepWeight, a maxWeight".to_owned(),
            format!("and iterations there. {lists}"),
            "To change the live Canary instead: --print patch. This part of one cannot be applied by itself: kubectl apply".to_owned(),
            "would take the rest of the Canary for removed.".to_owned(),
        ],
        Print::Templates => vec![format!("  kubectl --context {context} apply --server-side -f FILE")],
        Print::Patch => vec![
            patch,
            lists,
            "null removes what Flagger does not take beside the others. Nothing else of the Canary is touched; whoever applies".to_owned(),
            "it from a file again undoes this there.".to_owned(),
        ],
    }
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
