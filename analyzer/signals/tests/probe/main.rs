//! Probes, and who is told, against real servers on loopback: well, sick, elsewhere, slow, closed, behind a certificate,
//! without a name.
#![expect(clippy::unwrap_used, reason = "helpers of tests, too, fail the test on the spot")]

mod told;

use axum::Router;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use futures_util::stream;
use haldane_clock::Clock;
use haldane_core::policy::{ProbeSource, ProbeWhat};
use haldane_core::time::Span;
use haldane_signals::probe::{OurTrouble, Outcome, ProbeResult, Probes, Unhealthy, Unreachable};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::ServerConfig;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

fn page(url: &str) -> ProbeSource {
    let (status, expect) = (Vec::new(), BTreeMap::new());
    let what = ProbeWhat::Http { url: url.to_owned(), status, expect, ca_file: None };
    ProbeSource { name: "probe".into(), what, timeout: Span::from_s(10) }
}

fn expecting(url: &str, fields: &[(&str, &str)]) -> ProbeSource {
    let expect = fields.iter().map(|(f, v)| ((*f).to_owned(), (*v).to_owned())).collect();
    let what = ProbeWhat::Http { url: url.to_owned(), status: Vec::new(), expect, ca_file: None };
    ProbeSource { what, ..page(url) }
}

fn port(host: &str, port: u16) -> ProbeSource {
    ProbeSource { what: ProbeWhat::Tcp { host: host.to_owned(), port }, ..page("") }
}

async fn one(source: ProbeSource) -> ProbeResult {
    Probes::new(&[source], Clock::real()).unwrap().probe().await.remove(0)
}

