//! A selector taken apart, as far as it may be merged with others.
//!
//! What merges: one metric by its name, or the same names to choose from, and matchers whose text and regular expressions
//! mean the same here and there.
//! All else (`or`, quoted names, rare escapes, foreign regular expressions) is asked alone, as it was written.

use super::pattern::{self, Pattern};
use promql_parser::label::{MatchOp, Matcher};
use promql_parser::parser::VectorSelector;

const NAME: &str = "__name__";

/// How a label is held against a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Op {
    Equal,
    NotEqual,
    Like,
    NotLike,
}

/// One matcher.
#[derive(Clone, Debug)]
pub(super) struct Term {
    pub(super) label: String,
    pub(super) op: Op,
    pub(super) value: String,
    /// Of `Like` and `NotLike`.
    pub(super) pattern: Option<Pattern>,
}

/// A selector that may be merged with others of its family.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    /// Metric, labels, operators, and the values that must be the same: selectors of one family merge.
    pub(super) family: String,
    /// Nothing where it is one of several names: then their matcher stands among the terms, the same for the family.
    pub(super) metric: Option<String>,
    /// Without the metric's one name, in the order in which they merge.
    pub(super) terms: Vec<Term>,
}

impl Terms {
    /// Takes a selector apart; nothing where it cannot be merged exactly.
    pub(crate) fn read(vector: &VectorSelector, text: &str) -> Option<Self> {
        if !vector.matchers.or_matchers.is_empty() || !has_common_escapes(text) {
            return None;
        }
        let (names, others): (Vec<&Matcher>, Vec<&Matcher>) =
            vector.matchers.matchers.iter().partition(|matcher| matcher.name == NAME);
        let (metric, chosen) = match (&vector.name, names.as_slice()) {
            (None, [one]) if matches!(one.op, MatchOp::Re(_)) => (None, Some(*one)),
            (name, names) => (Some(single(name.as_deref(), names)?.to_owned()), None),
        };
        let all = others.into_iter().chain(chosen);
        let mut terms: Vec<Term> = all.map(Term::read).collect::<Option<_>>()?;
        terms.sort_by(|a, b| (&a.label, a.op, &a.value).cmp(&(&b.label, b.op, &b.value)));
        let family = family(metric.as_deref().unwrap_or_default(), &terms);
        Some(Self { family, metric, terms })
    }
}

/// The one name that is said, however often.
fn single<'a>(name: Option<&'a str>, names: &[&'a Matcher]) -> Option<&'a str> {
    let named = names.iter().map(|matcher| (matcher.op == MatchOp::Equal).then_some(matcher.value.as_str()));
    let mut all: Vec<&str> = name.map(Some).into_iter().chain(named).collect::<Option<_>>()?;
    all.dedup();
    if let [metric] = all.as_slice() { Some(metric) } else { None }
}

impl Term {
    fn read(matcher: &Matcher) -> Option<Self> {
        let is_classic = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if matcher.name.is_empty() || !matcher.name.chars().all(is_classic) {
            return None;
        }
        let op = match &matcher.op {
            MatchOp::Equal => Op::Equal,
            MatchOp::NotEqual => Op::NotEqual,
            MatchOp::Re(_) => Op::Like,
            MatchOp::NotRe(_) => Op::NotLike,
        };
        let pattern = match op {
            Op::Like | Op::NotLike => Some(pattern::read(&matcher.value)?),
            Op::Equal | Op::NotEqual => None,
        };
        Some(Self { label: matcher.name.clone(), op, value: matcher.value.clone(), pattern })
    }

    /// Whether its value must be the same for all that merge: what one of them refuses another may want, and all names of
    /// all metrics would be most of what a source has.
    pub(super) fn is_fixed(&self) -> bool {
        matches!(self.op, Op::NotEqual | Op::NotLike) || self.label == NAME
    }
}

fn family(metric: &str, terms: &[Term]) -> String {
    let mut family = metric.to_owned();
    for term in terms {
        let op = match term.op {
            Op::Equal => "=",
            Op::NotEqual => "!=",
            Op::Like => "=~",
            Op::NotLike => "!~",
        };
        let fixed = if term.is_fixed() { super::merge::literal(&term.value) } else { String::new() };
        family.push_str(&format!(",{}{op}{fixed}", term.label));
    }
    family
}

/// Escapes that every reader of PromQL reads alike.
fn has_common_escapes(text: &str) -> bool {
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c == '\\' && !chars.next().is_some_and(|next| matches!(next, '\\' | '"' | '\'' | 'n' | 'r' | 't'))
        {
            return false;
        }
    }
    !text.contains('`')
}
