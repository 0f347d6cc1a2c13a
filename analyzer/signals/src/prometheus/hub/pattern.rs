//! The regular expressions that mean the same here and in the source, as a literal beginning and the rest.
//!
//! Sources match with Go's RE2, this process with another engine. Most of their languages is one and the same; what is
//! not (case folding, Unicode classes, word boundaries, flags) is not read: a selector with it is asked alone, in its
//! own words. So nothing is ever split by a guess. The literal beginning is kept apart because it is what tells a
//! thousand services from each other, while the rest is the same for all of them and compiled once.

use super::class::{class, shorthand};

/// A regular expression that both engines read alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    /// What every match begins with, literally.
    pub(super) prefix: String,
    /// What follows, in the source's own words.
    pub(super) rest: String,
    /// What follows, for the engine here; not anchored yet.
    pub(super) here: String,
    /// Has a dot: whether that matches a line break depends on the source's version.
    pub(super) has_dot: bool,
}

/// One piece of an expression, from its first byte on.
struct Piece {
    begins: usize,
    kind: Kind,
}

enum Kind {
    Literal(char),
    /// Something that matches one character, for the engine here.
    One(String),
    Any,
    Repeat(String),
    Open,
    Close,
    Or,
}

/// Reads an expression; nothing where the two engines might differ.
pub(super) fn read(text: &str) -> Option<Pattern> {
    let body = text.strip_prefix('^').unwrap_or(text);
    let ends = |body: &str| {
        let slashes = body.strip_suffix('$')?.chars().rev().take_while(|c| *c == '\\').count();
        slashes.is_multiple_of(2).then(|| body.len() - 1)
    };
    let anchored = body.len() < text.len() || ends(body).is_some();
    let body = ends(body).and_then(|end| body.get(..end)).unwrap_or(body);
    let pieces = pieces(body)?;
    let chooses = is_sound(&pieces)?;
    if anchored && chooses {
        return None;
    }
    let literals = pieces.iter().take_while(|piece| matches!(piece.kind, Kind::Literal(_))).count();
    let repeated = matches!(pieces.get(literals), Some(Piece { kind: Kind::Repeat(_), .. }));
    let kept = if chooses { 0 } else { literals - usize::from(repeated && literals > 0) };
    let begins = pieces.get(kept).map_or(body.len(), |piece| piece.begins);
    let (start, tail) = pieces.split_at_checked(kept)?;
    Some(Pattern {
        prefix: start
            .iter()
            .filter_map(|p| if let Kind::Literal(c) = p.kind { Some(c) } else { None })
            .collect(),
        rest: body.get(begins..)?.to_owned(),
        here: tail.iter().map(|piece| piece.kind.here()).collect(),
        has_dot: tail.iter().any(|piece| matches!(piece.kind, Kind::Any)),
    })
}

impl Kind {
    fn here(&self) -> String {
        match self {
            Self::Literal(c) => format!("\\x{{{:x}}}", u32::from(*c)),
            Self::One(text) | Self::Repeat(text) => text.clone(),
            Self::Any => "[^\\n]".to_owned(),
            Self::Open => "(?:".to_owned(),
            Self::Close => ")".to_owned(),
            Self::Or => "|".to_owned(),
        }
    }
}

fn pieces(body: &str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(rest) = body.get(at..).filter(|rest| !rest.is_empty()) {
        let (kind, length) = next(rest)?;
        pieces.push(Piece { begins: at, kind });
        at += length;
    }
    Some(pieces)
}

/// The piece that `rest` begins with, and how many bytes it is long.
fn next(rest: &str) -> Option<(Kind, usize)> {
    let first = rest.chars().next()?;
    match first {
        '^' | '$' => None,
        '.' => Some((Kind::Any, 1)),
        '|' => Some((Kind::Or, 1)),
        ')' => Some((Kind::Close, 1)),
        '(' if rest.starts_with("(?:") => Some((Kind::Open, 3)),
        '(' if rest.starts_with("(?") => None,
        '(' => Some((Kind::Open, 1)),
        '[' => class(rest).map(|(text, length)| (Kind::One(text), length)),
        '\\' => escape(rest),
        '*' | '+' | '?' => Some(lazily(rest, first.to_string())),
        '{' => Some(counted(rest).map_or((Kind::Literal('{'), 1), |text| lazily(rest, text))),
        other => Some((Kind::Literal(other), other.len_utf8())),
    }
}

