//! Cases, judged on all cores and told in order.
//!
//! A batch at a time: what is in hand does not grow with the file, and the first answers come before the last case.

use super::case::{CountsFile, SeriesFile};
use super::unusable::{typed, unusable};
use super::{counts, series};
use haldane_core::recorded::{CaseVerdict, Unusable};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Cases in hand at once.
const BATCH: usize = 1024;

/// What came of one case.
pub type Judged = Result<CaseVerdict, Unusable>;

/// Judges every case, and hands `tell` what `say` makes of each, in order. `say` runs on all cores; both get the case's
/// place in the file, from 0.
pub fn judge_all<T: Send>(
    cases: &[&RawValue],
    say: &(dyn Fn(usize, Judged) -> T + Sync),
    tell: &mut dyn FnMut(T),
) {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    for (nth, batch) in cases.chunks(BATCH).enumerate() {
        let first = nth * BATCH;
        let next = AtomicUsize::new(0);
        let work = || {
            let mut said = Vec::new();
            loop {
                let i = next.fetch_add(1, Ordering::Relaxed);
                let Some(raw) = batch.get(i) else { return said };
                said.push((i, say(first + i, judge(raw))));
            }
        };
        let mut all = match cores.min(batch.len()) {
            0 | 1 => work(),
            cores => std::thread::scope(|scope| {
                let workers: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
                let ended = |worker: std::thread::ScopedJoinHandle<'_, Vec<(usize, T)>>| {
                    // A broken invariant in a worker is one here: its cases must not vanish from the answer.
                    worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
                };
                workers.into_iter().flat_map(ended).collect()
            }),
        };
        all.sort_unstable_by_key(|(i, _)| *i);
        all.into_iter().for_each(|(_, said)| tell(said));
    }
}

/// One case.
fn judge(raw: &RawValue) -> Judged {
    #[derive(Deserialize)]
    struct Peek {
        signals: Option<IgnoredAny>,
        metrics: Option<IgnoredAny>,
    }
    let Peek { signals, metrics } = typed(raw, "")?;
    match (signals, metrics) {
        (Some(_), None) => counts::judge(typed::<CountsFile<&RawValue>>(raw, "")?),
        (None, Some(_)) => series::judge(typed::<SeriesFile>(raw, "")?),
        (Some(_), Some(_)) => Err(unusable("", "signals and metrics are two kinds of case; write two cases")),
        (None, None) => {
            Err(unusable("", "there is nothing to judge; write signals (counts) or metrics (series)"))
        }
    }
}
