//! What a source seems to be, by what it says of itself: for a person who checks a policy, and for nothing that decides.
//!
//! Prometheus and Thanos tell version and compiler under `/api/v1/status/buildinfo`, Mimir its application, too;
//! VictoriaMetrics tells nothing of the kind there, but answers `time()` with a vector. A proxy in front may hide all of it.

use super::json;
use haldane_core::policy::Dialect;
use serde::{Deserialize, Serialize};

/// A store as policies name it, and as it names itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StoreProbe {
    /// The dialect in which it was asked.
    pub asked_as: &'static str,
    /// The dialect that it seems to speak; absent where it does not tell.
    pub seems: Option<&'static str>,
    /// Its version, in its own words.
    pub version: Option<String>,
}

#[derive(Deserialize)]
struct Answer {
    data: Build,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Build {
    application: String,
    version: String,
    go_version: String,
}

/// Reads what `time()` and the build information were answered with; `build` is absent where that was refused.
pub(super) fn identify(asked_as: Dialect, time: &[u8], build: Option<&[u8]>) -> StoreProbe {
    let is_vector =
        json::read(time, 1).is_ok_and(|envelope| envelope.result_type.as_deref() == Some("vector"));
    let build = build.and_then(|body| serde_json::from_slice::<Answer>(body).ok()).map(|answer| answer.data);
    let seems = match &build {
        _ if is_vector => Some(Dialect::VictoriaMetrics),
        Some(build) => of_build(build),
        None => None,
    };
    // VictoriaMetrics gives the version of a Prometheus that it can stand for.
    let own = build.filter(|_| seems.is_some_and(|seems| seems != Dialect::VictoriaMetrics));
    let version =
        own.map(|build| crate::reason::one_line(&build.version)).filter(|version| !version.is_empty());
    StoreProbe { asked_as: asked_as.name(), seems: seems.map(Dialect::name), version }
}

fn of_build(build: &Build) -> Option<Dialect> {
    let application = build.application.to_ascii_lowercase();
    if ["mimir", "cortex", "grafana enterprise metrics"].iter().any(|name| application.contains(name)) {
        return Some(Dialect::Mimir);
    }
    let compiled = !build.go_version.is_empty() && application.is_empty();
    // Prometheus left 0.x behind before it had this page; Thanos has not.
    match build.version.trim_start_matches('v').split_once('.') {
        Some(("0", _)) if compiled => Some(Dialect::Thanos),
        Some((major, _)) if compiled && major.parse::<u32>().is_ok() => Some(Dialect::Prometheus),
        Some(_) | None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seems(time: &str, build: Option<&str>) -> (Option<&'static str>, Option<String>) {
        let time = format!(r#"{{"status":"success","data":{{"resultType":{time:?},"result":[]}}}}"#);
        let found = identify(Dialect::Prometheus, time.as_bytes(), build.map(str::as_bytes));
        (found.seems, found.version)
    }

    #[test]
    fn a_store_is_known_by_its_own_words_or_not_at_all() {
        let prometheus = r#"{"status":"success","data":{"version":"2.42.0+ds","revision":"x","branch":"b","goVersion":"go1.19.8"}}"#;
        assert_eq!(seems("scalar", Some(prometheus)), (Some("prometheus"), Some("2.42.0+ds".into())));
        let thanos = prometheus.replace("2.42.0+ds", "0.38.0");
        assert_eq!(seems("scalar", Some(&thanos)), (Some("thanos"), Some("0.38.0".into())));
        let mimir = r#"{"status":"success","data":{"application":"Grafana Mimir","version":"2.17.1","goVersion":"go1.24"}}"#;
        assert_eq!(seems("scalar", Some(mimir)), (Some("mimir"), Some("2.17.1".into())));
        for build in [None, Some(r#"{"status":"success","data":{"version":"2.24.0"}}"#)] {
            assert_eq!(seems("vector", build), (Some("victoria-metrics"), None));
        }
        for build in [None, Some("<html>"), Some(r#"{"status":"success","data":{}}"#)] {
            assert_eq!(seems("scalar", build), (None, None));
        }
    }
}
