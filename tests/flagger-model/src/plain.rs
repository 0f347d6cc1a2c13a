//! A client for plain HTTP over loopback.
//!
//! reqwest wants to know whom it trusts before it sends a byte, TLS or not, and this workspace installs no crypto
//! provider for the process: who needs one hands it over. This client trusts nobody, and reads no certificate store
//! per call.

use reqwest::ClientBuilder;
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;

/// A client that obeys no proxy and can speak plain HTTP only.
pub fn plain_http() -> ClientBuilder {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = builder
        .with_safe_default_protocol_versions()
        .expect("ring has cipher suites for the versions that rustls speaks")
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    reqwest::Client::builder().no_proxy().tls_backend_preconfigured(config)
}