/// A server that answers every call like this.
async fn serve(answer: impl Fn() -> Response<Body> + Clone + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = Router::new().fallback(async move || answer());
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

async fn says(status: u16, body: &'static str) -> String {
    let answer = move || {
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        response
    };
    format!("http://{}/health", serve(answer).await)
}

/// An address where nobody listens.
async fn closed() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

const WELL: &str = r#"{"status":"healthy","region":"us-east-1"}"#;
const HERE: [(&str, &str); 2] = [("status", "healthy"), ("region", "us-east-1")];

#[tokio::test]
async fn a_page_that_answers_as_expected_is_healthy_and_its_time_is_told() {
    let url = says(200, WELL).await;
    let result = one(expecting(&url, &HERE)).await;
    assert_eq!((result.name.as_str(), result.outcome), ("probe", Outcome::Healthy));
    assert!(result.latency > Span::ZERO && result.latency < Span::from_s(10), "{:?}", result.latency);
    assert_eq!(one(page(&says(204, "").await)).await.outcome, Outcome::Healthy);
}

#[tokio::test]
async fn another_status_another_field_and_another_region_are_unhealthy_each_in_its_own_way() {
    let status = |status| Outcome::Unhealthy(Unhealthy::Status { status });
    assert_eq!(one(expecting(&says(503, WELL).await, &HERE)).await.outcome, status(503));
    let degraded = says(200, r#"{"status":"degraded","region":"us-east-1"}"#).await;
    let said = one(expecting(&degraded, &HERE)).await.outcome.to_string();
    assert_eq!(said, "unhealthy: status is degraded and should be healthy");
    let elsewhere = says(200, r#"{"status":"healthy","region":"eu-central-1"}"#).await;
    let other = Unhealthy::OtherRegion { expected: "us-east-1".into(), found: "eu-central-1".into() };
    assert_eq!(one(expecting(&elsewhere, &HERE)).await.outcome, Outcome::Unhealthy(other));
    let login = one(expecting(&says(200, "<html>Sign in").await, &HERE)).await.outcome.to_string();
    assert_eq!(login, "unhealthy: the answer is no JSON, it begins <html>Sign in");
    let mut only_204 = page(&says(200, "").await);
    if let ProbeWhat::Http { status, .. } = &mut only_204.what {
        *status = vec![204];
    }
    assert_eq!(one(only_204).await.outcome, status(200));
}

#[tokio::test]
async fn a_redirect_is_told_and_not_followed() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = asked.clone();
    let elsewhere = serve(move || {
        counted.fetch_add(1, Ordering::SeqCst);
        Response::new(Body::from(WELL))
    });
    let elsewhere = elsewhere.await;
    let redirect = move || {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::FOUND;
        response.headers_mut().insert("location", format!("http://{elsewhere}/").parse().unwrap());
        response
    };
    let result = one(page(&format!("http://{}/", serve(redirect).await))).await;
    assert_eq!(result.outcome, Outcome::Unhealthy(Unhealthy::Status { status: 302 }));
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn an_answer_without_end_is_bounded_in_bytes_and_one_that_hangs_in_time() {
    let piece = || Ok::<_, std::io::Error>(axum::body::Bytes::from_static(b"{\"a\":1} "));
    let endless = serve(move || Response::new(Body::from_stream(stream::repeat_with(piece)))).await;
    let outcome = one(expecting(&format!("http://{endless}/"), &HERE)).await.outcome;
    assert_eq!(outcome, Outcome::Unhealthy(Unhealthy::TooLarge { limit_bytes: 65_536 }));
    let hangs =
        serve(|| Response::new(Body::from_stream(stream::pending::<std::io::Result<String>>()))).await;
    let patient =
        ProbeSource { timeout: Span::from_us(200_000), ..expecting(&format!("http://{hangs}/"), &HERE) };
    let result = one(patient).await;
    assert_eq!(result.outcome, Outcome::Unreachable(Unreachable::TimedOut { deadline_ms: 200 }));
    assert!(result.latency >= Span::from_us(190_000), "{:?}", result.latency);
}

#[tokio::test]
async fn a_port_is_healthy_when_it_accepts_and_unreachable_when_it_does_not() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let open = listener.local_addr().unwrap().port();
    assert_eq!(one(port("localhost", open)).await.outcome, Outcome::Healthy);
    let refused = one(port("127.0.0.1", closed().await.port())).await.outcome.to_string();
    assert_eq!(refused, "unreachable: Connection refused (os error 111)");
    let page = one(page(&format!("http://{}/health?key=s3cret", closed().await))).await.outcome.to_string();
    assert_eq!(page, "unreachable: Connection refused (os error 111)");
}

#[tokio::test]
async fn a_name_without_an_address_is_our_trouble_and_not_a_server_that_is_away() {
    for source in [page("http://no-such-host.invalid:8080/health"), port("no-such-host.invalid", 5432)] {
        let outcome = one(source).await.outcome;
        let said = outcome.to_string();
        let Outcome::OurTrouble(OurTrouble::NotResolved { host, .. }) = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(host, "no-such-host.invalid");
        assert!(said.starts_with("could not be asked: no-such-host.invalid does not resolve: "), "{said}");
    }
}

/// An authority of our own, and the file with its certificate.
fn authority() -> (CertifiedIssuer<'static, KeyPair>, tempfile::NamedTempFile) {
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(ca.pem().as_bytes()).unwrap();
    (ca, file)
}

/// A server with a certificate for `name` that `ca` signed.
async fn behind_tls(ca: &CertifiedIssuer<'static, KeyPair>, name: &str) -> u16 {
    let key = KeyPair::generate().unwrap();
    let cert = CertificateParams::new([name.to_owned()]).unwrap().signed_by(&key, ca).unwrap();
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let config = builder.with_single_cert(vec![cert.der().clone()], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let app = Router::new().fallback(async || WELL);
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            let (acceptor, app) = (acceptor.clone(), app.clone());
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(socket).await else { return };
                let service = hyper_util::service::TowerToHyperService::new(app);
                let io = hyper_util::rt::TokioIo::new(stream);
                let _ = hyper::server::conn::http1::Builder::new().serve_connection(io, service).await;
            });
        }
    });
    port
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_our_trouble_and_a_ca_file_mends_it() {
    let (ca, file) = authority();
    let trusting = |port: u16, file: &std::path::Path| {
        let mut source = expecting(&format!("https://localhost:{port}/health"), &HERE);
        if let ProbeWhat::Http { ca_file, .. } = &mut source.what {
            *ca_file = Some(file.display().to_string());
        }
        source
    };
    let ours = behind_tls(&ca, "localhost").await;
    assert_eq!(one(trusting(ours, file.path())).await.outcome, Outcome::Healthy);

    let mut other = tempfile::NamedTempFile::new().unwrap();
    let stranger = rcgen::generate_simple_self_signed(["other".to_owned()]).unwrap();
    other.write_all(stranger.cert.pem().as_bytes()).unwrap();
    let misnamed = behind_tls(&ca, "other.example").await;
    for source in [trusting(ours, other.path()), trusting(misnamed, file.path())] {
        let outcome = one(source).await.outcome;
        assert!(matches!(outcome, Outcome::OurTrouble(OurTrouble::Certificate { .. })), "{outcome:?}");
    }
    let missing = one(trusting(ours, std::path::Path::new("/no/such/file"))).await.outcome.to_string();
    assert!(missing.starts_with("could not be asked: secret file /no/such/file cannot be read"), "{missing}");
}

#[tokio::test]
async fn many_slow_probes_are_asked_together_but_not_all_at_once_and_told_in_order() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (open, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (now, peak) = (open.clone(), most.clone());
    let gate = Arc::new(tokio::sync::Barrier::new(8));
    let app = Router::new().fallback(async move || {
        peak.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        // Nobody is answered before eight are here, so fewer at once would end in time-outs.
        gate.wait().await;
        now.fetch_sub(1, Ordering::SeqCst);
        WELL
    });
    tokio::spawn(async move { axum::serve(listener, app).await });
    let names: Vec<String> = (0..24).map(|n| format!("p{n}")).collect();
    let source =
        |name: &String| ProbeSource { name: name.clone(), ..page(&format!("http://{address}/{name}")) };
    let sources: Vec<ProbeSource> = names.iter().map(source).collect();
    let results = Probes::new(&sources, Clock::real()).unwrap().probe().await;
    assert!(results.iter().all(|r| r.outcome == Outcome::Healthy), "{results:?}");
    assert_eq!(results.into_iter().map(|r| r.name).collect::<Vec<_>>(), names);
    assert_eq!(most.load(Ordering::SeqCst), 8);
}
