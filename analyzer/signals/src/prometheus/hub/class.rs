//! The classes and escapes of `pattern`: read character by character and written anew, because the engine here gives
//! a meaning to characters inside brackets (`&&`, `--`, `[`) that the source's has not.

/// Reads the class that `rest` begins with, for the engine here, and how many bytes it is long.
pub(super) fn class(rest: &str) -> Option<(String, usize)> {
    let mut chars = rest.char_indices().skip(1).peekable();
    let negated = chars.next_if(|(_, c)| *c == '^').is_some();
    let mut ranges = String::new();
    let mut is_first = true;
    loop {
        let (at, c) = chars.next()?;
        match c {
            ']' if !is_first => {
                let not = if negated { "^" } else { "" };
                return Some((format!("[{not}{ranges}]"), at + 1));
            }
            '[' if rest.get(at + 1..)?.starts_with(':') => return None,
            '-' if !is_first && chars.peek().is_none_or(|(_, next)| *next != ']') => return None,
            '\\' if chars.peek().and_then(|(_, next)| shorthand(*next)).is_some() => {
                let (false, inside) = chars.next().and_then(|(_, next)| shorthand(next))? else {
                    return None;
                };
                ranges.push_str(inside);
            }
            c => {
                let low = member(c, &mut chars)?;
                let mut ahead = chars.clone();
                let is_range = ahead.next().is_some_and(|(_, c)| c == '-')
                    && ahead.next().is_some_and(|(_, c)| c != ']');
                let high = if is_range {
                    chars.next()?;
                    let (_, c) = chars.next()?;
                    member(c, &mut chars)?
                } else {
                    low
                };
                if high < low {
                    return None;
                }
                ranges.push_str(&format!("\\x{{{:x}}}-\\x{{{:x}}}", u32::from(low), u32::from(high)));
            }
        }
        is_first = false;
    }
}

/// One character of a class, which may be escaped.
fn member(c: char, chars: &mut impl Iterator<Item = (usize, char)>) -> Option<char> {
    match c {
        '\\' => chars.next().and_then(|(_, next)| escaped(next)),
        // Posix classes; whatever else they begin is not worth telling apart.
        other => Some(other),
    }
}

/// What a backslash makes of this character, where that is one character and the same for both engines.
pub(super) fn escaped(c: char) -> Option<char> {
    match c {
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        c if c.is_ascii_punctuation() => Some(c),
        _ => None,
    }
}

/// Perl's classes as RE2 has them (ASCII only): whether negated, and the inside of brackets.
pub(super) fn shorthand(c: char) -> Option<(bool, &'static str)> {
    let inside = match c.to_ascii_lowercase() {
        'd' => "0-9",
        'w' => "0-9A-Za-z_",
        's' => "\\t\\n\\x0c\\r\\x20",
        _ => return None,
    };
    Some((c.is_ascii_uppercase(), inside))
}
