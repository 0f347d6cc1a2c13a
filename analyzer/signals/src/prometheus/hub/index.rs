//! Which of many selectors of one family accept a series: found by what tells them apart, then asked one by one.
//!
//! A thousand services differ in the value of one label (a namespace, a workload) or in how one regular expression
//! begins (a pod's name). So a series is looked up by the one, then by the other, and only those few selectors that
//! are left are evaluated as a whole.

use super::patterns::{Compiled, Patterns, Verdict};
use super::terms::{Op, Term, Terms};
use crate::counting::family::Labels;
use std::collections::{BTreeMap, BTreeSet};

/// Selectors of one family, by number.
pub(super) struct Index<'a> {
    selectors: Vec<(&'a Terms, Vec<Compiled>)>,
    /// The label by whose value they are looked up first, and the one by whose beginning they are then.
    exact: Option<&'a str>,
    like: Option<&'a str>,
    by_value: BTreeMap<&'a str, Beginnings<'a>>,
}

/// Selectors by how one regular expression of theirs begins.
#[derive(Default)]
struct Beginnings<'a> {
    by_prefix: BTreeMap<&'a str, Vec<usize>>,
    lengths: BTreeSet<usize>,
}

/// The selectors that accept a series, and those that only the source can tell of.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Accepted {
    pub(super) sure: Vec<usize>,
    pub(super) unsure: Vec<usize>,
}

impl<'a> Index<'a> {
    pub(super) fn new(selectors: &[&'a Terms], patterns: &Patterns) -> Self {
        let (exact, like) = (widest(selectors, Op::Equal), widest(selectors, Op::Like));
        let key = |terms: &'a Terms, place: Option<usize>| {
            place.and_then(|place| terms.terms.get(place)).map_or("", Term::key)
        };
        let mut by_value: BTreeMap<&str, Beginnings<'_>> = BTreeMap::new();
        for (number, terms) in selectors.iter().enumerate() {
            let prefix = key(terms, like);
            let beginnings = by_value.entry(key(terms, exact)).or_default();
            beginnings.by_prefix.entry(prefix).or_default().push(number);
            beginnings.lengths.insert(prefix.len());
        }
        let label = |place: Option<usize>| {
            let term = selectors.first().and_then(|terms| terms.terms.get(place?));
            term.map(|term| term.label.as_str())
        };
        let compiled = |term: &Term| term.pattern.as_ref().and_then(|pattern| patterns.get(pattern));
        let with_rests = |terms: &&'a Terms| (*terms, terms.terms.iter().map(compiled).collect());
        Self {
            selectors: selectors.iter().map(with_rests).collect(),
            exact: label(exact),
            like: label(like),
            by_value,
        }
    }

    /// Which of them accept these labels.
    pub(super) fn accept(&self, labels: &Labels) -> Accepted {
        let value = |label: Option<&str>| label.and_then(|l| labels.get(l)).map_or("", String::as_str);
        let mut accepted = Accepted::default();
        let Some(beginnings) = self.by_value.get(value(self.exact)) else { return accepted };
        let like = value(self.like);
        let prefixes = beginnings.lengths.iter().map_while(|length| {
            // Beyond its end no longer beginning fits; within a character none does, but a longer one may.
            (*length <= like.len()).then(|| like.get(..*length))
        });
        for number in prefixes.flatten().filter_map(|prefix| beginnings.by_prefix.get(prefix)).flatten() {
            match self
                .selectors
                .get(*number)
                .map_or(Verdict::No, |(terms, rests)| terms.accept(labels, rests))
            {
                Verdict::Yes => accepted.sure.push(*number),
                Verdict::Unsure => accepted.unsure.push(*number),
                Verdict::No => {}
            }
        }
        accepted
    }
}

impl Term {
    /// What it is looked up by.
    fn key(&self) -> &str {
        match &self.pattern {
            Some(pattern) => &pattern.prefix,
            None => &self.value,
        }
    }

    fn accept(&self, value: &str, rest: &Compiled) -> Verdict {
        let like = || self.pattern.as_ref().map_or(Verdict::Unsure, |pattern| pattern.matches(value, rest));
        let told = |yes: bool| if yes { Verdict::Yes } else { Verdict::No };
        match self.op {
            Op::Equal => told(self.value == value),
            Op::NotEqual => told(self.value != value),
            Op::Like => like(),
            Op::NotLike => match like() {
                Verdict::Yes => Verdict::No,
                Verdict::No => Verdict::Yes,
                Verdict::Unsure => Verdict::Unsure,
            },
        }
    }
}

impl Terms {
    /// Whether all matchers accept these labels; one that refuses for certain decides.
    fn accept(&self, labels: &Labels, rests: &[Compiled]) -> Verdict {
        let mut all = Verdict::Yes;
        for (term, rest) in self.terms.iter().zip(rests) {
            match term.accept(labels.get(&term.label).map_or("", String::as_str), rest) {
                Verdict::Yes => {}
                Verdict::No => return Verdict::No,
                Verdict::Unsure => all = Verdict::Unsure,
            }
        }
        all
    }
}

/// The place of the matcher of this kind that tells the most selectors apart.
fn widest(selectors: &[&Terms], op: Op) -> Option<usize> {
    let places = selectors.first()?.terms.iter().enumerate().filter(|(_, term)| term.op == op);
    let keys = |place: usize| {
        let terms = selectors.iter().filter_map(|terms| terms.terms.get(place));
        terms.map(Term::key).collect::<BTreeSet<&str>>().len()
    };
    places.map(|(place, _)| place).max_by_key(|place| keys(*place))
}
