//! The traffic that all rules are judged on: a canary, its primary, and a fresh baseline of the canary's size.
//!
//! Kayenta wants the baseline; the others do not look at it. Everything is drawn before anybody judges, so each rule sees
//! the same counts.

use haldane_core::time::Span;
use haldane_lab::fault::{Fault, Kind};
use haldane_lab::noise::Noise;
use haldane_lab::site::{Site, Tally};
use haldane_lab::traffic::{Demand, Traffic};
use rand_chacha::ChaCha8Rng;

/// The limit of the latency gate.
pub const LIMIT_MS: f64 = 200.0;
/// The length of a poll.
pub const DT: Span = Span::from_s(15);
/// Polls per minute.
pub const PER_MIN: usize = 4;
/// How long a step is watched in the tables.
pub const WATCHED_MIN: usize = 30;
/// History before it.
const HISTORY_MIN: usize = 120;

/// One region at one weight.
#[derive(Clone, Copy, Debug)]
pub struct Scene {
    /// What the service does, all arms together.
    pub traffic: Traffic,
    /// The canary's share of it.
    pub share: f64,
    /// How it scatters.
    pub noise: Noise,
    /// What is wrong with the canary, and since when.
    pub fault: Fault,
    /// For how long it is watched.
    pub minutes: usize,
}

impl Scene {
    /// Canary 50 requests/s, primary 950: errors .05 %, P99 150 ms, one 5xx per minute of the canary; 30 minutes.
    pub fn healthy(noise: Noise) -> Self {
        let traffic = Traffic { http_5xx_per_min: 20.0, ..Traffic::default() };
        Self { traffic, share: 0.05, noise, fault: Fault::NONE, minutes: WATCHED_MIN }
    }

    /// The same, near its limits: errors .08 %, P99 185 ms, four 5xx per minute of the canary.
    pub fn near_limits(noise: Noise) -> Self {
        let healthy = Self::healthy(noise);
        let traffic = Traffic { errors: 0.0008, p99_ms: 185.0, http_5xx_per_min: 80.0, ..healthy.traffic };
        Self { traffic, ..healthy }
    }

    /// The same with a fault.
    #[must_use]
    pub const fn with(self, fault: Fault) -> Self {
        Self { fault, ..self }
    }

    /// The canary with `rps` requests per second, the primary in proportion; as many 5xx per minute as before.
    #[must_use]
    pub fn canary_rps(self, rps: f64) -> Self {
        Self { traffic: Traffic { rps: rps / self.share, ..self.traffic }, ..self }
    }

    /// Bad requests per minute that the fault adds.
    pub fn bad_per_min(&self) -> f64 {
        60.0 * self.canary(self.fault.kind).beyond(&self.canary(Kind::None))
    }

    fn canary(&self, kind: Kind) -> Demand {
        self.traffic.demand(self.share, LIMIT_MS, kind)
    }

    fn demands(&self, kind: Kind) -> [Demand; 3] {
        let primary = self.traffic.demand(1.0 - self.share, LIMIT_MS, Kind::None);
        [self.canary(kind), primary, self.canary(Kind::None)]
    }

    /// Draws it.
    pub fn draw(&self, rng: &mut ChaCha8Rng) -> Stream {
        let mut site = Site::<3>::new(self.noise, DT, rng).steady();
        let whole = self.traffic.demand(1.0, LIMIT_MS, Kind::None);
        let past = [Demand::default(), whole, Demand::default()];
        let history = (0..HISTORY_MIN * PER_MIN).map(|_| site.poll(&past, None, rng)[1]).collect();
        let mut at = Span::ZERO;
        let polls = (0..self.minutes * PER_MIN).map(|_| {
            let kind = self.fault.at(at, 100);
            at = at + DT;
            site.poll(&self.demands(kind), None, rng)
        });
        Stream { history, polls: polls.collect() }
    }
}

/// What was counted.
#[derive(Clone, Debug)]
pub struct Stream {
    /// The primary's two hours before, poll by poll.
    pub history: Vec<Tally>,
    /// Canary, primary and baseline, poll by poll.
    pub polls: Vec<[Tally; 3]>,
}

impl Stream {
    /// Canary and primary.
    pub fn pair(&self) -> Vec<[Tally; 2]> {
        self.polls.iter().map(|[canary, primary, _]| [*canary, *primary]).collect()
    }

    /// An arm minute by minute.
    pub fn by_minute(&self, arm: usize) -> Vec<Tally> {
        self.polls.chunks_exact(PER_MIN).map(|polls| sum(polls.iter().map(|p| p[arm]))).collect()
    }
}

fn sum(tallies: impl Iterator<Item = Tally>) -> Tally {
    tallies.fold(Tally::default(), |a, b| Tally {
        total: a.total + b.total,
        bad: core::array::from_fn(|i| a.bad[i] + b.bad[i]),
    })
}
