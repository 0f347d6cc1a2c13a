//! Checks how a region's cluster is reached.

use super::cluster_draft::{ClusterDraft, KubeconfigDraft};
use super::refusal::Refusals;
use super::sources::{ClusterAccess, ClusterSource, Routes};

/// The cluster of the region at `path`; none where there is none, or where it is refused.
pub(super) fn cluster(
    path: &str,
    draft: Option<&ClusterDraft>,
    refusals: &mut Refusals,
) -> Option<ClusterSource> {
    let path = format!("{path}.cluster");
    match draft? {
        ClusterDraft::Word(word) if word == "in-cluster" => {
            Some(ClusterSource { access: ClusterAccess::InCluster, routes: None })
        }
        ClusterDraft::Word(word) => {
            let cure = "write in-cluster, or {context: us-east}, or {kubeconfig: /etc/haldane/us-east, context: us-east}";
            refusals.add(path, format!("{word:?} names no cluster"), cure);
            None
        }
        ClusterDraft::Map(draft) => Some(of_map(&path, draft, refusals)),
    }
}

fn of_map(path: &str, draft: &KubeconfigDraft, refusals: &mut Refusals) -> ClusterSource {
    for (key, text) in [("kubeconfig", &draft.kubeconfig), ("context", &draft.context)] {
        if text.as_ref().is_some_and(|t| t.is_empty() || t.chars().any(char::is_control)) {
            refusals.add(format!("{path}.{key}"), "it is empty", format!("write a name, or leave {key} out"));
        }
    }
    if draft.in_cluster && (draft.kubeconfig.is_some() || draft.context.is_some()) {
        let cure = "keep either inCluster or kubeconfig and context";
        refusals.add(path, "it names two clusters", cure);
    }
    let access = if draft.in_cluster {
        ClusterAccess::InCluster
    } else {
        ClusterAccess::Kubeconfig { file: draft.kubeconfig.clone(), context: draft.context.clone() }
    };
    ClusterSource { access, routes: draft.routes.as_deref().and_then(|name| routes(path, name, refusals)) }
}

fn routes(path: &str, name: &str, refusals: &mut Refusals) -> Option<Routes> {
    let routes = Routes::ALL.into_iter().find(|r| r.name() == name);
    if routes.is_none() {
        let names = Routes::ALL.map(Routes::name).join(", ");
        refusals.add(
            format!("{path}.routes"),
            format!("{name:?} carries no weights that are known"),
            format!("write one of {names}"),
        );
    }
    routes
}
