//! Other rules, restated from their published behaviour and judged on the same streams. No code of theirs is here.

pub mod flagger;
pub mod kayenta;
