//! A text as it has to be written to mean itself: between quotes, in a regular expression, in a Go template.

/// A text as PromQL writes it between double quotes.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\\' => quoted.push_str("\\\\"),
            '"' => quoted.push_str("\\\""),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            other => quoted.push(other),
        }
    }
    quoted
}

/// A regular expression that matches this text alone: escaped as Go's `QuoteMeta` escapes, which is what both engines read.
pub(super) fn literal(text: &str) -> String {
    let mut literal = String::with_capacity(text.len());
    for char in text.chars() {
        if "\\.+*?()|[]{}^$".contains(char) {
            literal.push('\\');
        }
        literal.push(char);
    }
    literal
}

/// Flagger reads a query as a Go template, where two braces begin an action; what follows a brace at the end may be one.
pub(super) fn for_go(text: &str) -> String {
    let text = text.replace("{{", "{{\"{{\"}}");
    text.strip_suffix('{').map(|before| format!("{before}{{{{\"{{\"}}}}")).unwrap_or(text)
}
