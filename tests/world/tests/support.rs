//! What several tests need.

use haldane_core::time::Span;
use haldane_world::{Behaviour, World, WorldConfig, WorldError, until};

/// The version that the primary serves.
pub(crate) const OLD: &str = "1.0.0";
/// The version that the canary serves.
pub(crate) const NEW: &str = "2.0.0";
/// A machine under load may be slow; what takes longer than this does not come.
pub(crate) const PATIENCE: Span = Span::from_s(60);

/// A small world of fast pods with this load.
pub(crate) fn fast(seed: u64, requests_per_s: u32) -> WorldConfig {
    let mut config = WorldConfig::new("us-east", seed);
    config.requests_per_s = requests_per_s;
    config.with_behaviour(OLD, Behaviour::FAST).with_behaviour(NEW, Behaviour::FAST)
}

/// Waits until `count` more requests were answered, whoever answered them.
pub(crate) async fn answers(world: &World, count: u64) {
    let answered = || world.load().by_code.values().sum::<u64>();
    let enough = answered() + count;
    let what = format!("{count} answers more than {}", enough - count);
    until(&what, PATIENCE, async || Ok((answered() >= enough).then_some(()))).await.unwrap();
}

/// Waits until the sum of an expression is this, and says what it was last if it never is.
pub(crate) async fn sum_becomes(world: &World, expression: &str, wanted: f64) {
    let mut last = f64::NAN;
    let equal = async || {
        last = world.prometheus().sum(expression).await?;
        Ok::<_, WorldError>((last == wanted).then_some(()))
    };
    let outcome = until(expression, PATIENCE, equal).await;
    assert!(outcome.is_ok(), "{expression} is {last}, not {wanted}: {outcome:?}");
}
