//! A template whose names are holes: its PromQL is read before any name is put in, so that no name can change it.
//!
//! Each hole is a word that occurs nowhere else in the template. A word may stand wherever a name may, so the PromQL parser
//! reads the template as it is, and says which hole stands in which label's value.

use super::go::{self, Call, Piece, Refused};

/// A template with words for its names.
pub(super) struct Holed {
    /// The whole text, words and all.
    pub(super) text: String,
    calls: Vec<Call>,
    /// What all words begin with.
    prefix: String,
}

/// A part of a text between holes, or a hole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Text(String),
    Hole(Call),
}

impl Holed {
    /// Reads a template.
    pub(super) fn read(template: &str) -> Result<Self, Refused> {
        let pieces = go::parse(template)?;
        let kept: String = pieces.iter().map(|p| if let Piece::Text(t) = p { t } else { "" }).collect();
        let prefix = prefix(&kept);
        let (mut text, mut calls) = (String::new(), Vec::new());
        for piece in pieces {
            match piece {
                Piece::Text(kept) => text.push_str(&kept),
                Piece::Call(call) => {
                    text.push_str(&format!("{prefix}{}x", calls.len()));
                    calls.push(call);
                }
            }
        }
        Ok(Self { text, calls, prefix })
    }

    /// A text that is no template.
    pub(super) fn without(text: &str) -> Self {
        Self { text: text.to_owned(), calls: Vec::new(), prefix: prefix(text) }
    }

    /// The parts of a text that was cut out of the whole.
    pub(super) fn parts(&self, text: &str) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(self.prefix.as_str()) {
            let (number, behind) = after.split_once('x').unwrap_or((after, ""));
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            let call = number.parse::<usize>().ok().and_then(|n| self.calls.get(n));
            parts.extend(call.cloned().map(Part::Hole));
            rest = behind;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        parts
    }

    /// Every hole has to be found again, and no more: an escape could spell one that is none.
    pub(super) fn are_all(&self, found: usize) -> Result<(), String> {
        let refusal = || "has an escape that hides a name; write the characters themselves".to_owned();
        (found == self.calls.len()).then_some(()).ok_or_else(refusal)
    }

    /// Whether a hole stands in a text that was cut out of the whole.
    pub(super) fn is_in(&self, text: &str) -> bool {
        text.contains(&self.prefix)
    }
}

/// What no word of `text` contains. The letter h escapes nothing, neither in PromQL nor in a regular expression: behind a
/// backslash, a hole is refused.
fn prefix(text: &str) -> String {
    (0u32..).map(|n| format!("hole{n}x")).find(|p| !text.contains(p)).unwrap_or_default()
}
