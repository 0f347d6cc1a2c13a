//! Go's `text/template`, as far as Flagger's queries need it: names put into a text, and nothing that decides.
//!
//! Flagger hands a MetricTemplate's query to Go with eight functions and no data. What makes sense there is a function, a
//! variable by its key, a quoted text (mostly for a `{{` that is meant as it is), comments and trim markers. That much is
//! read here to the byte as Go reads it (held to recorded answers of Go by `tests/templates`); everything else Go knows is
//! refused by its name. A full engine (the crate gotmpl is young, gtmpl has not moved since 2021) would also run loops and
//! conditions, and a query that they assemble cannot be looked at before names are put in, which is what keeps a name
//! from breaking out of its quotes.

mod action;
mod lex;
mod refusal;

pub use refusal::Refused;

use super::names::{Function, Names};

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Text that stays.
    Text(String),
    /// A name that is put in.
    Call(Call),
}

/// A name that is put in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Call {
    /// One of Flagger's functions.
    Function(Function),
    /// `variables.KEY`: has to be there.
    Variable(String),
    /// `index variables "KEY"`: empty where it is not.
    Index(String),
}

impl Call {
    /// What is put in.
    pub(super) fn value<'a>(&self, names: &'a Names) -> Result<&'a str, Refused> {
        match self {
            Self::Function(function) => Ok(names.get(*function)),
            Self::Variable(key) => {
                let value = names.variables.get(key).map(String::as_str);
                value.ok_or_else(|| Refused::NoVariable { key: key.clone() })
            }
            Self::Index(key) => Ok(names.variables.get(key).map_or("", String::as_str)),
        }
    }

    /// As it is written in a template.
    pub(super) fn source(&self) -> String {
        match self {
            Self::Function(function) => format!("{{{{ {} }}}}", function.name()),
            Self::Variable(key) => format!("{{{{ variables.{key} }}}}"),
            Self::Index(key) => format!("{{{{ index variables `{key}` }}}}"),
        }
    }
}

/// Reads a template.
pub(super) fn parse(template: &str) -> Result<Vec<Piece>, Refused> {
    let mut pieces = Vec::new();
    for part in lex::parts(template)? {
        let piece = match part {
            lex::Part::Text(text) => Piece::Text(text.to_owned()),
            lex::Part::Action(tokens) => action::piece(&tokens)?,
        };
        match (pieces.last_mut(), piece) {
            (Some(Piece::Text(before)), Piece::Text(text)) => before.push_str(&text),
            (_, piece) => pieces.push(piece),
        }
    }
    Ok(pieces)
}

/// What Go's `text/template` makes of `template` with Flagger's functions: names stand in it as they are, unescaped.
///
/// # Errors
/// [`Refused`], where Go would refuse, and where Haldane does not read what Go would.
pub fn render(template: &str, names: &Names) -> Result<String, Refused> {
    let mut text = String::new();
    for piece in parse(template)? {
        match piece {
            Piece::Text(kept) => text.push_str(&kept),
            Piece::Call(call) => text.push_str(call.value(names)?),
        }
    }
    Ok(text)
}
