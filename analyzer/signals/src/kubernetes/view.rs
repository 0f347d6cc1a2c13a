//! One Canary as the core sees it, put together from the objects that belong to it.
//!
//! Each kind of object is watched apart, so two that belong together may be seen a moment apart. Where Flagger writes two
//! things at once into the status, both are taken from there.

use super::canary::{Analysis, CanaryObject, CanaryStatus};
use super::image::short_image;
use haldane_core::cluster::{CanaryView, Phase, Strategy};
use haldane_core::time::Timestamp;
use serde_json::Value;

/// The view of `canary` with its `target` and the live `weight`.
pub(super) fn view(canary: &CanaryObject, target: Option<&Value>, weight: Option<u32>) -> CanaryView {
    let (spec, status, analysis) = (&canary.spec, &canary.status, canary.spec.analysis());
    let phase = Phase::read(&status.phase);
    CanaryView {
        phase,
        // Rolled back from the top, or a promotion that failed: this decides which, so it must not be older than the phase.
        weight: if phase == Phase::Failed { Some(status.canary_weight) } else { weight },
        claimed: (phase == Phase::Progressing).then(|| claimed(status, &analysis)),
        applied: Some(status.last_applied_spec.clone()).filter(|s| !s.is_empty()),
        written: status.last_transition_time.as_deref().and_then(instant),
        failed_checks: status.failed_checks,
        threshold: analysis.effective_threshold(),
        ladder: analysis.ladder(),
        strategy: strategy(&analysis),
        skip_analysis: spec.skips_analysis(),
        suspended: spec.suspend,
        image: target.and_then(image),
    }
}

/// How Flagger itself tells the strategies apart.
pub fn strategy(analysis: &Analysis) -> Strategy {
    let matched = analysis.matches.as_ref().is_some_and(|m| !m.is_empty());
    match (analysis.iterations, matched) {
        (0, _) => Strategy::Canary,
        (_, true) => Strategy::AbTesting,
        (_, false) => Strategy::BlueGreen,
    }
}

/// Percent that the status of a run claims. Only weighted canaries write it; the others count iterations, and blue/green
/// counts one more than there are once all traffic is on the canary.
fn claimed(status: &CanaryStatus, analysis: &Analysis) -> u32 {
    let all = |on_the_canary: bool| if on_the_canary { 100 } else { 0 };
    match strategy(analysis) {
        Strategy::Canary => status.canary_weight,
        Strategy::BlueGreen => all(status.iterations > i64::from(analysis.iterations)),
        Strategy::AbTesting => all(status.iterations > 0),
    }
}

/// Proxies that stand beside the service in many pods, by the names that Flagger leaves out, too: they name no release.
const SIDECARS: [&str; 2] = ["istio-proxy", "envoy"];

fn image(target: &Value) -> Option<String> {
    let containers = target["spec"]["template"]["spec"]["containers"].as_array()?;
    let service = containers.iter().find(|c| !SIDECARS.contains(&c["name"].as_str().unwrap_or_default()));
    service.or_else(|| containers.first())?["image"].as_str().map(short_image)
}

/// RFC 3339 in UTC, as the API writes it.
fn instant(text: &str) -> Option<Timestamp> {
    let time: kube_time::Timestamp = text.parse().ok()?;
    Some(Timestamp::from_us(time.as_microsecond()))
}

use k8s_openapi::jiff as kube_time;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn everything_that_matters_is_read_from_the_objects_as_flagger_writes_them() {
        let canary = json!({
            "spec": {"targetRef": {"kind": "Deployment", "name": "api"}, "skipAnalysis": true,
                "analysis": {"interval": "10s", "threshold": 3, "stepWeights": [5, 50, 100]}},
            "status": {"phase": "WaitingPromotion", "canaryWeight": 0, "iterations": -1, "failedChecks": 2,
                "lastAppliedSpec": "85d557f47b", "lastPromotedSpec": "x", "lastTransitionTime": "2026-07-01T00:00:07Z"}});
        let target = json!({"spec": {"template": {"spec": {"containers": [{"image": "registry.example/api:2.0.0"}]}}}});
        let seen = view(&serde_json::from_value(canary).unwrap(), Some(&target), Some(100));
        assert_eq!((seen.phase, seen.weight, seen.failed_checks), (Phase::WaitingPromotion, Some(100), 2));
        assert_eq!((seen.applied.as_deref(), seen.image.as_deref()), (Some("85d557f47b"), Some("api:2.0.0")));
        assert_eq!(seen.written, Some(Timestamp::from_s(1_782_864_007)));
        assert!(seen.skip_analysis && !seen.suspended && seen.strategy == Strategy::Canary);
    }

    /// Flagger writes the phase and where the traffic went at once; the routes come by another watch, and may be older.
    #[test]
    fn a_run_that_failed_says_itself_where_its_traffic_is() {
        let failed = |canary_weight: u32, routes: u32| {
            let canary = json!({"spec": {}, "status": {"phase": "Failed", "canaryWeight": canary_weight}});
            view(&serde_json::from_value(canary).unwrap(), None, Some(routes)).weight
        };
        assert_eq!(failed(0, 100), Some(0), "rolled back from the top");
        assert_eq!(failed(100, 0), Some(100), "a promotion that failed");
    }

    #[test]
    fn a_canary_without_an_analysis_is_promoted_without_one() {
        let bare: CanaryObject = serde_json::from_value(json!({"spec": {}})).unwrap();
        assert!(view(&bare, None, None).skip_analysis);
    }

    #[test]
    fn a_sidecar_names_no_release() {
        let target = json!({"spec": {"template": {"spec": {"containers": [
            {"name": "istio-proxy", "image": "istio/proxyv2:1.26"}, {"name": "api", "image": "api:2.0.0"}]}}}});
        assert_eq!(image(&target).as_deref(), Some("api:2.0.0"));
    }

    #[test]
    fn strategies_are_told_apart_as_flagger_does() {
        let of = |json: Value| strategy(&serde_json::from_value(json).unwrap());
        assert_eq!(of(json!({"stepWeights": [5]})), Strategy::Canary);
        assert_eq!(of(json!({"iterations": 5})), Strategy::BlueGreen);
        assert_eq!(of(json!({"iterations": 5, "match": [{"headers": {}}]})), Strategy::AbTesting);
    }
}
