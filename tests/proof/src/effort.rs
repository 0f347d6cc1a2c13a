//! How many runs: few with every `make test`, many with `make proof`.

/// How much time may be spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// Seconds: bounds that would show a broken engine.
    Short,
    /// Minutes: what is published.
    Full,
}

impl Effort {
    /// The number of runs.
    pub const fn runs(self, short: usize, full: usize) -> usize {
        match self {
            Self::Short => short,
            Self::Full => full,
        }
    }
}
