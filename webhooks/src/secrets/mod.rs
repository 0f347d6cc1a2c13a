//! Secrets that callers present: a directory, one file each, as Kubernetes mounts a Secret.
//!
//! ```text
//! DIR/us-east        the secret of us-east            DIR/alice        the token of alice
//! DIR/us-east.next   a second one, valid beside it    DIR/alice.next   a second one
//! ```
//!
//! The directory is read anew as it changes, so a rotation needs no restart. What stays in memory are SHA-256 digests:
//! nothing that serves can print a secret, and digests have one length, so comparing them tells nothing about lengths.
//! Only what writes Canaries reads one itself (`plain.rs`).

mod dir;
mod file;
mod held;
mod plain;

pub use dir::{Operator, SecretDir};
pub use file::SecretError;
pub use plain::Plain;
