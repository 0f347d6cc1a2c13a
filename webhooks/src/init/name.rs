//! What the draft calls its region: what somebody said, what the Canary's hooks already say, or the context's name.

use super::{InitError, Options};
use crate::canary::{Found, ours};
use haldane_core::policy::{ClusterAccess, is_kubernetes_name};

/// The name where nothing tells one.
const UNKNOWN: &str = "region-1";

pub(super) fn region(found: &Found, options: &Options<'_>) -> Result<String, InitError> {
    if let Some(given) = options.region {
        let fits = is_kubernetes_name(given);
        return fits.then(|| given.to_owned()).ok_or_else(|| InitError::Region(given.to_owned()));
    }
    let analysis = found.spec.analysis();
    let in_hooks = analysis.webhooks.iter().find_map(|webhook| Some(ours(&webhook.url)?.region));
    let context = options.access.and_then(|access| match access {
        ClusterAccess::InCluster => None,
        ClusterAccess::Kubeconfig { context, .. } => context.as_deref().map(in_small),
    });
    let known = in_hooks.filter(|name| is_kubernetes_name(name)).or(context);
    Ok(known.filter(|name| is_kubernetes_name(name)).unwrap_or_else(|| UNKNOWN.to_owned()))
}

/// A context's last part with everything else than letters, digits and `-` replaced: `arn:aws:eks:…:cluster/US-East`.
fn in_small(context: &str) -> String {
    let last = context.rsplit(['/', ':', '@']).next().unwrap_or(context);
    let fit = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    last.chars().map(fit).collect::<String>().trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::in_small;

    #[test]
    fn a_context_becomes_a_name_that_can_stand_in_an_address() {
        for (context, name) in [
            ("us-east", "us-east"),
            ("arn:aws:eks:us-east-1:1234:cluster/Prod_East", "prod-east"),
            ("admin@eu.central", "eu-central"),
        ] {
            assert_eq!(in_small(context), name);
        }
    }
}
