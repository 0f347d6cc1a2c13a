//! What reading a Prometheus for many canaries costs it and us, beside the same job done as Flagger does it.
//!
//! `scripts/bench-batch` runs it (some fifteen minutes): real Prometheuses, processes that expose what canaries expose,
//! and regions that are read into increments, ledgers and all; what is made of an increment (fold, store) is not in it.
//! Processor time is the system's own account of each process. The figures go to `docs/performance/batch.json` and,
//! between two marks, to `docs/PERFORMANCE.md`; nothing is typed by hand. `scripts/bench-batch 100` tries that many
//! canaries alone, and writes nothing.
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
mod signals;
mod stage;

use futures_util::future::join_all;
use serde::Serialize;

/// How many canaries.
const SCALES: [usize; 3] = [10, 100, 1000];

/// Everything measured with one number of canaries.
#[derive(Serialize)]
struct Measured {
    canaries: usize,
    signals: usize,
    series: usize,
    /// Per poll, the mean of those after the warm-up.
    haldane: Cost,
    /// The first poll, which asks for five minutes and finds out what has to be asked in parts.
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
        given if given.contains(&"--bench") => {
            let tried: Vec<usize> = given.iter().filter_map(|word| word.parse().ok()).collect();
            runtime.block_on(bench(&tried));
        }
        // `cargo test --benches` only wants to know that it starts.
        _ => {}
    }
}

async fn bench(tried: &[usize]) {
    // Of the bench's own clients; the hub hands its over. There is no other one to have been installed before.
    rustls::crypto::ring::default_provider().install_default().unwrap();
    let scales = if tried.is_empty() { &SCALES[..] } else { tried };
    // All at once, because each has to collect a past first; what their scrapes use meanwhile is on no account here.
    let stages = join_all(scales.iter().map(async |canaries| stage::Stage::start(*canaries).await)).await;
    let mut all = Vec::new();
    for (canaries, (stage, idle)) in scales.iter().copied().zip(stages) {
        println!("{canaries} canaries");
        let (first, haldane) = reader::measure(&stage, canaries, idle).await;
        let flagger = flagger::measure(&stage, canaries, idle).await;
        let packed = packed::measure(&stage).await;
        let series = fleet::series(canaries);
        let one = Measured { canaries, signals: signals::COUNT, series, haldane, first, flagger, packed };
        println!("{}", serde_json::to_string(&one).unwrap());
        all.push(one);
    }
    if tried.is_empty() {
        page::write(&all);
    }
}
