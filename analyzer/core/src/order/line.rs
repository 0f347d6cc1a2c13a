//! One line that a person wrote: bounded and printable, so that it can be recorded, shown and logged as it is.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The longest name of a person, in characters.
const LONGEST_NAME: usize = 260;
/// The longest reason, in characters.
const LONGEST_REASON: usize = 500;

/// One printable line. What is on record is believed; what comes from outside goes through [`Line::name`] or
/// [`Line::reason`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Line(String);

impl Line {
    /// A person's name.
    ///
    /// # Errors
    /// It is empty, longer than 260 characters, or not printable.
    pub fn name(text: &str) -> Result<Self, UnusableLine> {
        Self::within(text, "name", LONGEST_NAME)
    }

    /// A person's reason.
    ///
    /// # Errors
    /// It is empty, longer than 500 characters, or not one printable line.
    pub fn reason(text: &str) -> Result<Self, UnusableLine> {
        Self::within(text, "reason", LONGEST_REASON)
    }

    fn within(text: &str, what: &'static str, most: usize) -> Result<Self, UnusableLine> {
        let text = text.trim();
        let problem = if text.is_empty() {
            Some(Problem::Empty)
        } else if text.chars().any(unprintable) {
            Some(Problem::Unprintable)
        } else {
            (text.chars().count() > most).then_some(Problem::TooLong { most })
        };
        problem.map_or_else(|| Ok(Self(text.to_owned())), |problem| Err(UnusableLine { what, problem }))
    }
}

/// Control characters, and those that are not seen but turn or join what is: a report must read as it was written.
fn unprintable(c: char) -> bool {
    let unseen = matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}');
    c.is_control() || unseen
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A line that is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnusableLine {
    what: &'static str,
    problem: Problem,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Problem {
    Empty,
    TooLong { most: usize },
    Unprintable,
}

impl fmt::Display for UnusableLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = self.what;
        match self.problem {
            Problem::Empty => write!(f, "the {what} is empty; it is kept on record, so write one"),
            Problem::TooLong { most } => write!(f, "the {what} is longer than {most} characters"),
            Problem::Unprintable => write!(f, "the {what} is not one line of printable text"),
        }
    }
}

impl std::error::Error for UnusableLine {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_printable_line_of_bounded_length() {
        assert_eq!(Line::reason("  gemäß Absprache: 日本 ").unwrap().to_string(), "gemäß Absprache: 日本");
        assert!(Line::reason(&"x".repeat(500)).is_ok());
        for wrong in ["", " ", "a\nb", "a\u{1b}[31mb", "a\u{202e}b", "a\u{0}b", &"x".repeat(501)] {
            assert!(Line::reason(wrong).is_err(), "{wrong:?}");
        }
        assert!(Line::name(&"x".repeat(261)).is_err());
    }
}
