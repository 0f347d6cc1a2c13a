//! Compiled regular expressions, each once: a thousand selectors of one shape share the rest of theirs.

use super::pattern::Pattern;
use regex::Regex;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Whether a value is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Yes,
    No,
    /// Only the source can say.
    Unsure,
}

/// More shapes than any set of policies has; beyond it they are compiled anew.
const MOST: usize = 4096;

/// The compiled rests by their text; nothing for one that is too large to compile.
#[derive(Debug, Default)]
pub(super) struct Patterns(Mutex<BTreeMap<String, Compiled>>);

/// One of them.
pub(super) type Compiled = Option<Arc<Regex>>;

impl Patterns {
    pub(super) fn get(&self, pattern: &Pattern) -> Compiled {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = all.get(&pattern.here) {
            return known.clone();
        }
        if all.len() >= MOST {
            all.clear();
        }
        let compiled = Regex::new(&format!("\\A(?:{})\\z", pattern.here)).ok().map(Arc::new);
        all.insert(pattern.here.clone(), compiled.clone());
        compiled
    }
}

impl Pattern {
    /// Whether it matches the whole of `value`; `rest` is its compiled rest.
    pub(super) fn matches(&self, value: &str, rest: &Compiled) -> Verdict {
        let Some(value) = value.strip_prefix(self.prefix.as_str()) else { return Verdict::No };
        match rest {
            None => Verdict::Unsure,
            Some(_) if self.has_dot && value.contains('\n') => Verdict::Unsure,
            Some(rest) if rest.is_match(value) => Verdict::Yes,
            Some(_) => Verdict::No,
        }
    }
}
