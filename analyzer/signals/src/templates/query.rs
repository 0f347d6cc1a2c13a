//! A whole query: what stands between braces is read as matchers, what stands in quotes is escaped, and everything else stays.

use super::escape::{for_go, quoted};
use super::go::{Call, Refused};
use super::holes::{Holed, Part};
use super::lists::{For, Lists};
use super::names::Names;

/// A query in pieces.
pub(super) struct Query(Vec<Piece>);

enum Piece {
    Text(String),
    Hole(Call, Place),
    Braces(Lists),
}

/// Where a hole stands.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// Where PromQL has names and durations.
    Bare,
    /// In a text of this quote.
    Quoted(char),
    /// In a comment.
    Comment,
}

impl Query {
    /// Reads a query; otherwise says what to write instead.
    pub(super) fn read(template: &str) -> Result<Self, String> {
        let holed = Holed::read(template).map_err(|e| e.to_string())?;
        let mut pieces = Vec::new();
        let mut rest = holed.text.as_str();
        while !rest.is_empty() {
            let (place, text, after) = next(rest)?;
            rest = after;
            if let Some(inside) = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
                pieces.push(Piece::Braces(Lists::read(inside, &holed)?));
                continue;
            }
            pieces.extend(holed.parts(text).into_iter().map(|part| match part {
                Part::Text(text) => Piece::Text(text),
                Part::Hole(call) => Piece::Hole(call, place),
            }));
        }
        let holes = |piece: &Piece| match piece {
            Piece::Text(_) => 0,
            Piece::Hole(..) => 1,
            Piece::Braces(lists) => lists.holes(),
        };
        holed.are_all(pieces.iter().map(holes).sum())?;
        Ok(Self(pieces))
    }

    /// With the matchers between all braces changed.
    pub(super) fn map(self, change: impl Fn(Lists) -> Lists) -> Self {
        let map = |piece| match piece {
            Piece::Braces(lists) => Piece::Braces(change(lists)),
            Piece::Text(_) | Piece::Hole(..) => piece,
        };
        Self(self.0.into_iter().map(map).collect())
    }

    /// For Flagger to fill in.
    pub(super) fn template(&self) -> Result<String, Refused> {
        let print = |piece: &Piece| match piece {
            Piece::Text(text) => Ok(for_go(text)),
            Piece::Hole(call, _) => Ok(call.source()),
            Piece::Braces(lists) => Ok(format!("{{{}}}", lists.print(&For::Flagger)?)),
        };
        self.0.iter().map(print).collect()
    }

    /// With names put in; otherwise says what to write instead.
    pub(super) fn filled(&self, names: &Names) -> Result<String, String> {
        let print = |piece: &Piece| match piece {
            Piece::Text(text) => Ok(text.clone()),
            Piece::Hole(call, place) => put_in(call.value(names).map_err(|e| e.to_string())?, *place),
            Piece::Braces(lists) => {
                Ok(format!("{{{}}}", lists.print(&For::Query(names)).map_err(|e| e.to_string())?))
            }
        };
        self.0.iter().map(print).collect()
    }
}

/// The next stretch of one kind, and what follows it.
fn next(text: &str) -> Result<(Place, &str, &str), String> {
    let first = text.chars().next().unwrap_or_default();
    let (place, end) = match first {
        '{' => (Place::Bare, braces(text)?),
        '"' | '\'' | '`' => (Place::Quoted(first), quotes(text, first)?),
        '#' => (Place::Comment, text.find('\n').unwrap_or(text.len())),
        _ => (Place::Bare, text.find(['{', '"', '\'', '`', '#']).unwrap_or(text.len())),
    };
    let (stretch, after) = text.split_at(end);
    Ok((place, stretch, after))
}

/// The length of a text in quotes, both quotes included.
fn quotes(text: &str, quote: char) -> Result<usize, String> {
    let mut escaped = false;
    for (at, char) in text.char_indices().skip(1) {
        match char {
            _ if escaped => escaped = false,
            '\\' if quote != '`' => escaped = true,
            _ if char == quote => return Ok(at + quote.len_utf8()),
            _ => {}
        }
    }
    Err(format!("has a {quote} without an end"))
}

/// The length of what stands between braces, both included.
fn braces(text: &str) -> Result<usize, String> {
    let mut at = 1;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let first = rest.chars().next().unwrap_or_default();
        match first {
            '}' => return Ok(at + 1),
            '{' => return Err("has a brace inside braces".to_owned()),
            '"' | '\'' | '`' => at += quotes(rest, first)?,
            other => at += other.len_utf8(),
        }
    }
    Err("has a brace without its other half".to_owned())
}

fn put_in(name: &str, place: Place) -> Result<String, String> {
    let word = |b: u8| b == b'_' || b == b':' || b.is_ascii_alphanumeric();
    match place {
        Place::Quoted('"') => Ok(quoted(name)),
        Place::Quoted('\'') => Ok(quoted(name).replace("\\\"", "\"").replace('\'', "\\'")),
        Place::Quoted(_) if !name.contains('`') => Ok(name.to_owned()),
        Place::Bare if !name.is_empty() && name.bytes().all(word) => Ok(name.to_owned()),
        Place::Comment => Ok(String::new()),
        Place::Quoted(_) | Place::Bare => {
            Err(format!("puts {name:?} where it would be read as PromQL; put it between double quotes"))
        }
    }
}
