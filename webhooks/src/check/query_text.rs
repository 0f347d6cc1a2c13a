//! A query as lines of a terminal: whole, so that it can be pasted, and broken after a comma where it is too long.
//!
//! PromQL takes a line's end for a blank, except within a quoted text; so only commas outside of those end a line.

/// Columns of a terminal that a policy's meaning may fill.
pub(super) const COLUMNS: usize = 120;

/// The query's lines, the first after `head` and the others under it.
pub(super) fn lines(head: &str, query: &str) -> String {
    let indent = head.chars().count();
    let mut text = head.to_owned();
    let mut column = indent;
    for piece in pieces(query) {
        let width = piece.chars().count();
        if column > indent && column + width > COLUMNS {
            text.push('\n');
            text.extend(std::iter::repeat_n(' ', indent));
            column = indent;
        }
        text.push_str(piece);
        column += width;
    }
    text
}

/// The query cut behind each comma that is not quoted.
fn pieces(query: &str) -> Vec<&str> {
    let (mut pieces, mut start, mut quote, mut escaped) = (Vec::new(), 0, None, false);
    for (at, c) in query.char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            // Between backticks a backslash is one.
            Some(open) if c == '\\' && open != '`' => escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if matches!(c, '"' | '\'' | '`') => quote = Some(c),
            None if c == ',' => {
                pieces.push(&query[start..=at]);
                start = at + 1;
            }
            None => {}
        }
    }
    pieces.push(&query[start..]);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_that_fits_is_one_line() {
        assert_eq!(
            lines("  canary ", "up{job=\"api\",track=\"canary\"}"),
            "  canary up{job=\"api\",track=\"canary\"}"
        );
    }

    #[test]
    fn a_long_query_is_broken_after_commas_and_never_within_a_quoted_text() {
        let value = "x,".repeat(40);
        let query = format!(r#"up{{a="{value}",b='it\'s, {value}',c=`\`,d="\",{value}"}}"#);
        let text = lines("  q ", &query);
        assert_eq!(text.lines().map(str::trim_start).collect::<String>(), format!("q {query}"));
        let begins: Vec<&str> = text.lines().map(|line| &line.trim_start()[..3]).collect();
        assert_eq!(begins, ["q u", "b='", "d=\""], "{text}");
    }
}
