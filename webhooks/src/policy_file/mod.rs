//! Reads a policy file: YAML text in, a validated policy out, or every refusal with its line.
//!
//! What a policy means is the core's business; here only the text is known. So the core refuses by path
//! (`spec.steps[1].observe`) and this module finds the line of that path.

#[cfg(test)]
mod across_tests;
mod places;

use crate::printable::printable;
use haldane_core::policy::{Policy, PolicyDraft, Refusal, Sources, TemplateRef, validate};
use std::path::Path;
use thiserror::Error;

/// Why a policy file cannot be used.
#[derive(Debug, Error)]
pub enum PolicyFileError {
    /// The file cannot be read.
    #[error("{file}: cannot be read; check the path and its permissions")]
    Unreadable {
        /// Its path.
        file: String,
        /// The system's error.
        #[source]
        source: std::io::Error,
    },
    /// It is no YAML, has an unknown key, or a value of the wrong type.
    #[error("{file}:{line}:{column}: {problem}")]
    Malformed {
        /// Its path.
        file: String,
        /// Line, from 1.
        line: u64,
        /// Column, from 1.
        column: u64,
        /// What is wrong.
        problem: String,
    },
    /// It says something impossible; one line per refusal.
    #[error("{0}")]
    Refused(String),
}

/// Reads and validates the policy in `path`. Templates that it names as files are found from its folder on.
pub fn read(path: &Path) -> Result<(Policy, Sources), PolicyFileError> {
    let file = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|source| PolicyFileError::Unreadable { file: file.clone(), source })?;
    let (policy, mut sources) = parse(&file, &text)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    for template in sources.templates.values_mut() {
        if let TemplateRef::File(name) = template {
            *name = folder.join(&*name).display().to_string();
        }
    }
    Ok((policy, sources))
}

/// Validates the policy in `text`; `file` names it in errors.
pub fn parse(file: &str, text: &str) -> Result<(Policy, Sources), PolicyFileError> {
    let draft: PolicyDraft = serde_saphyr::from_str(text).map_err(|error| malformed(file, text, &error))?;
    let refused = |refusals: Vec<Refusal>| PolicyFileError::Refused(located(file, text, &refusals));
    let (policy, mut sources) = validate(&draft).map_err(refused)?;
    crate::sources::in_regions(&policy, &mut sources);
    Ok((policy, sources))
}

fn malformed(file: &str, text: &str, error: &serde_saphyr::Error) -> PolicyFileError {
    let (mut line, mut column) = error.location().map_or((1, 1), |l| (l.line(), l.column()));
    let said = error.without_snippet().to_string();
    // The parser closes with its own words for the place and for its callers; ours stand around them.
    let said = said.lines().next().unwrap_or_default();
    let said =
        said.split([';', '(']).next().unwrap_or_default().split(" at line ").next().unwrap_or_default();
    let said = said.trim().trim_end_matches(':');
    let said = match said.strip_prefix("invalid u") {
        Some(_) => "this is no whole number; write one such as 1",
        None => said,
    };
    let places = places::of(text);
    let mut path = places.path_at((line, column));
    // A block's missing key is noticed at its last key, which may be far from where it begins.
    if let (true, None) = (said.starts_with("missing field"), path)
        && let Some((of, (at_line, at_column))) = places.holder_of_key((line, column))
    {
        (path, line, column) = (Some(of), at_line, at_column);
    }
    let key = path.map(|path| format!("{path}: ")).unwrap_or_default();
    let examples = "policies/fnp.yaml, and with policies/fnp-prometheus.yaml for a Prometheus";
    let problem = printable(&format!("{key}{said}; compare with {examples}"));
    PolicyFileError::Malformed { file: file.to_owned(), line, column, problem }
}