/// How greedy a repetition is does not matter where the whole value has to match.
fn lazily(rest: &str, text: String) -> (Kind, usize) {
    let lazy = rest.get(text.len()..).is_some_and(|after| after.starts_with('?'));
    let length = text.len() + usize::from(lazy);
    (Kind::Repeat(text), length)
}

/// `{2}`, `{2,}` or `{2,5}`; anything else in braces is literal, as in RE2.
fn counted(rest: &str) -> Option<String> {
    let inside = rest.get(1..rest.find('}')?)?;
    let number = |text: &str| {
        let is_number = (1..=3).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        is_number.then_some(())
    };
    match inside.split_once(',') {
        None => number(inside)?,
        Some((least, "")) => number(least)?,
        Some((least, most)) => number(least).and(number(most))?,
    }
    Some(format!("{{{inside}}}"))
}

fn escape(rest: &str) -> Option<(Kind, usize)> {
    let escaped = rest.chars().nth(1)?;
    if let Some((negated, inside)) = shorthand(escaped) {
        let not = if negated { "^" } else { "" };
        return Some((Kind::One(format!("[{not}{inside}]")), 2));
    }
    super::class::escaped(escaped).map(|c| (Kind::Literal(c), 2))
}

/// Whether it chooses at its outermost level; nothing where groups do not close or a repetition repeats nothing.
fn is_sound(pieces: &[Piece]) -> Option<bool> {
    let (mut depth, mut chooses, mut repeatable) = (0_usize, false, false);
    for piece in pieces {
        match &piece.kind {
            Kind::Open => (depth, repeatable) = (depth + 1, false),
            Kind::Close => (depth, repeatable) = (depth.checked_sub(1)?, true),
            Kind::Or => (chooses, repeatable) = (chooses || depth == 0, false),
            Kind::Repeat(_) if !repeatable => return None,
            Kind::Repeat(_) => repeatable = false,
            Kind::Literal(_) | Kind::One(_) | Kind::Any => repeatable = true,
        }
    }
    (depth == 0).then_some(chooses)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, value: &str) -> bool {
        let pattern = read(pattern).expect(pattern);
        let rest = regex::Regex::new(&format!("\\A(?:{})\\z", pattern.here)).expect("a regex");
        value.strip_prefix(&pattern.prefix).is_some_and(|value| rest.is_match(value))
    }

    #[test]
    fn the_literal_beginning_is_told_from_the_rest() {
        for (text, prefix, rest) in [
            ("api-[0-9a-zA-Z]+-x", "api-", "[0-9a-zA-Z]+-x"),
            ("a\\.b.*", "a.b", ".*"),
            ("abc*", "ab", "c*"),
            ("abc{2}", "ab", "c{2}"),
            ("abc{x}", "abc{x}", ""),
            ("a|b", "", "a|b"),
            ("(a|b)c", "", "(a|b)c"),
            ("x(a|b)c", "x", "(a|b)c"),
            ("^api-.+$", "api-", ".+"),
            ("", "", ""),
            ("ä→b?", "ä→", "b?"),
        ] {
            let found = read(text).expect(text);
            assert_eq!((found.prefix.as_str(), found.rest.as_str()), (prefix, rest), "{text}");
        }
    }

    #[test]
    fn what_both_engines_read_alike_is_matched_as_a_whole() {
        for (pattern, value, is_match) in [
            ("api-[0-9a-zA-Z]+-[0-9a-zA-Z]+", "api-7d9f-x1", true),
            ("api-[0-9a-zA-Z]+-[0-9a-zA-Z]+", "api-primary-7d9f-x1", false),
            ("a|bc", "bc", true),
            ("a|bc", "ac", false),
            ("\\d{2,3}", "12", true),
            ("\\d+", "١٢", false),
            ("[^\\d_]+", "ab\n", true),
            ("[]a-]+", "]-a", true),
            ("a{,2}", "a{,2}", true),
            ("\\w\\.x", "é.x", false),
            ("[[a]+", "[a", true),
            ("x&&y", "x&&y", true),
        ] {
            assert_eq!(matches(pattern, value), is_match, "{pattern} on {value:?}");
        }
    }

    #[test]
    fn what_the_engines_may_read_differently_is_not_read() {
        for text in [
            "(?i)api",
            "\\pL+",
            "\\bapi",
            "a**",
            "*a",
            "(a",
            "a)",
            "[a",
            "[[:alpha:]]",
            "\\Qa|b",
            "a^b",
            "a$b",
            "^a|b",
            "[\\D]",
            "[z-a]",
            "\\x41",
            "(?P<n>a)",
            "a|*",
            "[a-b-c]",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
