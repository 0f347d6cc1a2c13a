//! What reading a Prometheus for many canaries costs it and us, beside the same job done as Flagger does it.
//!
//! `scripts/bench-batch` runs it (some ten minutes): real Prometheus, a process that exposes what canaries expose, the
//! hub alone as the reader. Processor time is the system's own account of each process. The figures go to
//! `docs/performance/batch.json` and, between two marks, to `docs/PERFORMANCE.md`; nothing is typed by hand.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program for developers: it stops on the spot, and prints"
)]

mod account;
mod exporter;
mod flagger;
mod fleet;
mod packed;
mod page;
mod reader;
mod stage;

use serde::Serialize;

/// How many canaries.
const SCALES: [usize; 3] = [10, 100, 1000];

/// Everything measured with one number of canaries.
#[derive(Serialize)]
struct Measured {
    canaries: usize,
    signals: usize,
    series: usize,
    /// Per poll, the mean of those after the first.
    haldane: Cost,
    /// The first poll, which finds out what has to be asked in parts.
    first: Cost,
    /// One round of all metrics of all canaries.
    flagger: Cost,
    /// Bodies of one large answer, plain and packed.
    packed: packed::Packed,
}

/// What one poll costs.
#[derive(Clone, Copy, Default, Serialize)]
struct Cost {
    queries: f64,
    sent_bytes: f64,
    received_bytes: f64,
    /// Of the source, without what scraping costs it.
    source_cpu_s: f64,
    reader_cpu_s: f64,
    took_s: f64,
    source_rss_mib: f64,
    reader_rss_mib: f64,
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [_, "--exporter", port, canaries] => {
            runtime.block_on(exporter::serve(port.parse().unwrap(), canaries.parse().unwrap()));
        }
        given if given.contains(&"--bench") => runtime.block_on(bench()),
        // `cargo test --benches` only wants to know that it starts.
        _ => {}
    }
}

async fn bench() {
    // Of the bench's own clients; the hub hands its over. There is no other one to have been installed before.
    rustls::crypto::ring::default_provider().install_default().unwrap();
    let mut all = Vec::new();
    for canaries in SCALES {
        println!("{canaries} canaries");
        let stage = stage::Stage::start(canaries).await;
        let idle = stage.idle().await;
        let (first, haldane) = reader::measure(&stage, canaries, idle).await;
        let flagger = flagger::measure(&stage, canaries, idle).await;
        let packed = packed::measure(&stage).await;
        let series = canaries * 2 * fleet::series_of_a_pod();
        let one =
            Measured { canaries, signals: fleet::SIGNALS.len(), series, haldane, first, flagger, packed };
        println!("{}", serde_json::to_string(&one).unwrap());
        all.push(one);
    }
    page::write(&all);
}
