//! The demo's policy: `policies/fnp.yaml`, word for word. Only the sources' addresses are the simulated pods'.

use crate::policy_file::{PolicyFileError, parse};
use haldane_core::policy::{Policy, Sources};

const FNP: &str = include_str!("../../../policies/fnp.yaml");

/// The example policy and its own sources.
pub fn fnp() -> Result<(Policy, Sources), PolicyFileError> {
    parse("policies/fnp.yaml", FNP)
}
