//! One region of a release: its traffic at the present weight, and what it counts.

use super::Setting;
use crate::fault::Kind;
use crate::folded::Folded;
use crate::readings::{Polled, increment};
use crate::site::{Site, Sky, Tally};
use crate::traffic::Demand;
use haldane_core::increment::{Increment, Region};
use haldane_core::plan;
use haldane_core::policy::Policy;
use haldane_core::signal::Signal;
use haldane_core::time::{Span, Timestamp};
use rand_chacha::ChaCha8Rng;

pub(super) struct Seat {
    pub(super) region: Region,
    pub(super) weight: u32,
    pub(super) exposed: Option<Timestamp>,
    pub(super) fault_began: Option<Timestamp>,
    pub(super) promoted: bool,
    site: Site<2>,
    limit_ms: f64,
}

/// What a poll brought, and what the users were served.
pub(super) struct Served {
    pub(super) increment: Increment,
    pub(super) bad_served: f64,
}

impl Seat {
    pub(super) fn new(setting: &Setting<'_>, region: &Region, rng: &mut ChaCha8Rng) -> Self {
        Self {
            region: region.clone(),
            weight: 0,
            exposed: None,
            fault_began: None,
            promoted: false,
            site: Site::new(setting.noise, setting.policy.bin(), rng),
            limit_ms: limit_ms(setting.policy, region),
        }
    }

    pub(super) fn weigh(&mut self, weight: u32, now: Timestamp) {
        self.weight = weight;
        self.exposed = self.exposed.or(Some(now));
    }

    pub(super) const fn promote(&mut self) {
        self.weight = 0;
        self.promoted = true;
    }

    /// One poll of the old version alone.
    pub(super) fn past(&mut self, setting: &Setting<'_>, sky: Option<&Sky>, rng: &mut ChaCha8Rng) -> Tally {
        let whole = setting.traffic.demand(1.0, self.limit_ms, Kind::None);
        let [_, primary] = self.site.poll(&[Demand::default(), whole], sky, rng);
        primary
    }

    pub(super) fn poll(
        &mut self,
        setting: &Setting<'_>,
        fold: &Folded,
        sky: Option<&Sky>,
        rng: &mut ChaCha8Rng,
    ) -> Served {
        let (bin, now) = (setting.policy.bin(), fold.now());
        let demand = |share, kind| setting.traffic.demand(share, self.limit_ms, kind);
        let fault = self.fault(setting, now - bin);
        let canary_share = f64::from(self.weight) / 100.0;
        let canary = demand(canary_share, fault);
        let primary = demand(1.0 - canary_share, if self.promoted { fault } else { Kind::None });
        let beyond = canary.beyond(&demand(canary_share, Kind::None))
            + primary.beyond(&demand(1.0 - canary_share, Kind::None));
        if fault != Kind::None {
            self.fault_began = self.fault_began.or(Some(now - bin));
        }
        let [canary, primary] = self.site.poll(&[canary, primary], sky, rng);
        let polled = Polled {
            policy: setting.policy,
            region: &self.region,
            as_of: now,
            dt: bin,
            arms: plan::arms(fold.state(), &self.region),
            canary,
            primary,
            targets: setting.traffic.pods,
        };
        Served { increment: increment(&polled), bad_served: beyond * bin.as_s() }
    }

    /// What is wrong with the new version here in the interval that begins at `at`.
    fn fault(&self, setting: &Setting<'_>, at: Timestamp) -> Kind {
        let weight = if self.promoted { 100 } else { self.weight };
        let exposed = self.exposed.map(|e| (at - e).max(Span::ZERO));
        exposed.map_or(Kind::None, |exposed| setting.fault.at(exposed, weight))
    }
}

/// What is slow here: the limit of the region's latency gate, or anything over a minute where there is none.
fn limit_ms(policy: &Policy, region: &Region) -> f64 {
    let gate = policy.gates.iter().find(|g| g.signal == Signal::P99Latency);
    gate.and_then(|g| policy.limit_in(region, g)).unwrap_or(60_000.0)
}
