//! Why a template is not read, each with what to write instead.

/// A part of a template that is not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// An action, a comment or a quoted text without an end.
    #[error(
        "has {what} without an end; close it, or write {{{{\"{{{{\"}}}} for two braces that are meant so"
    )]
    Unclosed {
        /// Which.
        what: &'static str,
    },
    /// An action that begins with a word Haldane does not read.
    #[error(
        "uses {{{{ {word} }}}}, which Haldane does not read; write one of name, namespace, target, service, ingress, \
         route, interval, variables.KEY, or a text in quotes"
    )]
    Word {
        /// The word.
        word: String,
    },
    /// Something that Haldane does not read, with what to write instead.
    #[error("has {what} in {{{{ }}}}, which Haldane does not read; {instead}")]
    Construct {
        /// What it is.
        what: String,
        /// What to write.
        instead: &'static str,
    },
    /// A variable that nobody gives.
    #[error(
        "uses variables.{key}, which nobody gives; write spec.metrics.variables: {{{key}: …}} in the policy"
    )]
    NoVariable {
        /// Its key.
        key: String,
    },
}

impl Refused {
    pub(super) fn construct(what: impl Into<String>, instead: &'static str) -> Self {
        Self::Construct { what: what.into(), instead }
    }
}
