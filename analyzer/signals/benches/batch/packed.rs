//! What compressed answers would save and cost: one large answer, plain and with gzip, several times.

use crate::stage::Stage;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

const TIMES: usize = 20;

#[derive(Clone, Copy, Serialize)]
pub(crate) struct Packed {
    pub(crate) plain_bytes: usize,
    pub(crate) gzip_bytes: usize,
    /// Of the source, per answer.
    pub(crate) plain_cpu_s: f64,
    pub(crate) gzip_cpu_s: f64,
}

pub(crate) async fn measure(stage: &Stage) -> Packed {
    let query = utf8_percent_encode("http_requests_total{namespace=~\"team-.+\"}[90s]", NON_ALPHANUMERIC);
    let url = format!("{}/api/v1/query?query={query}", stage.url);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let ask = async |encoding: &str| {
        let (before, mut bytes) = (stage.source_cpu_s(), 0);
        for _ in 0..TIMES {
            let answer = client.get(&url).header("accept-encoding", encoding).send().await.unwrap();
            bytes = answer.bytes().await.unwrap().len();
        }
        (bytes, (stage.source_cpu_s() - before) / TIMES as f64)
    };
    let (plain_bytes, plain_cpu_s) = ask("identity").await;
    let (gzip_bytes, gzip_cpu_s) = ask("gzip").await;
    Packed { plain_bytes, gzip_bytes, plain_cpu_s, gzip_cpu_s }
}
