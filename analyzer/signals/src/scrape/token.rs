//! The smallest parts of a sample line: names, quoted strings, and the steps through a label set.
//!
//! Everything borrows from the line: pages hold thousands of lines of other metrics, whose shape is checked and
//! whose content is not wanted.

use std::borrow::Cow;

/// One thing in a label set.
pub(crate) enum Step<'a> {
    /// A label, or (without a value) a quoted metric name.
    Label { name: &'a str, value: Option<&'a str>, after: &'a str },
    /// The closing brace, and what follows it.
    End { after: &'a str },
}

/// Reads the next thing in a label set; nothing if it is malformed.
pub(crate) fn step(text: &str) -> Option<Step<'_>> {
    let text = skip_blanks(text);
    if let Some(after) = text.strip_prefix('}') {
        return Some(Step::End { after });
    }
    let is_quoted = text.starts_with('"');
    let (name, rest) = if is_quoted { quoted(text)? } else { identifier(text) };
    let rest = skip_blanks(rest);
    let (value, rest) = match rest.strip_prefix('=') {
        Some(rest) => quoted(skip_blanks(rest)).map(|(value, rest)| (Some(value), rest))?,
        None => (None, rest),
    };
    if name.is_empty() || (value.is_none() && !is_quoted) {
        return None;
    }
    let rest = skip_blanks(rest);
    let after = rest.strip_prefix(',').or_else(|| rest.starts_with('}').then_some(rest))?;
    Some(Step::Label { name, value, after })
}

/// The text without blanks in front.
pub(crate) fn skip_blanks(text: &str) -> &str {
    text.trim_start_matches([' ', '\t'])
}

/// The longest metric or label name at the beginning (may be empty), and the rest.
pub(crate) fn identifier(text: &str) -> (&str, &str) {
    let is_name = |(i, b): (usize, &u8)| {
        matches!(b, b'a'..=b'z' | b'A'..=b'Z' | b'_' | b':') || (i > 0 && b.is_ascii_digit())
    };
    let end = text.as_bytes().iter().enumerate().take_while(|&at| is_name(at)).count();
    text.split_at_checked(end).unwrap_or(("", text))
}

/// The inside of the quoted string at the beginning, escapes as written, and the rest.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let inside = text.strip_prefix('"')?;
    let mut escaped = false;
    let end = inside.bytes().position(|b| {
        let closes = b == b'"' && !escaped;
        escaped = b == b'\\' && !escaped;
        closes
    })?;
    Some((inside.get(..end)?, inside.get(end + 1..)?))
}

/// Undoes `\\`, `\"` and `\n`; other escapes do not exist in the format and stay as they are.
pub(crate) fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, if c == '\\' { chars.next() } else { None }) {
            ('\\', Some('n')) => plain.push('\n'),
            ('\\', Some(c @ ('\\' | '"'))) => plain.push(c),
            (c, next) => plain.extend([Some(c), next].into_iter().flatten()),
        }
    }
    Cow::Owned(plain)
}