fn located(file: &str, text: &str, refusals: &[Refusal]) -> String {
    let places = places::of(text);
    let line = |refusal: &Refusal| {
        let said = printable(&refusal.to_string());
        match places.nearest(&refusal.path) {
            Some(line) => format!("{file}:{line}: {said}"),
            None => format!("{file}: {said}"),
        }
    };
    refusals.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use haldane_core::policy::Source;

    const FNP: &str = include_str!("../../../policies/fnp.yaml");

    fn refusal(from: &str, to: &str) -> String {
        assert!(FNP.contains(from), "{from} is not in the policy");
        parse("fnp.yaml", &FNP.replacen(from, to, 1)).expect_err("must be refused").to_string()
    }

    #[test]
    fn the_example_policy_is_valid() {
        let (policy, sources) = parse("fnp.yaml", FNP).unwrap();
        assert_eq!((policy.steps.len(), policy.gates.len(), policy.regions.len()), (3, 3, 3));
        assert_eq!(sources.metrics.len(), 3);
    }

    #[test]
    fn the_example_for_prometheus_is_valid_and_differs_from_the_other_in_its_sources_alone() {
        let text = include_str!("../../../policies/fnp-prometheus.yaml");
        let (policy, sources) = parse("fnp-prometheus.yaml", text).unwrap();
        assert!(
            sources.metrics.values().all(|s| matches!(s, Source::Prometheus(_)))
                && sources.metrics.len() == 3
        );
        let (plain, _) = parse("fnp.yaml", FNP).unwrap();
        assert_eq!(policy.steps, plain.steps);
        assert_eq!(policy.gates, plain.gates);
        assert_eq!(
            policy.regions.iter().map(|r| (&r.name, r.role)).collect::<Vec<_>>(),
            plain.regions.iter().map(|r| (&r.name, r.role)).collect::<Vec<_>>()
        );
    }

    #[test]
    fn metrics_with_an_unknown_key_are_refused_at_their_line() {
        let text = refusal("metrics: plain ", "metrics: {famly: plain} ");
        assert!(text.starts_with("fnp.yaml:9:") && text.contains("famly"), "{text}");
        let text = refusal("metrics: plain ", "metrics: statsd ");
        assert_eq!(
            text,
            "fnp.yaml:9: spec.metrics: unknown family of metrics \"statsd\"; write plain or istio or linkerd or nginx or gateway-api"
        );
    }

    #[test]
    fn a_refusal_names_the_line_the_key_and_the_cure() {
        let text = refusal("{weight: 50,  observe: 5m,", "{weight: 50,  observe: soon,");
        assert_eq!(
            text,
            "fnp.yaml:14: spec.steps[1].observe: \"soon\" is no length of time; write it like 10m, 90s or 1h30m"
        );
    }

    #[test]
    fn an_unknown_key_is_refused_at_its_line_with_the_keys_that_exist() {
        let text = refusal("extendUpTo: 30m", "extendUpto: 30m");
        assert!(text.starts_with("fnp.yaml:13:"), "{text}");
        assert!(text.contains("extendUpto") && text.contains("extendUpTo"), "{text}");
    }

    #[test]
    fn a_key_that_is_missing_altogether_is_refused_at_its_parent() {
        let text = refusal("{weight: 5,   observe: 10m, ", "{weight: 5, ");
        assert!(text.starts_with("fnp.yaml:13:") && text.contains("observe"), "{text}");
    }

    #[test]
    fn a_key_that_is_missing_in_a_block_is_refused_where_the_block_begins() {
        let text = refusal("      role: warm\n", "");
        assert!(
            text.starts_with("fnp.yaml:27:") && text.contains("spec.regions[1]: missing field `role`"),
            "{text}"
        );
    }

    #[test]
    fn a_number_that_cannot_be_counted_with_is_refused_in_words() {
        let text = refusal("falseRollback: 1%", "atOnce: -1");
        assert!(text.contains("spec.atOnce: this is no whole number; write one such as 1"), "{text}");
    }

    #[test]
    fn a_circle_is_refused_at_the_line_of_its_region() {
        let text = refusal("role: active\n", "role: active\n      after: apac\n");
        assert!(text.starts_with("fnp.yaml:24: spec.regions[0].after: the order runs in a circle"), "{text}");
    }

    #[test]
    fn a_value_of_the_wrong_type_is_refused_by_its_key() {
        let text = refusal("{weight: 5, ", "{weight: five, ");
        assert!(text.starts_with("fnp.yaml:13:") && text.contains("spec.steps[0].weight: "), "{text}");
    }

    #[test]
    fn what_a_file_says_forges_no_line_and_moves_no_cursor_where_it_is_refused() {
        let key = refusal("role: active\n", "role: active\n      limits: {\"a\\e[2J\\nb\": 1%}\n");
        assert!(key.contains(r"limits.a\u{1b}[2J\nb: ") && key.lines().count() == 1, "{key}");
        let unknown = refusal("mode: enforce", "\"m\\u202e\": enforce");
        assert!(unknown.contains(r"m\u{202e}") && !unknown.contains('\u{202e}'), "{unknown}");
        let share = refusal("falseRollback: 1%", "falseRollback: \"50%\\n\"");
        assert!(share.contains(r"50%\n of the") && share.lines().count() == 1, "{share}");
    }

    #[test]
    fn what_is_no_yaml_is_refused_at_its_line() {
        let text = parse("x.yaml", "apiVersion: [\n").unwrap_err().to_string();
        assert!(text.starts_with("x.yaml:"), "{text}");
        assert!(parse("x.yaml", "").is_err());
        assert!(parse("x.yaml", "\u{0}\u{1}").is_err());
    }
}
