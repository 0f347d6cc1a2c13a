//! Whom a client trusts, and as whom it speaks.
//!
//! The crypto provider is handed to each configuration instead of being installed for the process: a library that
//! installs one races with the program, and a program that forgets to makes every client panic.

use rustls::client::WebPkiServerVerifier;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use std::sync::Arc;

/// Whose certificates are believed.
pub(crate) enum Roots<'a> {
    /// Nobody's: plain HTTP only. Needs no certificate store, which a small container does not have.
    Nobody,
    /// The operating system's.
    System,
    /// These alone, as PEM.
    Pem(&'a [u8]),
}

/// A client's certificate chain and key, as PEM.
pub(crate) struct Identity<'a> {
    pub(crate) chain: &'a [u8],
    pub(crate) key: &'a [u8],
}

/// A configuration on ring; or which file is wrong in what way, without its content.
pub(crate) fn config(
    roots: &Roots<'_>,
    identity: Option<Identity<'_>>,
) -> Result<ClientConfig, &'static str> {
    let provider: Arc<CryptoProvider> = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|_| "the crypto provider knows no TLS version")?;
    let builder = match roots {
        Roots::Nobody => builder.with_root_certificates(RootCertStore::empty()),
        Roots::System => builder
            .with_platform_verifier()
            .map_err(|_| "the system has no certificates to trust; name a CA file")?,
        Roots::Pem(pem) => {
            let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(trusted(pem)?), provider)
                .build()
                .map_err(|_| "the CA file holds no certificate that can be trusted")?;
            builder.with_webpki_verifier(verifier)
        }
    };
    let Some(Identity { chain, key }) = identity else {
        return Ok(builder.with_no_client_auth());
    };
    let chain = certificates(chain).ok_or("the client certificate file is not PEM")?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| "the client key file holds no PEM key")?;
    builder.with_client_auth_cert(chain, key).map_err(|_| "the client certificate and key do not fit")
}

fn trusted(pem: &[u8]) -> Result<RootCertStore, &'static str> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(pem).ok_or("the CA file is not PEM")? {
        roots.add(certificate).map_err(|_| "the CA file holds a certificate that cannot be trusted")?;
    }
    Ok(roots)
}

fn certificates(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let found: Vec<_> = CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().ok()?;
    (!found.is_empty()).then_some(found)
}
