//! Makes any text fit for a reason: one line of printable ASCII, short.
//!
//! Reasons end in hook answers, logs, terminals and pages, and part of their text comes from whatever answered a
//! scrape. Control characters there could forge log lines or colour a terminal.

/// The longest text in a reason, in characters.
const MAX_CHARS: usize = 120;

/// `text` with every run of other characters than printable ASCII replaced by one space, cut to 120 characters.
pub(crate) fn one_line(text: &str) -> String {
    cut(text, MAX_CHARS)
}

/// The beginning of what was found, short enough to stand inside a reason.
pub(crate) fn snippet(text: &str) -> String {
    cut(text, 40)
}

fn cut(text: &str, max_chars: usize) -> String {
    let mut line = String::new();
    // Four times the length is enough to fill the line and bounds the work on a hostile megabyte.
    for c in text.trim().chars().take(4 * max_chars) {
        match c {
            '!'..='~' => line.push(c),
            _ if line.is_empty() || line.ends_with(' ') => {}
            _ => line.push(' '),
        }
        if line.len() >= max_chars {
            line.truncate(max_chars - 3);
            line.push_str("...");
            break;
        }
    }
    line.truncate(line.trim_end().len());
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_short_printable_line_whatever_it_was() {
        assert_eq!(one_line("  plain words "), "plain words");
        assert_eq!(one_line("a\r\n\x1b[31mred\u{202e}b"), "a [31mred b");
        let long = one_line(&"x".repeat(5000));
        assert!(long.len() == MAX_CHARS && long.ends_with("..."), "{long}");
        assert_eq!(one_line("\u{1F600}\n\n"), "");
    }
}
