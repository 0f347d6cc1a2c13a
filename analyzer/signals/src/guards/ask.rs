//! A question of a guard: a plain selector where it can be, because those merge, and the author's own PromQL where it must be.

use crate::prometheus::Selector;
use haldane_core::time::Span;

/// One question.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    /// What reasons call the series that it looks for.
    pub(crate) name: String,
    pub(crate) words: Words,
}

/// How it is put.
#[derive(Clone, Debug)]
pub(crate) enum Words {
    /// Every raw sample of so long.
    Samples(Selector, Span),
    /// What a whole query gives now.
    Query(String),
}

impl Ask {
    /// The whole query, to be pasted into the source's own page.
    pub(crate) fn text(&self) -> String {
        match &self.words {
            Words::Samples(selector, range) => selector.over(*range),
            Words::Query(text) => text.clone(),
        }
    }
}
