//! Why a source cannot be asked as configured: told when the policy is loaded, with what to write instead.

use haldane_core::increment::Arm;

/// Why a source cannot be asked as configured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The URL; it is left out, because it may carry credentials.
    #[error("the source's URL {why}")]
    Url {
        /// What is wrong with it.
        why: &'static str,
    },
    /// A header that cannot be sent. Its value is left out.
    #[error("header {name} cannot be sent")]
    Header {
        /// Its name.
        name: String,
    },
    /// A query that is no plain selector.
    #[error("{arm} query {query} {why}")]
    Query {
        /// Whose.
        arm: Arm,
        /// `requests` or `buckets`.
        query: &'static str,
        /// What is wrong, and what to write instead.
        why: String,
    },
    /// A query of a further signal that is no plain selector.
    #[error("{arm} query of {signal} {why}")]
    Signal {
        /// Whose.
        arm: Arm,
        /// Which signal's.
        signal: String,
        /// What is wrong, and what to write instead.
        why: String,
    },
    /// Canary and primary would be the same.
    #[error("canary and primary have the same {query} query; each must select its own pods")]
    SameQuery {
        /// `requests` or `buckets`.
        query: &'static str,
    },
    /// The matchers of bad requests cannot be read.
    #[error("bad {why}")]
    Bad {
        /// What is wrong, and what to write instead.
        why: String,
    },
    /// p99-latency was asked for without a limit that is a positive number of milliseconds.
    #[error("p99-latency needs a limit in milliseconds above 0")]
    LatencyLimit,
}
