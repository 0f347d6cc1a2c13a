//! The canary's share of the requests, interval by interval, against the weight it is known to have.

use crate::cluster::Strategy;
use crate::evidence::capital::Capital;
use crate::evidence::panel::Bettors;
use crate::evidence::share;
use crate::increment::{Arms, Increment, Reading};
use crate::state::{Rollout, Stage};

/// ln 200: asks whether requests are lost *now*; banked, a lost hour would hold for hours after its end.
const LN_CEILING: f64 = 5.298_317_366_548_036;

/// Bets on the increment if it lies within a step that both versions serve by weight. Matched users (A/B) have no share
/// that anybody configured.
pub(super) fn bet(rollout: &mut Rollout, increment: &Increment) {
    let Stage::Step { since, .. } = rollout.stage else { return };
    let Some(weight) = rollout.weight().filter(|w| *w < 100) else { return };
    if increment.arms != Arms::Both || rollout.policy.strategy == Strategy::AbTesting {
        return;
    }
    let mut counted = increment.signals.iter().filter(|(s, _)| rollout.binds(**s));
    let split = counted.find_map(|(_, reading)| match reading {
        Reading::Counted { since: begun, canary: Some(canary), primary: Some(primary), .. }
            if *begun >= since =>
        {
            Some((*begun, canary.total, canary.total + primary.total))
        }
        Reading::Counted { .. } | Reading::Gauged { .. } | Reading::Placed { .. } | Reading::Missing(_) => {
            None
        }
    });
    let Some((begun, canary, requests)) = split else { return };
    let factors = share::factors(canary, requests, f64::from(weight) / 100.0);
    let capital = rollout.lost_share.get_or_insert_with(|| Capital::new(Bettors::Fractions));
    capital.bet(&factors, increment.as_of - begun);
    capital.truncate(LN_CEILING);
}
