//! Who pays for a question, whoever waits for its answer and however it ends.

use super::core::Core;
use super::traffic::{Tally, Weights};
use std::sync::Arc;

/// What a question spends; charged when it is over, however it ends.
pub(super) struct Charge<'a> {
    pub(super) core: &'a Core,
    pub(super) tally: Arc<Tally>,
    /// What was found for each region, if anything was.
    pub(super) series: Weights,
    pub(super) questions: Weights,
}

impl Drop for Charge<'_> {
    fn drop(&mut self) {
        let found = self.series.values().any(|series| *series > 0);
        let weights = if found { &self.series } else { &self.questions };
        self.core.books.charge(weights, self.tally.take());
    }
}
