//! Why a template cannot be used, each with what to do.

use super::builtin;

/// Why a template cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// Not a MetricTemplate.
    #[error("{file} cannot be read: {problem}")]
    Malformed {
        /// Which file.
        file: String,
        /// What is wrong.
        problem: String,
    },
    /// An annotation that is needed is not there.
    #[error("{file} has no annotation haldane.dev/{annotation}")]
    Lacks {
        /// Which file.
        file: String,
        /// Its name after `haldane.dev/`.
        annotation: &'static str,
    },
    /// An annotation (or the query) that cannot be used.
    #[error("{file}: {annotation} {problem}")]
    Refused {
        /// Which file.
        file: String,
        /// Its name, whole.
        annotation: String,
        /// Why, and what to write instead.
        problem: String,
    },
    /// The policy's own matchers.
    #[error("spec.metrics.{key} {problem}")]
    Own {
        /// `canary` or `primary`.
        key: &'static str,
        /// Why, and what to write instead.
        problem: String,
    },
    /// A signal that no shipped template asks for.
    #[error("no metric template asks for {signal:?}; there is one for each of {}", names())]
    NoTemplate {
        /// Its name.
        signal: String,
    },
    /// Several templates where one is meant.
    #[error("{file} holds {count} MetricTemplates; keep one in each file that a gate names")]
    Several {
        /// Which file.
        file: String,
        /// How many.
        count: usize,
    },
}

fn names() -> String {
    builtin::names().collect::<Vec<_>>().join(", ")
}
