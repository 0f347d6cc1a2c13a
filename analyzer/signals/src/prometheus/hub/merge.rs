//! One selector for many of one family: it finds at least what each of them finds.
//!
//! Values become alternatives. The literal beginnings of regular expressions are put together before their common
//! rest, which is shorter, and cheaper for the source than a thousand whole expressions. It may find more (one's
//! namespace with another's pod): the split leaves that out again.

use super::terms::{Op, Term, Terms};
use std::collections::{BTreeMap, BTreeSet};

/// The selector for all of `members`, which are of one family.
pub(super) fn selector(members: &[&Terms]) -> String {
    let Some(first) = members.first() else { return String::new() };
    let name = first.metric.iter().map(|metric| format!("__name__={}", literal(metric)));
    let terms = first.terms.iter().enumerate().map(|(place, term)| {
        let all = members.iter().filter_map(|member| member.terms.get(place));
        format!("{}{}", term.label, condition(term.op, all))
    });
    format!("{{{}}}", name.chain(terms).collect::<Vec<_>>().join(","))
}

fn condition<'a>(op: Op, all: impl Iterator<Item = &'a Term> + Clone) -> String {
    let values: BTreeSet<&str> = all.clone().map(|term| term.value.as_str()).collect();
    let single = if values.len() == 1 { values.first() } else { None };
    match (op, single) {
        (Op::Equal, Some(value)) => format!("={}", literal(value)),
        (Op::Equal, None) => {
            let quoted: Vec<String> = values.into_iter().map(quoted).collect();
            format!("=~{}", literal(&quoted.join("|")))
        }
        (Op::Like, Some(value)) => format!("=~{}", literal(value)),
        (Op::Like, None) => format!("=~{}", literal(&alternatives(all))),
        // The same for the whole family.
        (Op::NotEqual, _) => format!("!={}", literal(single.unwrap_or(&""))),
        (Op::NotLike, _) => format!("!~{}", literal(single.unwrap_or(&""))),
    }
}

fn alternatives<'a>(all: impl Iterator<Item = &'a Term>) -> String {
    let mut by_rest: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for pattern in all.filter_map(|term| term.pattern.as_ref()) {
        by_rest.entry(&pattern.rest).or_default().insert(&pattern.prefix);
    }
    let alternative = |(rest, prefixes): (&str, BTreeSet<&str>)| {
        let prefixes: Vec<String> = prefixes.into_iter().map(quoted).collect();
        match (prefixes.as_slice(), rest) {
            (_, "") => prefixes.join("|"),
            ([prefix], rest) => format!("{prefix}(?:{rest})"),
            (_, rest) => format!("(?:{})(?:{rest})", prefixes.join("|")),
        }
    };
    by_rest.into_iter().map(alternative).collect::<Vec<_>>().join("|")
}

/// A regular expression of RE2 that matches just this; the same characters as Go's `QuoteMeta`, so that the source sees a
/// plain set of values where it is one.
fn quoted(value: &str) -> String {
    let mut quoted = String::with_capacity(value.len());
    for c in value.chars() {
        if "\\.+*?()|[]{}^$".contains(c) {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted
}

/// A string of PromQL.
pub(super) fn literal(value: &str) -> String {
    let mut text = String::with_capacity(value.len() + 2);
    text.push('"');
    for c in value.chars() {
        match c {
            '\\' => text.push_str("\\\\"),
            '"' => text.push_str("\\\""),
            '\n' => text.push_str("\\n"),
            other => text.push(other),
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use promql_parser::parser::{self, Expr};

    fn terms(text: &str) -> Terms {
        let Ok(Expr::VectorSelector(vector)) = parser::parse(text) else { panic!("{text}") };
        Terms::read(&vector, text).expect(text)
    }

    fn merged(texts: &[&str]) -> String {
        let terms: Vec<Terms> = texts.iter().map(|text| terms(text)).collect();
        assert!(terms.iter().all(|t| t.family == terms[0].family), "{texts:?}");
        selector(&terms.iter().collect::<Vec<_>>())
    }

    #[test]
    fn values_become_alternatives_and_what_is_common_stays() {
        let texts = [r#"x{ns="a.b",pod=~"api-[a-z]+",job="j"}"#, r#"x{job="j",pod=~"web-[a-z]+",ns="c"}"#];
        assert_eq!(merged(&texts), r#"{__name__="x",job="j",ns=~"a\\.b|c",pod=~"(?:api-|web-)(?:[a-z]+)"}"#);
        assert_eq!(merged(&texts[..1]), r#"{__name__="x",job="j",ns="a.b",pod=~"api-[a-z]+"}"#);
    }

    #[test]
    fn hostile_values_stay_values() {
        assert_eq!(merged(&[r#"x{a="|\"\\n\n"}"#, r#"x{a=""}"#]), r#"{__name__="x",a=~"|\\|\"\\\\n\n"}"#);
        assert_eq!(merged(&[r#"x{a=~"b|c"}"#, r#"x{a=~"d"}"#]), r#"{__name__="x",a=~"d|(?:b|c)"}"#);
    }

    #[test]
    fn the_same_names_to_choose_from_merge_and_others_do_not() {
        let texts = [r#"{__name__=~"a|b",ns="x"}"#, r#"{ns="y",__name__=~"a|b"}"#];
        assert_eq!(merged(&texts), r#"{__name__=~"a|b",ns=~"x|y"}"#);
        let family = |text| terms(text).family;
        assert_ne!(family(texts[0]), family(r#"{__name__=~"a|c",ns="x"}"#));
        assert_ne!(family(texts[0]), family(r#"a{ns="x"}"#));
    }

    #[test]
    fn what_one_refuses_keeps_families_apart() {
        assert_ne!(terms(r#"x{a="1",b!="2"}"#).family, terms(r#"x{a="1",b!="3"}"#).family);
        assert_eq!(terms(r#"x{a="1",b!="2"}"#).family, terms(r#"{b!="2",__name__="x",a="7"}"#).family);
        assert_ne!(terms(r#"x{a="1"}"#).family, terms(r#"x{a=~"1"}"#).family);
    }
}
