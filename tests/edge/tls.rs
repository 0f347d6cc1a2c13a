//! HTTPS: with the files' certificate, also after they changed; never with one that is no pair.

use crate::policy::one_region;
use crate::world::World;
use haldane::http::{Edge, Tls};
use haldane_clock::Clock;
use haldane_core::time::{Span, Timestamp};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use reqwest::{Certificate, Client};
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::Duration;

const API: &str = r#"{"name":"api","namespace":"fnp"}"#;

/// A CA, and a folder with a certificate that it signed.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    client: Client,
}

struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
    fn cert(&self) -> PathBuf {
        self.0.path().join("tls.crt")
    }
    fn key(&self) -> PathBuf {
        self.0.path().join("tls.key")
    }
    fn open(&self, clock: &Clock) -> Result<Tls, haldane::http::TlsError> {
        Tls::open(&self.cert(), &self.key(), clock.clone())
    }
}

impl Authority {
    fn new() -> Self {
        static PROVIDER: Once = Once::new();
        PROVIDER.call_once(|| {
            rustls::crypto::ring::default_provider().install_default().expect("one provider in this process");
        });
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let root = Certificate::from_pem(issuer.pem().as_bytes()).unwrap();
        let client = Client::builder()
            .tls_certs_only([root])
            .timeout(Duration::from_secs(10))
            .no_proxy()
            // A connection of its own for every call, as Flagger does it.
            .pool_max_idle_per_host(0)
            .build()
            .unwrap();
        Self { issuer, client }
    }

    fn sign(&self, files: &Files) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let cert = params.signed_by(&key, &self.issuer).unwrap();
        std::fs::write(files.cert(), cert.pem()).unwrap();
        std::fs::write(files.key(), key.serialize_pem()).unwrap();
    }

    /// The status of the rollback hook, if this CA is trusted there.
    async fn ask(&self, world: &World) -> Option<u16> {
        let url = format!("{}/hooks/us-east/rollback", world.base().replace("http://", "https://"));
        let reply = self.client.post(url).body(API).send().await.ok()?;
        Some(reply.status().as_u16())
    }
}

async fn world(files: &Files) -> World {
    World::behind(|clock| Edge { tls: Some(files.open(clock).unwrap()), ..Edge::default() }, one_region())
        .await
}

#[tokio::test]
async fn a_hook_is_answered_over_https_and_only_to_whom_trusts_the_certificate() {
    let (ours, other, files) = (Authority::new(), Authority::new(), Files::new());
    ours.sign(&files);
    let world = world(&files).await;
    assert_eq!(ours.ask(&world).await, Some(403));
    assert_eq!(other.ask(&world).await, None);
    let plain = world.http.post(format!("{}/hooks/us-east/rollback", world.base())).body(API).send().await;
    assert!(plain.is_err(), "plain HTTP is not spoken beside it");
}

#[tokio::test]
async fn a_renewed_certificate_is_used_without_a_restart_and_a_broken_one_is_not() {
    let (old, new, files) = (Authority::new(), Authority::new(), Files::new());
    old.sign(&files);
    let world = world(&files).await;
    assert_eq!((old.ask(&world).await, new.ask(&world).await), (Some(403), None));
    let key = std::fs::read(files.key()).unwrap();
    new.sign(&files);
    let new_key = std::fs::read(files.key()).unwrap();
    std::fs::write(files.key(), key).unwrap();
    world.advance(Span::from_s(1));
    assert_eq!((old.ask(&world).await, new.ask(&world).await), (Some(403), None), "half a renewal");
    std::fs::write(files.key(), new_key).unwrap();
    world.advance(Span::from_s(1));
    assert_eq!((old.ask(&world).await, new.ask(&world).await), (None, Some(403)));
    std::fs::remove_file(files.cert()).unwrap();
    world.advance(Span::from_s(1));
    assert_eq!(new.ask(&world).await, Some(403), "the last good one is kept");
}

#[test]
fn files_that_are_no_pair_are_refused_by_name() {
    let (authority, files) = (Authority::new(), Files::new());
    let clock = Clock::manual(Timestamp::from_s(0));
    let told = || files.open(&clock).unwrap_err().to_string();
    let names = |told: &str, file: &Path| told.contains(&file.display().to_string());
    assert!(told().contains("tls.crt: cannot be read"));
    authority.sign(&files);
    let (cert, key) = (std::fs::read(files.cert()).unwrap(), std::fs::read(files.key()).unwrap());
    files.open(&clock).unwrap();

    std::fs::write(files.key(), KeyPair::generate().unwrap().serialize_pem()).unwrap();
    let no_pair = told();
    assert!(names(&no_pair, &files.cert()) && names(&no_pair, &files.key()), "{no_pair}");
    assert!(no_pair.contains("give the key that the certificate was made for"), "{no_pair}");

    std::fs::write(files.key(), &cert).unwrap();
    assert!(told().contains("tls.key: holds no PEM private key"), "{}", told());
    std::fs::write(files.key(), &key).unwrap();
    std::fs::write(files.cert(), "nothing\n").unwrap();
    assert!(told().contains("tls.crt: holds no PEM certificate"), "{}", told());
}
