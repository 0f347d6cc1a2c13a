//! The pods' pages: what each shows is set by the test, in text or, natively, in protobuf.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// What a page is.
pub(crate) enum Page {
    Text(String),
    Protobuf(Vec<u8>),
}

/// The pages by pod; a pod without one does not answer.
#[derive(Clone)]
pub(crate) struct Pages {
    pub(crate) address: String,
    pages: Arc<Mutex<BTreeMap<String, Page>>>,
}

impl Pages {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let pages = Self { address, pages: Arc::default() };
        let app = Router::new().route("/{pod}", axum::routing::get(page)).with_state(pages.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        pages
    }

    pub(crate) fn show(&self, pod: &str, page: Page) {
        self.pages.lock().unwrap().insert(pod.to_owned(), page);
    }

    pub(crate) fn hide(&self, pod: &str) {
        self.pages.lock().unwrap().remove(pod);
    }
}

async fn page(State(pages): State<Pages>, Path(pod): Path<String>) -> Response {
    let protobuf =
        "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";
    match pages.pages.lock().unwrap().get(&pod) {
        Some(Page::Text(text)) => {
            ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text.clone()).into_response()
        }
        Some(Page::Protobuf(bytes)) => ([(header::CONTENT_TYPE, protobuf)], bytes.clone()).into_response(),
        None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}
