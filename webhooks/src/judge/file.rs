//! A file's text, cut into one raw text per case. Nothing is typed here, but JSON it has to be, to its end.
//!
//! The whole text is held, and each case once more while a core has it in hand; nothing else grows with the file.

use serde_json::value::RawValue;
use thiserror::Error;

/// The cases of a file, in their order.
#[derive(Debug)]
pub struct Cases<'a> {
    /// Each case's own text.
    pub raw: Vec<&'a RawValue>,
    /// Whether the file is a list, even if of one.
    pub listed: bool,
}

/// Why a file has no cases.
#[derive(Debug, Error)]
pub enum FileError {
    /// It is no JSON.
    #[error("line {line}, column {column}: this is no JSON: {problem}")]
    NoJson {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// The parser's words.
        problem: String,
    },
    /// It has no case.
    #[error("the list is empty; write at least one case (`haldane judge --schema` says how)")]
    Empty,
    /// It is JSON, but neither a case nor a list.
    #[error("this is neither a case nor a list of cases; `haldane judge --schema` says what they look like")]
    NoCase,
}

/// Cuts `text` into cases.
///
/// # Errors
/// What keeps the whole file from being read; never what is wrong with one case.
pub fn cases(text: &str) -> Result<Cases<'_>, FileError> {
    // Editors of another system write a mark before the text; it is no part of it.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let listed = match text.trim_ascii_start().as_bytes().first() {
        Some(b'[') => true,
        Some(b'{') => false,
        Some(_) | None => {
            serde_json::from_str::<serde::de::IgnoredAny>(text).map_err(no_json)?;
            return Err(FileError::NoCase);
        }
    };
    let raw = match listed {
        true => serde_json::from_str::<Vec<&RawValue>>(text).map_err(no_json)?,
        false => vec![serde_json::from_str::<&RawValue>(text).map_err(no_json)?],
    };
    if raw.is_empty() { Err(FileError::Empty) } else { Ok(Cases { raw, listed }) }
}

fn no_json(error: serde_json::Error) -> FileError {
    let said = error.to_string();
    let problem = said.rsplit_once(" at line ").map_or(said.as_str(), |(said, _)| said).to_owned();
    FileError::NoJson { line: error.line(), column: error.column(), problem }
}
