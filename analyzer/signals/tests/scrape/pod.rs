//! A pod with a metrics page that a test writes, and a scraper over such pods.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Response, StatusCode, header};
use futures_util::{StreamExt as _, stream};
use haldane_core::increment::{Arms, Counts, Increment, Missing, Reading, Region};
use haldane_core::signal::Signal;
use haldane_core::time::Timestamp;
use haldane_signals::scrape::{RegionScraper, ScrapeConfig};
use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;

/// What the server does when it is asked.
#[derive(Clone)]
pub(crate) enum Reply {
    Page(String),
    Status(u16),
    RedirectTo(String),
    /// A body without end.
    Endless,
    /// A body whose last part never comes.
    Stalls,
    /// A body that breaks off.
    BreaksOff,
}

/// A pod under test.
pub(crate) struct Pod {
    pub(crate) addr: SocketAddr,
    reply: Arc<Mutex<Reply>>,
    asked: Arc<Mutex<Vec<HeaderMap>>>,
}

impl Pod {
    pub(crate) async fn start(page: &str) -> Self {
        Self::start_at("127.0.0.1:0".parse().unwrap(), page).await
    }

    pub(crate) async fn start_at(addr: SocketAddr, page: &str) -> Self {
        let listener = TcpListener::bind(addr).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let reply = Arc::new(Mutex::new(Reply::Page(page.to_owned())));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (replies, log) = (reply.clone(), asked.clone());
        let app = Router::new().fallback(async move |request: Request| {
            log.lock().unwrap().push(request.headers().clone());
            answer(replies.lock().unwrap().clone())
        });
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { addr, reply, asked }
    }

    pub(crate) fn say(&self, page: &str) {
        self.reply(Reply::Page(page.to_owned()));
    }

    pub(crate) fn reply(&self, reply: Reply) {
        *self.reply.lock().unwrap() = reply;
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/metrics", self.addr)
    }

    pub(crate) fn asked(&self) -> Vec<HeaderMap> {
        self.asked.lock().unwrap().clone()
    }
}

fn answer(reply: Reply) -> Response<Body> {
    let piece = |text: &'static str| Ok::<_, io::Error>(Bytes::from_static(text.as_bytes()));
    let begun = stream::iter([piece("a 1\n")]);
    match reply {
        Reply::Page(page) => Response::new(Body::from(page)),
        Reply::Status(code) => with_status(code, Body::from("http_requests_total 1\n")),
        Reply::RedirectTo(url) => {
            let mut response = with_status(302, Body::empty());
            response.headers_mut().insert(header::LOCATION, url.parse().unwrap());
            response
        }
        Reply::Endless => Response::new(Body::from_stream(stream::repeat_with(move || piece("a 1\n")))),
        Reply::Stalls => Response::new(Body::from_stream(begun.chain(stream::pending()))),
        Reply::BreaksOff => {
            let breaks = stream::iter([Err(io::Error::other("gone"))]);
            Response::new(Body::from_stream(begun.chain(breaks)))
        }
    }
}

fn with_status(code: u16, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(code).unwrap();
    response
}

/// A page with `ok` and `failed` requests and the histogram of them all (`slow` of them above 200 ms).
pub(crate) fn page(ok: u32, failed: u32, slow: u32) -> String {
    let all = ok + failed;
    let edges = [("0.1", 0), ("0.2", all - slow), ("0.5", all), ("+Inf", all)];
    requests(&[("200", ok), ("500", failed)]) + &histogram(&edges)
}

pub(crate) fn requests(by_code: &[(&str, u32)]) -> String {
    by_code.iter().fold("# TYPE http_requests_total counter\n".to_owned(), |mut page, (code, count)| {
        writeln!(page, "http_requests_total{{code=\"{code}\",path=\"/a,b={{x}}\"}} {count}").unwrap();
        page
    })
}

pub(crate) fn histogram(edges: &[(&str, u32)]) -> String {
    let page = "# TYPE http_request_duration_seconds histogram\n".to_owned();
    edges.iter().fold(page, |mut page, (le, count)| {
        writeln!(page, "http_request_duration_seconds_bucket{{le=\"{le}\"}} {count}").unwrap();
        page
    })
}

/// What a pod says that has no traffic yet.
pub(crate) const IDLE: &str = "go_goroutines 12\n";

/// A scraper of all three signals, 200 ms being the latency limit.
pub(crate) fn config(canary: &[&Pod], primary: &[&Pod]) -> ScrapeConfig {
    let urls = |pods: &[&Pod]| pods.iter().map(|pod| pod.url()).collect::<Vec<String>>().into();
    ScrapeConfig {
        canary: urls(canary),
        primary: urls(primary),
        latency_limit_ms: Some(200.0),
        signals: Signal::CORE.to_vec(),
        deadline: Duration::from_secs(20),
        ..ScrapeConfig::new(Region::from("us-east"))
    }
}

pub(crate) fn scraper(canary: &[&Pod], primary: &[&Pod]) -> RegionScraper {
    RegionScraper::new(config(canary, primary)).unwrap()
}

/// The increment at `s` seconds, which must be one.
pub(crate) async fn due(scraper: &mut RegionScraper, s: i64, arms: Arms) -> Increment {
    scraper.poll(Timestamp::from_s(s), arms).await.expect("an increment")
}

/// The poll at `s` seconds, which must not be an increment.
pub(crate) async fn not_due(scraper: &mut RegionScraper, s: i64, arms: Arms) {
    assert_eq!(scraper.poll(Timestamp::from_s(s), arms).await, None);
}

pub(crate) fn missing(increment: &Increment, signal: Signal) -> Missing {
    let read = &increment.signals[&signal];
    let Reading::Missing(why) = read else { panic!("{signal} is {read:?}") };
    why.clone()
}

/// Since when (in seconds), and the canary's and the primary's counts.
pub(crate) fn counted(increment: &Increment, signal: Signal) -> (i64, Option<Counts>, Option<Counts>) {
    let read = &increment.signals[&signal];
    let Reading::Counted { since, canary, primary, .. } = read else { panic!("{signal} is {read:?}") };
    (since.as_us() / 1_000_000, *canary, *primary)
}

pub(crate) fn exact(bad: u32, total: u32) -> Option<Counts> {
    Some(Counts::exact(bad.into(), total.into()))
}
