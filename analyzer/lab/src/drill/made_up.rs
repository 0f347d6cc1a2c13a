//! A loss that is made up, as a recording: what monitoring would have shown of it, sample by sample.
//!
//! What it costs is not invented: how soon a loss is seen, how long a takeover takes and how far the copy is behind are
//! given. What is drawn from the seed is what does not matter much: how the lag wanders, and how the instants of samples and
//! polls lie to the loss.

use super::sample::{Sample, Value, What};
use haldane_core::guard::Rule;
use haldane_core::increment::Region;
use haldane_core::policy::{Policy, Role};
use haldane_core::time::{Span, Timestamp};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeSet;

/// A millisecond in microseconds.
const MS: i64 = 1_000;

/// Time before the loss.
const BEFORE: Span = Span::from_min(2);

/// Requests per second of all regions together, where nothing says otherwise.
const REQUESTS_PER_S: f64 = 1000.0;

/// The share of requests that fail where all is well.
const ERRORS: f64 = 0.000_05;

/// A loss.
#[derive(Clone, Debug, PartialEq)]
pub struct MadeUp {
    /// The region that is lost.
    pub lost: Region,
    /// The region that takes over.
    pub taker: Region,
    /// Seconds that copies are behind at the loss, at most; the taker's exactly.
    pub lag_s: f64,
    /// From the loss until its probes show it.
    pub detect: Span,
    /// From then until the taker writes and carries its requests.
    pub takes: Span,
    /// From the loss until the region is back, as a reader; absent where it stays away.
    pub back: Option<Span>,
    /// Between two samples.
    pub every: Span,
    /// How long after the loss it goes on.
    pub lasts: Span,
    /// Of what is drawn.
    pub seed: u64,
}

/// The samples of a loss, and its instant.
pub fn made_up(policy: &Policy, loss: &MadeUp, origin: Timestamp) -> (Vec<Sample>, Timestamp) {
    let mut rng = ChaCha8Rng::seed_from_u64(loss.seed);
    // Whole milliseconds, as a saved recording has them.
    let spread = (policy.scrape_interval.as_us() / MS).max(1).unsigned_abs();
    let phase = rng.random_range(0..spread);
    let lost_at =
        origin.aligned(policy.scrape_interval) + Span::from_us(i64::try_from(phase).unwrap_or(0) * MS);
    let mut scene = Scene { policy, loss, writers: writers(policy, loss), lost_at, rng, samples: Vec::new() };
    // The first sample after the loss lies anywhere within the time between two.
    let gap = (loss.every.as_us() / MS).max(1).unsigned_abs();
    let first = i64::try_from(scene.rng.random_range(0..gap)).unwrap_or(0);
    let mut at = lost_at + Span::from_us(first * MS);
    while at > lost_at - BEFORE {
        at = at - loss.every;
    }
    while at <= lost_at + loss.lasts {
        for region in &policy.regions {
            scene.sample(&region.name, at);
        }
        at = at + loss.every;
    }
    (scene.samples, lost_at)
}

struct Scene<'a> {
    policy: &'a Policy,
    loss: &'a MadeUp,
    writers: BTreeSet<Region>,
    lost_at: Timestamp,
    rng: ChaCha8Rng,
    samples: Vec<Sample>,
}

