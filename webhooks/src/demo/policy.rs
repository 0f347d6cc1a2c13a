//! The demo's policy: `policies/fnp-signals.yaml`, word for word. Only the sources' addresses are the simulated pods'.

use crate::policy_file::{PolicyFileError, parse};
use haldane_core::policy::{Policy, Sources};

const FNP: &str = include_str!("../../../policies/fnp.yaml");
const SIGNALS: &str = include_str!("../../../policies/fnp-signals.yaml");

/// The example policy with three gates and its own sources.
pub fn fnp() -> Result<(Policy, Sources), PolicyFileError> {
    parse("policies/fnp.yaml", FNP)
}

/// The same with a gate for every signal that pods' pages tell: what the demo runs.
pub fn signals() -> Result<(Policy, Sources), PolicyFileError> {
    parse("policies/fnp-signals.yaml", SIGNALS)
}
