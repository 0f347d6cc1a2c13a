//! The queries: plain selectors, read before they are asked, and the matchers that tell bad from good.
//!
//! Haldane takes its own differences of raw samples. A query that already does (`rate`, `increase`, `sum`) would be
//! differenced twice, and one that looks elsewhere in time (`offset`, `@`) would be judged at the wrong instant: both
//! are refused when the policy is loaded, with what to write instead.

use super::hub::Terms;
use crate::counting::family::Labels;
use crate::reason::snippet;
use haldane_core::time::Span;
use promql_parser::label::{Matcher, Matchers};
use promql_parser::parser::{self, Expr, VectorSelector};
use std::ops::Deref;
use std::sync::Arc;

/// A plain vector selector. Clones are the same one: every poll of every region hands all of its selectors on.
#[derive(Clone, Debug)]
pub(crate) struct Selector(Arc<Parts>);

/// A selector's text, and what was read from it.
#[derive(Debug)]
pub(crate) struct Parts {
    text: String,
    /// The metric, as reasons name it.
    pub(crate) metric: String,
    /// What of it merges with others; nothing where it has to be asked alone.
    terms: Option<Terms>,
}

impl Deref for Selector {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Selector {
    /// Reads a selector; otherwise says what to write instead.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let vector = match parser::parse(text).map_err(|e| format!("is not PromQL: {}", snippet(&e)))? {
            Expr::VectorSelector(vector) => vector,
            Expr::MatrixSelector(_) => {
                return Err("has a range; leave it out, it is chosen from the scrape interval".to_owned());
            }
            Expr::Call(call) => {
                return Err(format!(
                    "calls {}(); write the bare selector inside it, differences are taken here",
                    call.func.name
                ));
            }
            Expr::Subquery(_)
            | Expr::Aggregate(_)
            | Expr::Unary(_)
            | Expr::Binary(_)
            | Expr::Paren(_)
            | Expr::NumberLiteral(_)
            | Expr::StringLiteral(_)
            | Expr::Extension(_) => return Err(PLAIN.to_owned()),
        };
        if vector.offset.is_some() || vector.at.is_some() {
            return Err("looks elsewhere in time; leave out offset and @".to_owned());
        }
        let terms = Terms::read(&vector, text);
        let parts = Parts { text: text.to_owned(), metric: metric(&vector, text), terms };
        let selector = Self(Arc::new(parts));
        // A comment at its end would swallow the range.
        match parser::parse(&selector.over(Span::from_s(60))) {
            Ok(Expr::MatrixSelector(_)) => Ok(selector),
            _ => Err(PLAIN.to_owned()),
        }
    }

    /// The query for every raw sample of the last `range`, which is rounded up to whole seconds.
    pub(crate) fn over(&self, range: Span) -> String {
        over(&self.text, range)
    }

    /// What of it merges with others.
    pub(crate) fn terms(&self) -> Option<&Terms> {
        self.terms.as_ref()
    }

    /// As it was written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The native histogram beside classic buckets: the same name without `_bucket`. None where the name does not end so.
    pub(crate) fn native(&self) -> Option<Self> {
        let name = self.metric.strip_suffix("_bucket").filter(|name| !name.is_empty())?;
        let rest = self.text.strip_prefix(self.metric.as_str())?;
        Self::parse(&format!("{name}{rest}")).ok()
    }

    /// Whether both ask for the same.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// The query for every raw sample of the last `range`, in whole seconds, that `selector` finds.
pub(crate) fn over(selector: &str, range: Span) -> String {
    format!("{selector}[{}s]", whole_seconds(range))
}

/// The seconds that are asked for: rounded up, at least one.
pub(crate) fn whole_seconds(range: Span) -> i64 {
    let s = range.as_us().div_euclid(1_000_000) + i64::from(range.as_us().rem_euclid(1_000_000) > 0);
    s.max(1)
}

const PLAIN: &str =
    "is no plain selector; write it as name{label=\"value\",...}, without functions or operators";

fn metric(vector: &VectorSelector, text: &str) -> String {
    vector.name.clone().unwrap_or_else(|| snippet(text))
}

/// What makes a request a bad one, by its labels: lists of matchers, of which one has to match as a whole.
#[derive(Clone, Debug)]
pub(crate) struct Bad(Vec<Vec<Matcher>>);

