//! The certificate that callers see, read from two PEM files and read again when they change.
//!
//! cert-manager renews certificates by replacing files, so a listener that reads them once outlives its certificate.
//! What cannot be used later is logged and the last good pair is kept: an old certificate is better than none.

use haldane_clock::Clock;
use haldane_core::time::{Span, Timestamp};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use thiserror::Error;
use tokio_rustls::TlsAcceptor;

/// The shortest time between two looks at the files, on the clock that they live on.
const REREAD: Span = Span::from_s(1);

/// Why a certificate cannot be used. Says nothing of a key's content.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TlsError {
    /// A file that cannot be read.
    #[error("{}: cannot be read ({cause}); check the path, and let this process read it", place.display())]
    Unreadable {
        /// Which.
        place: PathBuf,
        /// The kind of error.
        cause: std::io::ErrorKind,
    },
    /// No certificate, or a broken one.
    #[error("{}: holds no PEM certificate; write the chain, this server's certificate first", place.display())]
    NoCertificate {
        /// The file.
        place: PathBuf,
    },
    /// No key, or a broken one.
    #[error("{}: holds no PEM private key; write the key of the certificate, not encrypted", place.display())]
    NoKey {
        /// The file.
        place: PathBuf,
    },
    /// Each is well-formed, but they are no pair.
    #[error("{} and {} cannot be used together: {cause}; give the key that the certificate was made for", cert.display(), key.display())]
    NoPair {
        /// The certificate's file.
        cert: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// What rustls says.
        cause: String,
    },
}

/// A certificate and its key. Clones share what was read last; `Debug` shows the files' names.
#[derive(Clone)]
pub struct Tls(Arc<Inner>);

struct Inner {
    cert: PathBuf,
    key: PathBuf,
    clock: Clock,
    known: Mutex<Known>,
}

struct Known {
    config: Arc<ServerConfig>,
    /// What the files held when `config` was made of them, or was not.
    pem: Pem,
    trouble: Option<TlsError>,
    read: Timestamp,
}

#[derive(PartialEq, Eq)]
struct Pem {
    cert: Vec<u8>,
    key: Vec<u8>,
}

impl Tls {
    /// Reads the chain in `cert` and the key in `key`.
    ///
    /// # Errors
    ///
    /// Whatever is wrong with them, with the file's name.
    pub fn open(cert: &Path, key: &Path, clock: Clock) -> Result<Self, TlsError> {
        let pem = Pem::read(cert, key)?;
        let config = pem.config(cert, key)?;
        let known = Known { config, pem, trouble: None, read: clock.now() };
        Ok(Self(Arc::new(Inner {
            cert: cert.to_owned(),
            key: key.to_owned(),
            clock,
            known: Mutex::new(known),
        })))
    }

    /// What the next handshake is made with.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        let mut known = self.0.known.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.0.clock.now();
        if now - known.read >= REREAD || now < known.read {
            known.read_again(&self.0.cert, &self.0.key);
            known.read = now;
        }
        TlsAcceptor::from(known.config.clone())
    }
}

impl Known {
    fn read_again(&mut self, cert: &Path, key: &Path) {
        let read = Pem::read(cert, key).and_then(|pem| {
            if pem == self.pem {
                return Ok(None);
            }
            pem.config(cert, key).map(|config| Some((pem, config)))
        });
        let trouble = match read {
            Ok(None) => None,
            Ok(Some((pem, config))) => {
                tracing::info!(cert = %cert.display(), "the certificate was replaced");
                (self.pem, self.config) = (pem, config);
                None
            }
            Err(error) => Some(error),
        };
        if let Some(error) = trouble.as_ref().filter(|t| self.trouble.as_ref() != Some(*t)) {
            tracing::error!(%error, "the new certificate cannot be used; the last good one is kept");
        }
        self.trouble = trouble;
    }
}

impl Pem {
    fn read(cert: &Path, key: &Path) -> Result<Self, TlsError> {
        let read = |place: &Path| {
            std::fs::read(place)
                .map_err(|e| TlsError::Unreadable { place: place.to_owned(), cause: e.kind() })
        };
        Ok(Self { cert: read(cert)?, key: read(key)? })
    }

    fn config(&self, cert: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&self.cert)
            .collect::<Result<_, _>>()
            .ok()
            .filter(|chain: &Vec<_>| !chain.is_empty())
            .ok_or_else(|| TlsError::NoCertificate { place: cert.to_owned() })?;
        let secret = PrivateKeyDer::from_pem_slice(&self.key)
            .map_err(|_| TlsError::NoKey { place: key.to_owned() })?;
        let no_pair = |error: rustls::Error| TlsError::NoPair {
            cert: cert.to_owned(),
            key: key.to_owned(),
            cause: error.to_string(),
        };
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(no_pair)?
            .with_no_client_auth()
            .with_single_cert(chain, secret)
            .map_err(no_pair)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("cert", &self.0.cert).field("key", &self.0.key).finish()
    }
}
