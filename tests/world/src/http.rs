//! Plain HTTP on kept connections, for the world's own calls and for the load.

use crate::WorldError;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Method, Request, Response, header};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use std::time::Duration;

/// A client with a pool; clones share it.
pub type Pool = Client<HttpConnector, Full<Bytes>>;

/// What any call may take: everything here is on loopback, and what takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(5);

/// A pool without limits: the caller bounds what is under way.
pub fn pool() -> Pool {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    Client::builder(TokioExecutor::new()).pool_max_idle_per_host(usize::MAX).build(connector)
}

/// The body of a 2xx answer.
///
/// # Errors
/// [`WorldError::Http`].
pub async fn get(pool: &Pool, url: &str) -> Result<String, WorldError> {
    call(pool, Method::GET, url, String::new()).await
}

/// Sends JSON; the body of a 2xx answer.
///
/// # Errors
/// [`WorldError::Http`].
pub async fn post(pool: &Pool, url: &str, json: String) -> Result<String, WorldError> {
    call(pool, Method::POST, url, json).await
}

async fn call(pool: &Pool, method: Method, url: &str, json: String) -> Result<String, WorldError> {
    let failed = |why: String| WorldError::Http { url: url.to_owned(), why };
    let request = Request::builder().method(method).uri(url).header(header::CONTENT_TYPE, "application/json");
    let request = request.body(Full::from(json)).map_err(|e| failed(e.to_string()))?;
    let exchange = async {
        let response: Response<_> = pool.request(request).await.map_err(|e| failed(e.to_string()))?;
        let code = response.status();
        let body = response.into_body().collect().await.map_err(|e| failed(e.to_string()))?;
        let text = String::from_utf8_lossy(&body.to_bytes()).into_owned();
        if code.is_success() { Ok(text) } else { Err(failed(format!("{code}: {text}"))) }
    };
    tokio::time::timeout(PATIENCE, exchange).await.map_err(|_| failed("no answer in time".to_owned()))?
}
