//! One region's pods as their pages show them: counters that only grow, one page per arm.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use haldane_core::time::Span;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// Requests per second of a region, both arms together.
const REQUESTS_PER_S: f64 = 2_000.0;
/// One request in so many is slower than the limit, in either arm.
const SLOW_ONE_IN: u64 = 500;

#[derive(Clone, Copy, Default)]
struct Counted {
    ok: u64,
    slow: u64,
}

type Shared = Arc<Mutex<[Counted; 2]>>;

pub(crate) struct Pods {
    counted: Shared,
    pub(crate) address: SocketAddr,
}

impl Pods {
    pub(crate) async fn start() -> Self {
        let counted = Shared::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let arm = |index: usize| get(async move |State(counted): State<Shared>| page(&counted, index));
        let pages = Router::new().route("/canary", arm(0)).route("/primary", arm(1));
        let pages = pages.with_state(counted.clone());
        tokio::spawn(async move { axum::serve(listener, pages).await });
        Self { counted, address }
    }

    /// Users' requests of `span`, split by the weight that is routed. Nobody reads the pages for them to count.
    pub(crate) fn serve(&self, span: Span, canary_weight: u32) {
        let canary = f64::from(canary_weight) / 100.0;
        let mut counted = self.counted.lock().unwrap();
        for (arm, share) in counted.iter_mut().zip([canary, 1.0 - canary]) {
            // A whole number of requests, far below 2^53.
            let requests = (REQUESTS_PER_S * span.as_s() * share).round() as u64;
            (arm.ok, arm.slow) = (arm.ok + requests, arm.slow + requests / SLOW_ONE_IN);
        }
    }
}

fn page(counted: &Shared, arm: usize) -> String {
    let Counted { ok, slow } = counted.lock().unwrap()[arm];
    let fast = ok - slow;
    format!(
        "# TYPE http_requests_total counter\n\
         http_requests_total{{code=\"200\"}} {ok}\n\
         http_requests_total{{code=\"500\"}} 0\n\
         # TYPE http_request_duration_seconds histogram\n\
         http_request_duration_seconds_bucket{{le=\"0.1\"}} 0\n\
         http_request_duration_seconds_bucket{{le=\"0.2\"}} {fast}\n\
         http_request_duration_seconds_bucket{{le=\"0.5\"}} {ok}\n\
         http_request_duration_seconds_bucket{{le=\"+Inf\"}} {ok}\n"
    )
}
