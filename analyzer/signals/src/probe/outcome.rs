//! How a probe went: one variant with its data and one sentence for people per way of not being healthy.

use serde::Serialize;
use std::fmt;

/// How a probe went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// As the policy wants it.
    Healthy,
    /// It answered, and not as the policy wants it.
    Unhealthy(Unhealthy),
    /// It did not answer.
    Unreachable(Unreachable),
    /// It could not be asked, and that need not be its fault.
    OurTrouble(OurTrouble),
}

/// What was wrong with an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "why", rename_all = "kebab-case")]
pub enum Unhealthy {
    /// Another status code.
    Status {
        /// Which.
        status: u16,
    },
    /// Another region answers here.
    OtherRegion {
        /// The region that was expected.
        expected: String,
        /// The one that answered, in one line.
        found: String,
    },
    /// A field is not as expected.
    Field {
        /// Its name, with dots between levels.
        field: String,
        /// What it should be.
        expected: String,
        /// What it is, in one line; none where it is not there.
        found: Option<String>,
    },
    /// The body is no JSON.
    NotJson {
        /// How it begins, in one line.
        begins: String,
    },
    /// The body is longer than what is read.
    TooLarge {
        /// The bound in bytes.
        limit_bytes: u64,
    },
}

/// How it did not answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "why", rename_all = "kebab-case")]
pub enum Unreachable {
    /// No complete answer before the deadline.
    TimedOut {
        /// The deadline in milliseconds of real time.
        deadline_ms: u64,
    },
    /// No connection, or one that broke.
    Connection {
        /// The error, in one line.
        detail: String,
    },
}

/// Why it could not be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "why", rename_all = "kebab-case")]
pub enum OurTrouble {
    /// Its name has no address.
    NotResolved {
        /// The name.
        host: String,
        /// The resolver's word, in one line.
        detail: String,
    },
    /// Its certificate is not trusted.
    Certificate {
        /// Why, in one line.
        detail: String,
    },
    /// We have nothing to check a certificate with.
    Trust {
        /// Which file, or what is missing, in one line.
        detail: String,
    },
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Healthy => f.write_str("healthy"),
            Self::Unhealthy(why) => write!(f, "unhealthy: {why}"),
            Self::Unreachable(why) => write!(f, "unreachable: {why}"),
            Self::OurTrouble(why) => write!(f, "could not be asked: {why}"),
        }
    }
}

impl fmt::Display for Unhealthy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status { status } => write!(f, "it answered HTTP {status}"),
            Self::OtherRegion { expected, found } => {
                write!(f, "region {found} answers where {expected} should")
            }
            Self::Field { field, expected, found: Some(found) } => {
                write!(f, "{field} is {found} and should be {expected}")
            }
            Self::Field { field, expected, found: None } => {
                write!(f, "{field} is not in the answer and should be {expected}")
            }
            Self::NotJson { begins } if begins.is_empty() => f.write_str("the answer is empty, and no JSON"),
            Self::NotJson { begins } => write!(f, "the answer is no JSON, it begins {begins}"),
            Self::TooLarge { limit_bytes } => write!(f, "it answered more than {limit_bytes} bytes"),
        }
    }
}

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut { deadline_ms } => write!(f, "no whole answer within {deadline_ms} ms"),
            Self::Connection { detail } => f.write_str(detail),
        }
    }
}

impl fmt::Display for OurTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotResolved { host, detail } => write!(f, "{host} does not resolve: {detail}"),
            Self::Certificate { detail } => write!(f, "its certificate is not trusted: {detail}"),
            Self::Trust { detail } => f.write_str(detail),
        }
    }
}
