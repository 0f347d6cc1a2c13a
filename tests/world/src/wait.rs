//! The one way to wait here: ask real state until it is so, with a deadline, and say what it was that did not come.

use crate::WorldError;
use haldane_clock::Clock;
use haldane_core::time::Span;

/// Time between two questions: short against everything that is waited for, long against what a question costs.
const PAUSE: Span = Span::from_us(20_000);

/// Asks `probe` until it gives something.
///
/// # Errors
/// [`WorldError::Late`] with `what` after `within`; a probe's own error at once.
pub async fn until<T>(
    what: &str,
    within: Span,
    mut probe: impl AsyncFnMut() -> Result<Option<T>, WorldError>,
) -> Result<T, WorldError> {
    let clock = Clock::real();
    let deadline = clock.now() + within;
    loop {
        if let Some(found) = probe().await? {
            return Ok(found);
        }
        if clock.now() > deadline {
            return Err(WorldError::Late { what: what.to_owned(), within_s: within.as_s() });
        }
        clock.sleep(PAUSE).await;
    }
}
