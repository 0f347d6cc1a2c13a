//! What stands between a selector's braces: lists of label matchers, of which one has to match as a whole.

use super::escape::{for_go, literal, quoted};
use super::go::Refused;
use super::holes::{Holed, Part};
use super::names::Names;
use promql_parser::label::{MatchOp, Matcher, Matchers};
use promql_parser::parser::{self, Expr};

/// Lists of matchers; more than one only where somebody wrote `or`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lists(pub(super) Vec<Vec<Match>>);

/// One matcher.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Match {
    label: String,
    operator: &'static str,
    value: Vec<Part>,
}

/// What a printed value is for.
pub(super) enum For<'a> {
    /// PromQL, with names put in.
    Query(&'a Names),
    /// A template that Flagger fills in.
    Flagger,
}

impl Match {
    /// `label="value"`.
    pub(super) fn equal(label: &str, value: &str) -> Self {
        Self { label: label.to_owned(), operator: "=", value: vec![Part::Text(value.to_owned())] }
    }

    fn read(matcher: &Matcher, holed: &Holed) -> Result<Self, String> {
        let Matcher { op, name, value } = matcher;
        if !is_label(name) || holed.is_in(name) {
            return Err(format!("has the label {name:?}; write letters, digits and underscores"));
        }
        let (operator, is_regex) = match op {
            MatchOp::Equal => ("=", false),
            MatchOp::NotEqual => ("!=", false),
            MatchOp::Re(_) => ("=~", true),
            MatchOp::NotRe(_) => ("!~", true),
        };
        let matcher = Self { label: name.clone(), operator, value: holed.parts(value) };
        if is_regex && matcher.has_a_hole_in_a_class() {
            return Err(format!("puts a name between the brackets of {name}'s expression; write it outside"));
        }
        Ok(matcher)
    }

    fn is_regex(&self) -> bool {
        self.operator.ends_with('~')
    }

    fn holes(&self) -> usize {
        self.value.iter().filter(|part| matches!(part, Part::Hole(_))).count()
    }

    /// Between brackets a name would be a set of characters, and a hyphen in it a range.
    fn has_a_hole_in_a_class(&self) -> bool {
        let (mut inside, mut escaped) = (false, false);
        for part in &self.value {
            match part {
                Part::Hole(_) if inside => return true,
                Part::Hole(_) => {}
                Part::Text(text) => {
                    for char in text.chars() {
                        match char {
                            _ if escaped => escaped = false,
                            '\\' => escaped = true,
                            '[' => inside = true,
                            ']' => inside = false,
                            _ => {}
                        }
                    }
                }
            }
        }
        false
    }

    fn print(&self, into: &For<'_>) -> Result<String, Refused> {
        let mut value = String::new();
        for part in &self.value {
            match (part, into) {
                (Part::Text(text), For::Query(_)) => value.push_str(&quoted(text)),
                (Part::Text(text), For::Flagger) => value.push_str(&for_go(&quoted(text))),
                (Part::Hole(call), For::Flagger) => value.push_str(&call.source()),
                (Part::Hole(call), For::Query(names)) => {
                    let name = call.value(names)?;
                    let meant = if self.is_regex() { literal(name) } else { name.to_owned() };
                    value.push_str(&quoted(&meant));
                }
            }
        }
        Ok(format!("{}{}\"{value}\"", self.label, self.operator))
    }
}

impl Lists {
    /// Reads what stands between braces.
    pub(super) fn read(inside: &str, holed: &Holed) -> Result<Self, String> {
        // The metric's name may stand among the matchers. A name makes those valid that also match a label's absence.
        match parser::parse(&format!("{{{inside}}}")).or_else(|_| parser::parse(&format!("m{{{inside}}}"))) {
            Ok(Expr::VectorSelector(v)) if v.offset.is_none() && v.at.is_none() => {
                Self::of(&v.matchers, holed)
            }
            _ => Err("is no list of label matchers such as app=\"api\",track=\"canary\"".to_owned()),
        }
    }

    /// Reads a parsed selector's.
    pub(super) fn of(matchers: &Matchers, holed: &Holed) -> Result<Self, String> {
        let lists =
            std::iter::once(&matchers.matchers).chain(&matchers.or_matchers).filter(|l| !l.is_empty());
        let read = |list: &Vec<Matcher>| list.iter().map(|matcher| Match::read(matcher, holed)).collect();
        let lists: Vec<Vec<Match>> = lists.map(read).collect::<Result<_, String>>()?;
        Ok(Self(if lists.is_empty() { vec![Vec::new()] } else { lists }))
    }

    /// With `own` in place of what names the service: a matcher with a name in it, and any of a label that `own` has, too.
    /// What tells one series of the service from another stays.
    pub(super) fn replaced(&self, own: &Self) -> Self {
        let joined = |theirs: &Vec<Match>, own: &Vec<Match>| {
            let stays = |m: &&Match| m.holes() == 0 && own.iter().all(|o| o.label != m.label);
            own.iter().chain(theirs.iter().filter(stays)).cloned().collect()
        };
        Self(self.0.iter().flat_map(|theirs| own.0.iter().map(move |own| joined(theirs, own))).collect())
    }

    /// With further matchers in every list.
    pub(super) fn and(mut self, labels: &[Match]) -> Self {
        for list in &mut self.0 {
            list.extend_from_slice(labels);
        }
        self
    }

    /// Whether every matcher of `other`'s one list is one of ours.
    pub(super) fn includes(&self, other: &Self) -> bool {
        let (Self(ours), Self(theirs)) = (self, other);
        matches!((ours.as_slice(), theirs.as_slice()), ([a], [b]) if b.iter().all(|m| a.contains(m)))
    }

    /// How many holes it has.
    pub(super) fn holes(&self) -> usize {
        self.0.iter().flatten().map(Match::holes).sum()
    }

    /// The labels that it names.
    pub(super) fn labels(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flatten().map(|m| m.label.as_str())
    }

    /// As it stands between braces.
    pub(super) fn print(&self, into: &For<'_>) -> Result<String, Refused> {
        let list = |list: &Vec<Match>| -> Result<String, Refused> {
            Ok(list.iter().map(|m| m.print(into)).collect::<Result<Vec<_>, _>>()?.join(","))
        };
        Ok(self.0.iter().map(list).collect::<Result<Vec<_>, _>>()?.join(" or "))
    }
}

fn is_label(name: &str) -> bool {
    let first = name.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic());
    first && name.bytes().all(|b| b == b'_' || b.is_ascii_alphanumeric())
}