impl Scene<'_> {
    fn sample(&mut self, region: &Region, at: Timestamp) {
        let since = at - self.lost_at;
        let gone = *region == self.loss.lost && since >= Span::ZERO && !self.is_back(since);
        let seen = gone && since >= self.loss.detect;
        let mut add = |what, value| self.samples.push(Sample { at, region: region.clone(), what, value });
        for what in [What::Up, What::Health] {
            add(what, Value::Number(if seen { 0.0 } else { 1.0 }));
        }
        let (requests, writes) = (self.requests(region, since), self.writes(region, since));
        let lag = self.lag(region, since);
        let mut add = |what, value| self.samples.push(Sample { at, region: region.clone(), what, value });
        add(What::RequestsPerS, Value::Number(requests));
        add(What::ErrorsPerS, Value::Number(requests * ERRORS));
        // What runs in a region that is gone tells nobody anything.
        let writer = BTreeSet::from_iter(writes.then(|| format!("{region}/primary")));
        add(What::Writer, if gone { Value::Unknown } else { Value::Names(writer) });
        add(What::LagS, if gone { Value::Unknown } else { Value::Number(lag) });
    }

    fn is_back(&self, since: Span) -> bool {
        self.loss.back.is_some_and(|back| since >= back)
    }

    fn taken_over(&self, since: Span) -> bool {
        since >= self.loss.detect + self.loss.takes
    }

    fn writes(&self, region: &Region, since: Span) -> bool {
        let taken =
            *region == self.loss.taker && self.taken_over(since) && self.writers.contains(&self.loss.lost);
        let given_up = *region == self.loss.lost && since >= Span::ZERO;
        taken || (self.writers.contains(region) && !given_up)
    }

    /// Requests that reach a region: the lost one's reach nobody until another takes over.
    fn requests(&self, region: &Region, since: Span) -> f64 {
        let own = share(self.policy, region);
        let lost = share(self.policy, &self.loss.lost);
        let share = if since < Span::ZERO {
            own
        } else if *region == self.loss.lost {
            0.0
        } else if *region == self.loss.taker && self.taken_over(since) {
            own + lost
        } else {
            own
        };
        share * REQUESTS_PER_S
    }

    /// A writer is behind nobody, unless several write and copy each other.
    fn lag(&mut self, region: &Region, since: Span) -> f64 {
        let wander = f64::from(self.rng.random_range(500_u32..1000)) / 1e3;
        let most = self.loss.lag_s;
        let alone = self.writes(region, since) && self.writers.len() < 2;
        let catches_up = self.loss.back.filter(|back| *region == self.loss.lost && since >= *back);
        if alone {
            return 0.0;
        }
        if let Some(back) = catches_up {
            // A minute of what was missed per second.
            return (back.as_s() - (since - back).as_s() * 60.0).max(most * wander);
        }
        // From the last sample before the loss on a copy stands as far behind as is given, until there is a writer again.
        let frozen = since >= Span::ZERO - self.loss.every;
        match (since < Span::ZERO, self.taken_over(since)) {
            (true, _) if frozen => most,
            (false, false) => most + since.as_s(),
            (true, _) | (false, true) => most * wander,
        }
    }
}

/// The share of all traffic that a region gets: what the policy says, else what active ones share evenly; a standby has a
/// hundredth, so that it can be seen to serve.
fn share(policy: &Policy, region: &Region) -> f64 {
    let Some(own) = policy.region(region) else { return 0.0 };
    let active = policy.regions.iter().filter(|r| r.role == Role::Active).count().max(1);
    let usual = match own.role {
        Role::Active => 1.0 / active as f64,
        Role::Warm | Role::Cold => 0.01,
    };
    own.aims.traffic.unwrap_or(usual)
}

/// Who writes before the loss: the lost region, and as many active ones beside it as the policy's guard wants writers.
fn writers(policy: &Policy, loss: &MadeUp) -> BTreeSet<Region> {
    let wanted = policy.across.guards.iter().find_map(|guard| match guard.rule {
        Rule::Failover { writers, .. } => writers,
        Rule::RegionUp
        | Rule::Health
        | Rule::ReplicationLag { .. }
        | Rule::Capacity { .. }
        | Rule::Alerts
        | Rule::ErrorBudget { .. }
        | Rule::Freshness { .. }
        | Rule::Level { .. } => None,
    });
    let active = policy.regions.iter().filter(|r| r.role == Role::Active).map(|r| r.name.clone());
    let first = active.clone().next();
    let wanted = usize::try_from(wanted.unwrap_or(1)).unwrap_or(1);
    if wanted == 1 {
        // Only an active region writes; losing a standby moves no writer.
        let lost = active.clone().find(|region| *region == loss.lost);
        return lost.or(first).into_iter().collect();
    }
    active.take(wanted).collect()
}
