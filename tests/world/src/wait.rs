//! The one way to wait here: ask real state until it is so, with a deadline, and say what it was that did not come.

use crate::WorldError;
use haldane_clock::Clock;
use haldane_core::time::{Span, Timestamp};

/// Time between two questions: short against everything that is waited for, long against what a question costs.
const PAUSE: Span = Span::from_us(20_000);

/// A deadline with a pause before each further question.
#[derive(Debug)]
pub struct Wait<'a> {
    what: &'a str,
    within: Span,
    clock: Clock,
    deadline: Timestamp,
}

impl<'a> Wait<'a> {
    /// Begins now; `what` is for the error.
    pub fn begin(what: &'a str, within: Span) -> Self {
        let clock = Clock::real();
        let deadline = clock.now() + within;
        Self { what, within, clock, deadline }
    }

    /// Pauses before the next question, or says that there is no time for one.
    ///
    /// # Errors
    /// [`WorldError::Late`].
    pub async fn again(&self) -> Result<(), WorldError> {
        if self.clock.now() > self.deadline {
            return Err(WorldError::Late { what: self.what.to_owned(), within_s: self.within.as_s() });
        }
        self.clock.sleep(PAUSE).await;
        Ok(())
    }
}

/// Asks `probe` until it gives something, for tests. The world itself loops over a `Wait`: an async closure that borrows
/// is not known to be `Send`, and worlds are started in spawned tasks, too.
///
/// # Errors
/// [`WorldError::Late`] with `what` after `within`; a probe's own error at once.
pub async fn until<T>(
    what: &str,
    within: Span,
    mut probe: impl AsyncFnMut() -> Result<Option<T>, WorldError>,
) -> Result<T, WorldError> {
    let wait = Wait::begin(what, within);
    loop {
        if let Some(found) = probe().await? {
            return Ok(found);
        }
        wait.again().await?;
    }
}
