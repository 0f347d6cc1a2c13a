//! The job as Flagger does it: the query of each template for each canary, each by itself, eight at a time.

use crate::stage::Stage;
use crate::{Cost, account, signals};
use futures_util::StreamExt as _;
use futures_util::stream;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Canaries are analysed beside each other.
const AT_ONCE: usize = 8;

pub(crate) async fn measure(stage: &Stage, canaries: usize, idle: f64) -> Cost {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let urls: Vec<String> = (0..canaries)
        .flat_map(signals::flagger_queries)
        .map(|query| {
            format!("{}/api/v1/query?query={}", stage.url, utf8_percent_encode(&query, NON_ALPHANUMERIC))
        })
        .collect();
    let (ours, theirs, begun) = (account::cpu_s(account::own()), stage.source_cpu_s(), stage.clock.now());
    let answers = stream::iter(&urls).map(async |url| {
        let answer = client.get(url).send().await.unwrap().error_for_status().unwrap();
        let body = answer.bytes().await.unwrap();
        // A template answers 0 where it finds nothing, and nothing here is 0.
        let is_told = |part: &[u8]| body.windows(part.len()).any(|window| window == part);
        assert!(is_told(b"\"value\":[") && !is_told(b",\"0\"]"), "{url} has a value");
        body.len()
    });
    let received: usize = answers.buffer_unordered(AT_ONCE).fold(0, async |sum, bytes| sum + bytes).await;
    let took_s = (stage.clock.now() - begun).as_s();
    Cost {
        queries: urls.len() as f64,
        sent_bytes: urls.iter().map(String::len).sum::<usize>() as f64,
        received_bytes: received as f64,
        source_cpu_s: (stage.source_cpu_s() - theirs - idle * took_s).max(0.0),
        reader_cpu_s: account::cpu_s(account::own()) - ours,
        took_s,
        source_rss_mib: stage.source_rss_mib(),
        reader_rss_mib: account::rss_mib(account::own()),
    }
}