impl Bad {
    /// Reads matchers such as `code=~"5.."`, with or without braces; `or` between lists, because applications name
    /// the label in two ways.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let inside = text.strip_prefix('{').and_then(|t| t.strip_suffix('}')).unwrap_or(text);
        let refusal = || "is no list of label matchers such as code=~\"5..\"".to_owned();
        // The name makes matchers valid that also match the absence of a label.
        let Ok(Expr::VectorSelector(selector)) = parser::parse(&format!("requests{{{inside}}}")) else {
            return Err(refusal());
        };
        let Matchers { matchers, or_matchers } = selector.matchers;
        let lists: Vec<_> =
            std::iter::once(matchers).chain(or_matchers).filter(|list| !list.is_empty()).collect();
        let plain = selector.offset.is_none() && selector.at.is_none() && !lists.is_empty();
        plain.then_some(Self(lists)).ok_or_else(refusal)
    }

    /// Whether these requests are bad; nothing where none of the labels is there that would say so.
    pub(crate) fn is_bad(&self, labels: &Labels) -> Option<bool> {
        let value = |matcher: &Matcher| labels.get(&matcher.name).map_or("", String::as_str);
        let told = self.0.iter().flatten().any(|matcher| !value(matcher).is_empty());
        let matches = |list: &Vec<Matcher>| list.iter().all(|matcher| matcher.is_match(value(matcher)));
        told.then(|| self.0.iter().any(matches))
    }

    /// The labels that decide, as reasons name them.
    pub(crate) fn names(&self) -> String {
        let names: Vec<&str> = self.0.iter().flatten().map(|matcher| matcher.name.as_str()).collect();
        names.join(" or ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_selector_gets_its_range_behind_it() {
        let selector =
            Selector::parse(r#" http_requests_total{namespace="fnp",pod=~"api-[a-z]+"} "#).unwrap();
        assert_eq!(selector.metric, "http_requests_total");
        assert_eq!(
            selector.over(Span::from_us(90_000_001)),
            r#"http_requests_total{namespace="fnp",pod=~"api-[a-z]+"}[91s]"#
        );
        assert!(Selector::parse(r#"{__name__="x_total",path="/#a[1]"}"#).is_ok());
    }

    #[test]
    fn a_native_histogram_has_the_name_that_its_buckets_begin_with() {
        let native =
            |text: &str| Selector::parse(text).unwrap().native().map(|s| (s.text.clone(), s.metric.clone()));
        let found = native(r#"h_seconds_bucket{pod="x_bucket"}"#);
        assert_eq!(found, Some((r#"h_seconds{pod="x_bucket"}"#.to_owned(), "h_seconds".to_owned())));
        assert_eq!(native("h_seconds{pod=\"x\"}"), None);
        assert_eq!(native(r#"{__name__="h_seconds_bucket"}"#), None);
    }

    #[test]
    fn what_is_no_plain_selector_is_refused_with_what_to_write_instead() {
        let says = |text: &str| Selector::parse(text).expect_err(text);
        assert!(says("rate(x_total[1m])").contains("rate(); write the bare selector"));
        assert!(says("x_total[5m]").contains("has a range; leave it out"));
        assert!(says("x_total offset 5m").contains("leave out offset"));
        assert!(says("x_total @ 100").contains("leave out offset and @"));
        for text in ["sum(x_total)", "x_total + 1", "-x_total", "(x_total)", "1", "\"a\"", "x_total # why"] {
            assert!(says(text).contains("no plain selector"), "{text}: {}", says(text));
        }
        for text in ["", "{}", "x_total{", "x y"] {
            assert!(says(text).contains("is not PromQL"), "{text}");
        }
    }

    #[test]
    fn matchers_tell_bad_from_good_and_from_untold() {
        let labels = |pairs: &[(&str, &str)]| -> Labels {
            pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
        };
        let bad = Bad::parse(r#"{code=~"5.."}"#).unwrap();
        assert_eq!(bad.is_bad(&labels(&[("code", "503")])), Some(true));
        assert_eq!(bad.is_bad(&labels(&[("code", "5030")])), Some(false));
        assert_eq!(bad.is_bad(&labels(&[("code", "200")])), Some(false));
        assert_eq!(bad.is_bad(&labels(&[("status", "503")])), None);
        let not_good = Bad::parse(r#"code!~"2..",method!="OPTIONS""#).unwrap();
        assert_eq!(not_good.is_bad(&labels(&[("code", "404")])), Some(true));
        assert_eq!(not_good.is_bad(&labels(&[("code", "404"), ("method", "OPTIONS")])), Some(false));
        assert_eq!(not_good.is_bad(&labels(&[("path", "/")])), None);
        assert_eq!(not_good.names(), "code or method");
    }

    #[test]
    fn either_of_two_labels_may_tell() {
        let labels = |name: &str, value: &str| Labels::from([(name.to_owned(), value.to_owned())]);
        let bad = Bad::parse(r#"code=~"5..|5xx" or status=~"5..|5xx""#).unwrap();
        for (name, value, told) in [
            ("code", "503", Some(true)),
            ("status", "5xx", Some(true)),
            ("code", "200", Some(false)),
            ("status", "404", Some(false)),
            ("path", "/", None),
        ] {
            assert_eq!(bad.is_bad(&labels(name, value)), told, "{name}={value}");
        }
        assert_eq!(bad.names(), "code or status");
    }

    #[test]
    fn what_is_no_list_of_matchers_is_refused() {
        for text in ["", "{}", "code", "code=5", "}[5m]", "x{code=\"5\"}", "code=\"5\"} offset 5m #{"] {
            assert!(Bad::parse(text).is_err(), "{text}");
        }
    }
}
