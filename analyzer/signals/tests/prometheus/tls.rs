//! TLS with a CA of one's own, and with a client certificate.

use crate::fake::{Prom, World, missing};
use crate::store::Pod;
use haldane_core::increment::Arms::Both;
use haldane_core::increment::{Missing, SourceFault};
use haldane_core::policy::Dialect;
use haldane_core::signal::Signal::ErrorRate;
use haldane_signals::prometheus::ClientIdentity;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::RootCertStore;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::{ServerConfig, WebPkiClientVerifier};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

type Issuer = CertifiedIssuer<'static, KeyPair>;

fn ca() -> Issuer {
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A certificate of `ca` for loopback, and its key.
fn issued(ca: &Issuer) -> (rcgen::Certificate, KeyPair) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    (params.signed_by(&key, ca).unwrap(), key)
}

/// A fake behind TLS; asks for a client certificate of `ca` if `mutual`.
async fn serve(ca: &Issuer, mutual: bool) -> Prom {
    let (cert, key) = issued(ca);
    let provider = Arc::new(ring::default_provider());
    let builder =
        ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions().unwrap();
    let builder = if mutual {
        let mut roots = RootCertStore::empty();
        roots.add(ca.der().clone()).unwrap();
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        builder.with_client_cert_verifier(verifier.build().unwrap())
    } else {
        builder.with_no_client_auth()
    };
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let config = builder.with_single_cert(vec![cert.der().clone()], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let prom = Prom::at(listener.local_addr().unwrap());
    let app = prom.app();
    tokio::spawn(axum::serve(Tls { listener, acceptor }, app).into_future());
    prom
}

/// Hands on the connections whose handshake succeeded.
struct Tls {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl axum::serve::Listener for Tls {
    type Io = tokio_rustls::server::TlsStream<tokio::net::TcpStream>;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, addr) = self.listener.accept().await.unwrap();
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, addr);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// What the first poll over TLS says.
async fn first_word(prom: Prom, ca_file: Option<PathBuf>, identity: Option<ClientIdentity>) -> Missing {
    first_word_of(Dialect::Prometheus, prom, ca_file, identity).await
}

async fn first_word_of(
    dialect: Dialect,
    prom: Prom,
    ca_file: Option<PathBuf>,
    identity: Option<ClientIdentity>,
) -> Missing {
    let mut world = World::over(prom, |config| {
        config.dialect = dialect;
        config.url = config.url.replace("http://", "https://");
        config.ca_file = ca_file;
        config.identity = identity;
    });
    world.prom.scrape(985.0, &[&Pod::new("primary", "p"), &Pod::new("canary", "c")]);
    missing(&world.due(998.0, Both).await, ErrorRate)
}

#[tokio::test]
async fn only_a_source_with_a_certificate_of_the_named_ca_is_believed() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    let (ours, theirs) = (ca(), ca());
    let (good, bad) = (file("ours", &ours.pem()), file("theirs", &theirs.pem()));
    assert_eq!(first_word(serve(&ours, false).await, Some(good.clone()), None).await, Missing::FirstReading);
    for stranger in [Some(bad), None] {
        let why = first_word(serve(&ours, false).await, stranger, None).await;
        let unreachable = matches!(&why, Missing::Source { fault: SourceFault::Unreachable { .. }, .. });
        assert!(unreachable, "{why:?}");
    }
    let junk = file("junk", "no certificate");
    let why = first_word(serve(&ours, false).await, Some(junk.clone()), None).await;
    assert!(matches!(&why, Missing::Secret { file, .. } if *file == junk.display().to_string()), "{why:?}");
    let (cert, key) = issued(&ours);
    let identity =
        ClientIdentity { cert_file: file("cert", &cert.pem()), key_file: file("key", &key.serialize_pem()) };
    for dialect in Dialect::ALL {
        let prom = serve(&ours, true).await;
        let known = first_word_of(dialect, prom, Some(good.clone()), Some(identity.clone())).await;
        assert_eq!(known, Missing::FirstReading, "{dialect}");
    }
    let unknown = first_word(serve(&ours, true).await, Some(good), None).await;
    assert!(matches!(unknown, Missing::Source { .. }), "{unknown:?}");
}
