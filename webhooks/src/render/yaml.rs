//! Writes documents. Comments are ours, values are the serializer's: no value can end a line or a quotation.

use super::RenderError;
use serde::Serialize;

/// Appends `value` as one document.
pub(super) fn document(text: &mut String, value: &impl Serialize) -> Result<(), RenderError> {
    // Lines are folded nowhere: a selector that is broken in the middle cannot be searched for.
    let options = serde_saphyr::ser_options! { folded_wrap_chars: 65_536 };
    let written = serde_saphyr::to_string_with_options(value, options);
    text.push_str("---\n");
    text.push_str(&written.map_err(|error| RenderError::Yaml(error.to_string()))?);
    Ok(())
}

/// Appends a comment, one `#` for each line.
pub(super) fn comment(text: &mut String, line: &str) {
    // A context or an address may hold any letter; some of them end a line of YAML.
    let shown = |c: char| {
        if c.is_ascii_graphic() || c == ' ' { c.to_string() } else { c.escape_default().to_string() }
    };
    text.push_str("# ");
    text.extend(line.chars().map(shown));
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_leaves_its_comment() {
        let mut text = String::new();
        comment(&mut text, "a\nkind: Secret\u{2028}b");
        assert_eq!(text, "# a\\nkind: Secret\\u{2028}b\n");
    }
}
