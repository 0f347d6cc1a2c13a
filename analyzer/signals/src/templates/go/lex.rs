//! Cuts a template into text and actions, and actions into tokens, at the places where Go cuts them.

use super::Refused;
use super::action::Token;

/// A part of a template, before it is understood.
pub(super) enum Part<'a> {
    Text(&'a str),
    Action(Vec<Token>),
}

const OPEN: &str = "{{";
const CLOSE: &str = "}}";

/// What Go takes for white space.
const SPACES: [char; 4] = [' ', '\t', '\r', '\n'];

fn is_space(byte: Option<&u8>) -> bool {
    byte.is_some_and(|b| SPACES.contains(&char::from(*b)))
}

/// Cuts `template`; comments are gone, and white space that a marker trims.
pub(super) fn parts(template: &str) -> Result<Vec<Part<'_>>, Refused> {
    let mut parts = Vec::new();
    let mut rest = template;
    loop {
        let Some((text, inside)) = rest.split_once(OPEN) else {
            push(&mut parts, rest);
            return Ok(parts);
        };
        let trims = inside.starts_with('-') && is_space(inside.as_bytes().get(1));
        push(&mut parts, if trims { text.trim_end_matches(SPACES) } else { text });
        let inside = if trims { inside.get(2..).unwrap_or_default() } else { inside };
        rest = match inside.strip_prefix("/*") {
            Some(comment) => after_comment(comment)?,
            None => {
                let (tokens, after) = action(inside)?;
                parts.push(Part::Action(tokens));
                after
            }
        };
    }
}

fn push<'a>(parts: &mut Vec<Part<'a>>, text: &'a str) {
    if !text.is_empty() {
        parts.push(Part::Text(text));
    }
}

fn after_comment(comment: &str) -> Result<&str, Refused> {
    let (_, after) = comment.split_once("*/").ok_or(Refused::Unclosed { what: "a comment" })?;
    closed(after).ok_or_else(|| {
        let instead = "give it braces of its own: {{/* why */}}";
        Refused::construct("a comment beside something else", instead)
    })
}

/// What follows the end of an action, if it ends here.
fn closed(text: &str) -> Option<&str> {
    let trimming = text.as_bytes().get(1) == Some(&b'-') && is_space(text.as_bytes().first());
    if let Some(after) = text.get(2..).filter(|_| trimming).and_then(|text| text.strip_prefix(CLOSE)) {
        return Some(after.trim_start_matches(SPACES));
    }
    text.strip_prefix(CLOSE)
}

/// The tokens of an action, and what follows it.
fn action(inside: &str) -> Result<(Vec<Token>, &str), Refused> {
    let mut tokens = Vec::new();
    let mut rest = inside;
    loop {
        if let Some(after) = closed(rest) {
            return Ok((tokens, after));
        }
        let Some(first) = rest.chars().next() else {
            return Err(Refused::Unclosed { what: "an action" });
        };
        let (token, after) = match first {
            space if SPACES.contains(&space) => (Token::Space, after_spaces(rest)),
            '"' => quoted(rest)?,
            '`' => raw(rest)?,
            '.' => word(rest, 1, Token::Field),
            letter if is_word(letter) => word(rest, 0, Token::Word),
            other => (Token::Other(other), rest.get(other.len_utf8()..).unwrap_or_default()),
        };
        tokens.push(token);
        rest = after;
    }
}

/// Up to what is no space, or to the space that belongs to a closing trim marker.
fn after_spaces(text: &str) -> &str {
    let mut rest = text;
    loop {
        let after = rest.get(1..).unwrap_or_default();
        if !is_space(after.as_bytes().first()) || closed(after).is_some() {
            return after;
        }
        rest = after;
    }
}

fn is_word(char: char) -> bool {
    char == '_' || char.is_alphanumeric()
}

fn word(text: &str, skipped: usize, token: fn(String) -> Token) -> (Token, &str) {
    let rest = text.get(skipped..).unwrap_or_default();
    let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
    let (word, after) = rest.split_at(end);
    (token(word.to_owned()), after)
}

fn quoted(text: &str) -> Result<(Token, &str), Refused> {
    let mut escaped = false;
    for (at, char) in text.char_indices().skip(1) {
        match char {
            '\n' => break,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => {
                let (inside, after) = (text.get(1..at), text.get(at + 1..));
                return Ok((Token::Quoted(inside.unwrap_or_default().to_owned()), after.unwrap_or_default()));
            }
            _ => {}
        }
    }
    Err(Refused::Unclosed { what: "a quoted text" })
}

fn raw(text: &str) -> Result<(Token, &str), Refused> {
    let inside = text.get(1..).unwrap_or_default();
    let (raw, after) = inside.split_once('`').ok_or(Refused::Unclosed { what: "a quoted text" })?;
    // As Go does: a carriage return in a raw text is dropped.
    Ok((Token::Raw(raw.replace('\r', "")), after))
}
