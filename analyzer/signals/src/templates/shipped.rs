//! The templates that are compiled in: a policy that names a family must not depend on a folder.

use super::TemplateError;
use super::file::Template;
use haldane_core::policy::Family;

macro_rules! shipped {
    ($($family:ident $folder:literal: $($signal:literal)*;)*) => {
        &[$($((
            Family::$family,
            $signal,
            concat!("metric-templates/", $folder, "/", $signal, ".yaml"),
            include_str!(concat!("../../../../metric-templates/", $folder, "/", $signal, ".yaml")),
        ),)*)*]
    };
}

/// Family, signal, file and text.
pub(super) const FILES: &[(Family, &str, &str, &str)] = shipped! {
    Plain "plain":
        "p50-latency" "p95-latency" "p99-latency" "error-rate" "http-4xx" "http-5xx" "error-logs" "panics" "restarts"
        "oom-kills" "readiness-failures" "dependency-errors" "db-latency" "cpu" "cpu-throttling" "memory" "in-flight"
        "queue-depth" "db-pool" "replication-lag" "region-up" "freshness" "traffic-share";
    Istio "istio":
        "p50-latency" "p95-latency" "p99-latency" "error-rate" "http-4xx" "http-5xx" "dependency-errors" "traffic-share";
    Linkerd "linkerd":
        "p50-latency" "p95-latency" "p99-latency" "error-rate" "http-4xx" "http-5xx" "dependency-errors" "traffic-share";
    Nginx "nginx":
        "p50-latency" "p95-latency" "p99-latency" "error-rate" "http-4xx" "http-5xx" "traffic-share";
    GatewayApi "gateway-api":
        "p50-latency" "p95-latency" "p99-latency" "error-rate" "http-4xx" "http-5xx" "traffic-share";
};

/// The family's template for a signal; `plain`'s where the family has no series of its own for it.
pub(super) fn template(family: Family, signal: &str) -> Result<Template, TemplateError> {
    let of = |family| FILES.iter().find(|(f, s, ..)| *f == family && *s == signal);
    let found = of(family).or_else(|| of(Family::Plain));
    let (.., file, text) = found.ok_or_else(|| TemplateError::NoTemplate { signal: signal.to_owned() })?;
    Template::read_one(file, text)
}

#[cfg(test)]
mod tests {
    use super::super::builtin;
    use super::*;
    use std::path::Path;

    #[test]
    fn every_file_of_every_folder_is_compiled_in_under_its_own_names() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../metric-templates");
        for family in Family::ALL {
            let mut found: Vec<_> = std::fs::read_dir(root.join(family.name()))
                .unwrap()
                .map(|e| e.unwrap().file_name().into_string().unwrap())
                .collect();
            let of_family = FILES.iter().filter(|(f, ..)| *f == family);
            let mut listed: Vec<_> = of_family.clone().map(|(_, s, ..)| format!("{s}.yaml")).collect();
            found.sort();
            listed.sort();
            assert_eq!(found, listed);
            for (_, signal, file, text) in of_family {
                let template = Template::read_one(file, text).unwrap();
                assert_eq!(template.name, format!("haldane-{}-{signal}", family.name()));
                assert_eq!(template.annotation("signal").unwrap(), *signal);
            }
        }
    }

    #[test]
    fn every_signal_by_name_has_a_plain_template_and_no_other_has_one() {
        for signal in builtin::names() {
            for family in Family::ALL {
                template(family, signal).unwrap();
            }
        }
        assert!(FILES.iter().all(|(_, signal, ..)| builtin::kind(signal).is_some()));
        let refusal = template(Family::Istio, "p98-latency").unwrap_err().to_string();
        assert!(refusal.contains("p98-latency") && refusal.contains("p99-latency"), "{refusal}");
    }
}
