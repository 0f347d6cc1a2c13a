//! What one arm counts in one second.
//!
//! Every second of every arm has a random stream of its own, keyed by the seed, the arm and the number of the
//! second. So a second comes out the same whenever it is asked for, alone or after a million others, and a change
//! of routing in one second leaves the draws of all other seconds alone.

use crate::latency::LatencyShape;
use crate::{Arm, Behaviour, Counts, Errors};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Binomial, Distribution, Poisson};

/// Which second is drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Second {
    pub(crate) seed: u64,
    pub(crate) arm: Arm,
    /// 0 begins at the origin; seconds before it have negative numbers.
    pub(crate) index: i64,
}

/// The counts of one second, one entry per pod. `requests` is their mean number in the whole arm; `shape` must be
/// that of the behaviour's P99.
pub(crate) fn second(
    which: Second,
    requests: f64,
    pods: usize,
    behaviour: &Behaviour,
    shape: &LatencyShape,
) -> Vec<Counts> {
    let mut rng = which.stream();
    let mut counts = vec![Counts::default(); pods];
    if pods == 0 {
        return counts;
    }
    let total = poisson(&mut rng, requests);
    // Errors first, then the requests that succeed around them: a burst must find room on its one pod.
    let errors = match behaviour.errors {
        Errors::Alone => alone(&mut rng, total, behaviour.error_ratio, &mut counts),
        Errors::Bursts { least, most } => {
            let mean_size = (least + most) as f64 / 2.0;
            let bursts = poisson(&mut rng, requests * behaviour.error_ratio / mean_size);
            in_bursts(&mut rng, bursts, least..=most, total, &mut counts)
        }
    };
    split(&mut rng, total - errors, &mut counts, |pod, n| pod.requests += n);
    for pod in &mut counts {
        durations(&mut rng, pod, shape);
    }
    counts
}

impl Second {
    fn stream(self) -> ChaCha8Rng {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&self.seed.to_le_bytes());
        key[8..16].copy_from_slice(&self.index.to_le_bytes());
        key[16] = match self.arm {
            Arm::Canary => 1,
            Arm::Primary => 2,
        };
        ChaCha8Rng::from_seed(key)
    }
}

fn alone(rng: &mut ChaCha8Rng, total: u64, ratio: f64, counts: &mut [Counts]) -> u64 {
    let errors = binomial(rng, total, ratio);
    split(rng, errors, counts, fail);
    errors
}

fn in_bursts(
    rng: &mut ChaCha8Rng,
    bursts: u64,
    sizes: std::ops::RangeInclusive<u64>,
    total: u64,
    counts: &mut [Counts],
) -> u64 {
    let mut room = total;
    for _ in 0..bursts {
        let hit = rng.random_range(0..counts.len());
        let size = rng.random_range(sizes.clone()).min(room);
        fail(&mut counts[hit], size);
        room -= size;
    }
    total - room
}

fn fail(pod: &mut Counts, errors: u64) {
    pod.requests += errors;
    pod.errors += errors;
}

/// Gives each of `n` to a pod at random: a multinomial, as a chain of binomials.
fn split(rng: &mut ChaCha8Rng, n: u64, counts: &mut [Counts], give: fn(&mut Counts, u64)) {
    let mut left = n;
    let mut pods_left = counts.len();
    for pod in counts {
        let share = if pods_left == 1 { left } else { binomial(rng, left, 1.0 / pods_left as f64) };
        give(pod, share);
        left -= share;
        pods_left -= 1;
    }
}

/// Sorts the pod's requests into buckets. A request takes the mean of its bucket: the sum stays true to the shape
/// without a draw per request.
fn durations(rng: &mut ChaCha8Rng, pod: &mut Counts, shape: &LatencyShape) {
    let mut left = pod.requests;
    for (i, bucket) in pod.buckets.iter_mut().enumerate() {
        *bucket = binomial(rng, left, shape.hazards[i]);
        pod.duration_s += *bucket as f64 * shape.means_s[i];
        left -= *bucket;
    }
}

fn poisson(rng: &mut ChaCha8Rng, mean: f64) -> u64 {
    // The only errors are means that no count can have (not positive, not finite): then nothing arrives.
    Poisson::new(mean).map_or(0, |d: Poisson<f64>| d.sample(rng) as u64)
}

fn binomial(rng: &mut ChaCha8Rng, n: u64, p: f64) -> u64 {
    if n == 0 {
        return 0;
    }
    // After the clamp the only error is a probability that is not a number: then nothing happens.
    Binomial::new(n, p.clamp(0.0, 1.0)).map_or(0, |d| d.sample(rng))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(index: i64, requests: f64, behaviour: Behaviour) -> Vec<Counts> {
        let shape = LatencyShape::with_p99(behaviour.p99_ms);
        second(Second { seed: 7, arm: Arm::Primary, index }, requests, 3, &behaviour, &shape)
    }

    #[test]
    fn every_request_has_a_duration_and_every_error_is_a_request() {
        let worst = Behaviour { error_ratio: 0.9, errors: Errors::BURSTS, ..Behaviour::HEALTHY };
        for index in -50..50 {
            for pod in draw(index, 20.0, worst) {
                assert_eq!(pod.buckets.iter().sum::<u64>(), pod.requests);
                assert!(pod.errors <= pod.requests);
            }
        }
    }

    #[test]
    fn a_burst_never_outgrows_the_requests_of_its_second() {
        let bursty = Behaviour { error_ratio: 0.5, errors: Errors::BURSTS, ..Behaviour::HEALTHY };
        let of = |index, f: fn(&Counts) -> u64| draw(index, 2.0, bursty).iter().map(f).sum::<u64>();
        let capped = (0..500).filter(|&k| {
            let (requests, errors) = (of(k, |c| c.requests), of(k, |c| c.errors));
            assert!(errors <= requests);
            errors > 0 && errors == requests
        });
        assert!(capped.count() > 10, "the cap was never met, so this test proves nothing");
    }

    #[test]
    fn no_rate_means_no_requests() {
        for rate in [0.0, -1.0, f64::NAN] {
            assert!(draw(0, rate, Behaviour::HEALTHY).iter().all(|pod| *pod == Counts::default()));
        }
    }

    #[test]
    fn a_burst_falls_on_one_pod() {
        let rare = Behaviour { error_ratio: 0.000_5, errors: Errors::BURSTS, ..Behaviour::HEALTHY };
        let mut hit = 0;
        for index in 0..2000 {
            let errors: Vec<u64> = draw(index, 400.0, rare).iter().map(|pod| pod.errors).collect();
            if errors.iter().sum::<u64>() < 10 {
                assert!(errors.iter().filter(|n| **n > 0).count() <= 1, "{errors:?}");
                hit += u64::from(errors.iter().any(|n| *n > 0));
            }
        }
        assert!(hit > 20, "{hit}");
    }
}
