//! Strangers' text in a line of ours: keys, values and names of files that somebody else wrote.

/// `text` with what could move a cursor or forge a line escaped.
pub(crate) fn printable(text: &str) -> String {
    let shown = |c: char| match c {
        '"' | '\'' | '\\' => c.to_string(),
        _ => c.escape_debug().to_string(),
    };
    text.chars().map(shown).collect()
}
