//! Many runs over all processors, with the same result whatever their number.
//!
//! Each run has a random stream of its own, named by the seed and its number, and results are put back in order; so
//! threads only change how long it takes.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The random stream of run `index`.
pub fn stream(seed: u64, index: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(index);
    rng
}

/// `run(rng, index)` for every index below `runs`, in order. `done` is told how many are over, from any thread.
pub fn parallel<T: Send>(
    runs: usize,
    seed: u64,
    done: &(dyn Fn(usize) + Sync),
    run: impl Fn(&mut ChaCha8Rng, usize) -> T + Sync,
) -> Vec<T> {
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    on_threads(threads, runs, seed, done, &run)
}

fn on_threads<T: Send>(
    threads: usize,
    runs: usize,
    seed: u64,
    done: &(dyn Fn(usize) + Sync),
    run: &(impl Fn(&mut ChaCha8Rng, usize) -> T + Sync),
) -> Vec<T> {
    let (next, over) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let work = || {
        let mut results = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= runs {
                return results;
            }
            results.push((index, run(&mut stream(seed, index as u64), index)));
            done(over.fetch_add(1, Ordering::Relaxed) + 1);
        }
    };
    let mut results = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.clamp(1, runs.max(1))).map(|_| scope.spawn(work)).collect();
        let joined = workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        joined.flatten().collect::<Vec<_>>()
    });
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt;

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let draw = |rng: &mut ChaCha8Rng, index: usize| (index, rng.random::<u64>());
        let alone = on_threads(1, 50, 3, &|_| {}, &draw);
        assert_eq!(alone, on_threads(4, 50, 3, &|_| {}, &draw));
        assert_ne!(alone[0].1, alone[1].1);
        assert!(on_threads(2, 0, 3, &|_| {}, &draw).is_empty());
    }

    #[test]
    fn progress_ends_with_the_number_of_runs() {
        let most = AtomicUsize::new(0);
        parallel(
            10,
            1,
            &|n| {
                most.fetch_max(n, Ordering::Relaxed);
            },
            |_, _| (),
        );
        assert_eq!(most.into_inner(), 10);
    }
}
