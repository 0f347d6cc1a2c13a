//! A question of one member.

use super::super::selector::Selector;
use haldane_core::time::Span;

/// Every raw sample of the last `range` that a plain selector finds.
#[derive(Clone, Debug)]
pub struct Question {
    pub(crate) selector: Selector,
    /// Rounded up to whole seconds.
    pub(crate) range: Span,
}

impl Question {
    /// A question in the words of the source.
    ///
    /// # Errors
    ///
    /// When `selector` is no plain vector selector; says what to write instead.
    pub fn new(selector: &str, range: Span) -> Result<Self, String> {
        Ok(Self { selector: Selector::parse(selector)?, range })
    }
}
