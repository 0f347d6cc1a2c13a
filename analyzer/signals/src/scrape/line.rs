//! The shape of one line of the Prometheus text format, without allocation.
//!
//! The parser crate skips what it cannot read and splits label sets at every comma and equals sign, quoted or not.
//! So this scanner goes first: it tells a sample from a comment and from garbage, and finds where each quoted
//! string really ends. It reads also what newer exporters write: exemplars, and names in quotes inside the braces.

use super::token::{Step, identifier, skip_blanks, step, unescaped};
use std::borrow::Cow;

/// What one line is.
#[derive(Debug, PartialEq)]
pub(crate) enum Line<'a> {
    /// A comment, metadata, or nothing.
    Silent,
    /// A well-formed sample.
    Sample(RawSample<'a>),
    /// Neither.
    Malformed,
}

/// The parts of a sample that matter here; timestamp and exemplar have been checked and left out.
#[derive(Debug, PartialEq)]
pub(crate) struct RawSample<'a> {
    /// The metric's name.
    pub(crate) name: &'a str,
    /// The value, already known to be a number.
    pub(crate) value: &'a str,
    /// The label set from behind its opening brace on; empty without one.
    labels: &'a str,
}

/// Reads one line without its line feed.
pub(crate) fn scan(line: &str) -> Line<'_> {
    let line = line.trim_matches([' ', '\t', '\r']);
    if line.is_empty() || line.starts_with('#') {
        return Line::Silent;
    }
    sample(line).map_or(Line::Malformed, Line::Sample)
}

impl<'a> RawSample<'a> {
    /// Label names and values with their escapes undone, in the order written.
    pub(crate) fn labels(&self) -> Vec<(Cow<'a, str>, Cow<'a, str>)> {
        let mut pairs = Vec::new();
        let mut rest = self.labels;
        while let Some(Step::Label { name, value, after }) = step(rest) {
            if let Some(value) = value {
                pairs.push((unescaped(name), unescaped(value)));
            }
            rest = after;
        }
        pairs
    }
}

fn sample(line: &str) -> Option<RawSample<'_>> {
    let (plain_name, rest) = identifier(line);
    let after_name = skip_blanks(rest);
    let (labels, quoted_name, rest) = match after_name.strip_prefix('{') {
        Some(inside) => {
            let (quoted_name, rest) = label_set(inside)?;
            (inside, quoted_name, rest)
        }
        None if rest.len() > after_name.len() => ("", None, rest),
        None => return None,
    };
    let name = match (plain_name, quoted_name) {
        ("", Some(name)) | (name, None) if !name.is_empty() => name,
        _ => return None,
    };
    let value = number_and_tail(rest)?;
    Some(RawSample { name, value, labels })
}

/// Checks a label set; gives a metric name found in it, and what follows the closing brace.
fn label_set(mut text: &str) -> Option<(Option<&str>, &str)> {
    let mut metric = None;
    loop {
        match step(text)? {
            Step::End { after } => return Some((metric, after)),
            Step::Label { value: None, name, after } if metric.is_none() => {
                metric = Some(name);
                text = after;
            }
            Step::Label { value: None, .. } => return None,
            Step::Label { value: Some(_), after, .. } => text = after,
        }
    }
}

/// The value, if what follows it is nothing, a timestamp, an exemplar, or both.
fn number_and_tail(text: &str) -> Option<&str> {
    let mut words = text.split([' ', '\t']).filter(|word| !word.is_empty());
    let value = words.next().filter(|word| word.parse::<f64>().is_ok())?;
    let mut next = words.next();
    if next.is_some_and(|word| word.parse::<f64>().is_ok()) {
        next = words.next();
    }
    match next {
        None => Some(value),
        Some("#") => words.next().filter(|word| word.starts_with('{')).map(|_| value),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(line: &str) -> Vec<(String, String)> {
        match scan(line) {
            Line::Sample(s) => {
                s.labels().into_iter().map(|(k, v)| (k.into_owned(), v.into_owned())).collect()
            }
            other @ (Line::Silent | Line::Malformed) => panic!("{line} is {other:?}"),
        }
    }

    #[test]
    fn quoted_strings_end_where_they_end_whatever_is_in_them() {
        assert_eq!(
            labels(r#"m{path="/a,b={x}",q="say \"hi\", \\n\n"} 1"#),
            [("path".into(), "/a,b={x}".into()), ("q".into(), "say \"hi\", \\n\n".into())]
        );
        assert_eq!(labels("m { a = \"1\" , } 2 # {trace_id=\"x y\"} 0.5 1e9"), [("a".into(), "1".into())]);
        assert_eq!(labels("m{} 1"), []);
        assert_eq!(labels(r#"{"m.x",a="1"} 1"#), [("a".into(), "1".into())]);
    }

    #[test]
    fn what_is_no_sample_is_malformed() {
        let bad = [
            "m",
            "m{a=\"1\"}",
            "m one",
            "m-1",
            "1m 1",
            "{a=\"1\"} 1",
            "m{a=1} 1",
            "m{a=\"1} 1",
            "m{a=\"1\" b=\"2\"} 1",
            "m{,} 1",
            "m{\"n\"} 1",
            "m 1 soon",
            "m 1 2 3",
            "m 1 # 0.5",
            "{\"a\":1}",
            "é 1",
            "m{a=\"\\\"} 1",
        ];
        for line in bad {
            assert_eq!(scan(line), Line::Malformed, "{line}");
        }
    }

    #[test]
    fn comments_and_blanks_are_silent_and_numbers_may_be_special() {
        for line in ["", "  \t", "# HELP m x", "# EOF", "#", "\r"] {
            assert_eq!(scan(line), Line::Silent, "{line:?}");
        }
        for line in ["m NaN", "m +Inf 1", "m 1e-7 1700000000.5", "a:b_c 3\r", "m\t1", "m{a=\"\"}1"] {
            assert!(matches!(scan(line), Line::Sample(_)), "{line:?}");
        }
    }
}
