//! What stands between the braces: one of four forms, anything else by its name.

use super::super::names::Function;
use super::{Call, Piece, Refused};

/// A token of an action.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token {
    Space,
    /// A run of letters, digits and underscores.
    Word(String),
    /// The same behind a dot.
    Field(String),
    /// What stands between double quotes, escapes and all.
    Quoted(String),
    /// What stands between back quotes.
    Raw(String),
    Other(char),
}

/// Understands an action.
pub(super) fn piece(tokens: &[Token]) -> Result<Piece, Refused> {
    let tokens = trimmed(tokens);
    match tokens {
        [Token::Word(word)] => match Function::named(word) {
            Some(function) => Ok(Piece::Call(Call::Function(function))),
            None => Err(refusal(tokens)),
        },
        [Token::Word(word), Token::Field(key)] if word == "variables" && is_key(key) => {
            Ok(Piece::Call(Call::Variable(key.clone())))
        }
        [
            Token::Word(index),
            Token::Space,
            Token::Word(word),
            Token::Space,
            key @ (Token::Quoted(_) | Token::Raw(_)),
        ] if index == "index" && word == "variables" => {
            let key = text(key)?;
            if key.contains(['`', '\r']) {
                return Err(Refused::construct("a key with a back quote", "rename the variable"));
            }
            Ok(Piece::Call(Call::Index(key)))
        }
        [token @ (Token::Quoted(_) | Token::Raw(_))] => Ok(Piece::Text(text(token)?)),
        _ => Err(refusal(tokens)),
    }
}

fn trimmed(mut tokens: &[Token]) -> &[Token] {
    while let [Token::Space, rest @ ..] = tokens {
        tokens = rest;
    }
    while let [rest @ .., Token::Space] = tokens {
        tokens = rest;
    }
    tokens
}

/// Go knows more letters than ASCII's; a key with one is written in quotes.
fn is_key(key: &str) -> bool {
    let digit_first = key.starts_with(|c: char| c.is_ascii_digit());
    !key.is_empty() && !digit_first && key.bytes().all(|b| b == b'_' || b.is_ascii_alphanumeric())
}

fn text(token: &Token) -> Result<String, Refused> {
    match token {
        Token::Quoted(text) => unquoted(text),
        Token::Raw(text) => Ok(text.clone()),
        Token::Space | Token::Word(_) | Token::Field(_) | Token::Other(_) => Err(refusal(&[])),
    }
}

/// A text between double quotes. Escapes that can make bytes which are no text are refused.
fn unquoted(quoted: &str) -> Result<String, Refused> {
    let refused =
        |escape: String| Refused::construct(escape, "write the character itself, or \\\" \\\\ \\n \\t");
    let mut text = String::new();
    let mut chars = quoted.chars();
    while let Some(char) = chars.next() {
        if char != '\\' {
            text.push(char);
            continue;
        }
        text.push(match chars.next() {
            Some('n') => '\n',
            Some('t') => '\t',
            Some('r') => '\r',
            Some(plain @ ('"' | '\\')) => plain,
            Some(other) => return Err(refused(format!("the escape \\{other}"))),
            None => return Err(refused("a lone \\".to_owned())),
        });
    }
    Ok(text)
}

/// The name of what is not read, and what to write instead.
fn refusal(tokens: &[Token]) -> Refused {
    let pipes = tokens.contains(&Token::Other('|'));
    match tokens {
        [] => Refused::construct("nothing", "write a function such as namespace, or leave the braces out"),
        _ if pipes => Refused::construct("a pipeline (|)", "write the function alone"),
        [Token::Word(word), ..] if word == "variables" => Refused::construct(
            "variables without one plain key",
            "write variables.KEY, or index variables \"KEY\"",
        ),
        [Token::Word(word), ..] if word == "index" => {
            Refused::construct("another index", "write index variables \"KEY\"")
        }
        [Token::Word(word), _, ..] if Function::named(word).is_some() => {
            Refused::construct(format!("something behind {word}"), "write the function alone")
        }
        [Token::Word(word), ..] => Refused::Word { word: word.clone() },
        [Token::Field(_), ..] => {
            Refused::construct("data (a dot)", "Flagger gives none: write a function such as namespace")
        }
        [Token::Quoted(_) | Token::Raw(_), ..] => {
            Refused::construct("something behind a quoted text", "give each its own braces")
        }
        [Token::Other('('), ..] => Refused::construct("parentheses", "write what stands in them alone"),
        [Token::Other('$'), ..] => Refused::construct("a variable ($)", "write variables.KEY"),
        [Token::Other('/'), ..] => {
            Refused::construct("a comment behind a space", "write it at the braces: {{/* why */}}")
        }
        [Token::Other(other), ..] => {
            Refused::construct(format!("{other:?}"), "write a function, or a text in double quotes")
        }
        [Token::Space, ..] => Refused::construct("white space", "write a function such as namespace"),
    }
}
