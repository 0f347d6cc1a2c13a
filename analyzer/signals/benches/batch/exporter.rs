//! The pods of all canaries, as one process with one page: what is scraped costs the source the same, and nothing of it
//! is on the reader's account.

use crate::fleet;
use axum::Router;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Serves until it is killed.
pub(crate) async fn serve(port: u16, canaries: usize) {
    let scrapes = Arc::new(AtomicUsize::new(0));
    let page = move || {
        let scrape = scrapes.fetch_add(1, Relaxed);
        async move { fleet::page(canaries, scrape) }
    };
    let app = Router::new().route("/metrics", axum::routing::get(page));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    axum::serve(listener, app).await.unwrap();
}
