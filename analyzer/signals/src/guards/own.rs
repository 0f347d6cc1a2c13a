//! A guard's own query: read before it is asked, and narrowed to the region.
//!
//! A Prometheus that many regions report to tells them apart by labels, which the policy names (`labels:`). Every selector of
//! the query gets them, unless its author gave that label a value already: somebody who guards the way from here to another
//! region means the other one. The changed query is printed and read again, and has to come out as the same expression:
//! what does not is refused, with the advice to write the labels by hand.

use crate::prometheus::Selector;
use crate::reason::snippet;
use promql_parser::label::{MatchOp, Matcher, Matchers};
use promql_parser::parser::token::T_EQLC;
use promql_parser::parser::value::ValueType;
use promql_parser::parser::{self, Expr, VectorSelector};
use std::collections::BTreeMap;

/// Labels that every series must have.
pub(super) type Required = BTreeMap<String, String>;

/// A query that can be asked.
#[derive(Clone, Debug)]
pub(super) struct Own {
    pub(super) text: String,
    /// It is nothing but a selector, and can be asked for raw samples.
    pub(super) plain: Option<Selector>,
    /// The selectors in it that look at the present, each once, with its metric's name.
    pub(super) instants: BTreeMap<String, String>,
    expr: Expr,
}

impl Own {
    /// Reads `text`; otherwise says what to write instead.
    pub(super) fn read(text: &str, labels: &Required) -> Result<Self, String> {
        let text = text.trim();
        let mut expr = parser::parse(text)
            .map_err(|e| format!("is not PromQL ({}); try it in Prometheus first", snippet(&e)))?;
        match expr.value_type() {
            ValueType::Vector | ValueType::Scalar => {}
            ValueType::Matrix => {
                return Err("has a range and no function around it; it must give numbers".into());
            }
            ValueType::String => return Err("gives a text; it must give numbers".to_owned()),
        }
        let selectors = narrow(&mut expr, labels)?;
        if selectors == 0 {
            return Err("asks for no series: what it gives is the same whatever happens".to_owned());
        }
        let text = if labels.is_empty() { text.to_owned() } else { printed(&expr)? };
        let plain = Selector::parse(&text).ok();
        let mut instants = BTreeMap::new();
        looks_at_now(&expr, &mut instants);
        Ok(Self { text, plain, instants, expr })
    }

    /// Whether it keeps series that are 0 and drops all others, so that its answers are zeros or silence.
    pub(super) fn keeps_zeros(&self) -> bool {
        let mut expr = &self.expr;
        while let Expr::Paren(paren) = expr {
            expr = &paren.expr;
        }
        let Expr::Binary(binary) = expr else { return false };
        let zero = |side: &Expr| matches!(side, Expr::NumberLiteral(number) if number.val == 0.0);
        binary.op.id() == T_EQLC && !binary.return_bool() && (zero(&binary.lhs) || zero(&binary.rhs))
    }
}

fn printed(expr: &Expr) -> Result<String, String> {
    let text = expr.to_string();
    let is_same = parser::parse(&text).is_ok_and(|read| read == *expr);
    let advice = || "cannot be given the region's labels; write them into each of its selectors".to_owned();
    is_same.then_some(text).ok_or_else(advice)
}

/// Puts `labels` into every selector; how many there are.
fn narrow(expr: &mut Expr, labels: &Required) -> Result<usize, String> {
    let mut found = 0;
    match expr {
        Expr::VectorSelector(vector) => {
            found += 1;
            narrowed(vector, labels);
        }
        Expr::MatrixSelector(matrix) => {
            found += 1;
            narrowed(&mut matrix.vs, labels);
        }
        Expr::Aggregate(aggregate) => {
            found += narrow(&mut aggregate.expr, labels)?;
            if let Some(param) = &mut aggregate.param {
                found += narrow(param, labels)?;
            }
        }
        Expr::Binary(binary) => found += narrow(&mut binary.lhs, labels)? + narrow(&mut binary.rhs, labels)?,
        Expr::Unary(unary) => found += narrow(&mut unary.expr, labels)?,
        Expr::Paren(paren) => found += narrow(&mut paren.expr, labels)?,
        Expr::Subquery(subquery) => found += narrow(&mut subquery.expr, labels)?,
        Expr::Call(call) => {
            for argument in &mut call.args.args {
                found += narrow(argument, labels)?;
            }
        }
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) => {}
        Expr::Extension(_) => return Err("has a part that is no PromQL".to_owned()),
    }
    Ok(found)
}

/// Finds the selectors that rest on the newest sample of a series; those with a range say themselves how far they look back.
fn looks_at_now(expr: &Expr, found: &mut BTreeMap<String, String>) {
    match expr {
        Expr::VectorSelector(vector) if vector.offset.is_none() && vector.at.is_none() => {
            let text = expr.to_string();
            found.insert(text.clone(), vector.name.clone().unwrap_or_else(|| snippet(&text)));
        }
        Expr::Aggregate(aggregate) => {
            looks_at_now(&aggregate.expr, found);
            aggregate.param.iter().for_each(|param| looks_at_now(param, found));
        }
        Expr::Binary(binary) => {
            [&binary.lhs, &binary.rhs].into_iter().for_each(|side| looks_at_now(side, found))
        }
        Expr::Unary(unary) => looks_at_now(&unary.expr, found),
        Expr::Paren(paren) => looks_at_now(&paren.expr, found),
        Expr::Call(call) => call.args.args.iter().for_each(|argument| looks_at_now(argument, found)),
        Expr::VectorSelector(_)
        | Expr::MatrixSelector(_)
        | Expr::Subquery(_)
        | Expr::NumberLiteral(_)
        | Expr::StringLiteral(_)
        | Expr::Extension(_) => {}
    }
}

fn narrowed(vector: &mut VectorSelector, labels: &Required) {
    let Matchers { matchers, or_matchers } = &mut vector.matchers;
    let missing = |list: &mut Vec<Matcher>| {
        for (name, value) in labels {
            if list.iter().all(|matcher| matcher.name != *name) {
                list.push(Matcher::new(MatchOp::Equal, name, value));
            }
        }
    };
    // Where there are alternatives, all of them stand among these.
    if or_matchers.is_empty() { missing(matchers) } else { or_matchers.iter_mut().for_each(missing) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(value: &str) -> Required {
        [("region".to_owned(), value.to_owned())].into()
    }

    fn asked(text: &str, value: &str) -> String {
        Own::read(text, &labels(value)).unwrap().text
    }

    #[test]
    fn every_selector_gets_the_region_s_labels() {
        let cases = [
            ("up", r#"up{region="eu"}"#),
            (r#"up{job="api"}"#, r#"up{job="api",region="eu"}"#),
            (
                "sum by (job) (rate(a_total[5m])) / on (job) (b + c offset 5m)",
                r#"sum by (job) (rate(a_total{region="eu"}[5m])) / on (job) (b{region="eu"} + c{region="eu"} offset 5m)"#,
            ),
            (
                "quantile(0.9, max_over_time(lag[10m:1m])) > 2",
                r#"quantile(0.9, max_over_time(lag{region="eu"}[10m:1m])) > 2"#,
            ),
            ("-a", r#"-a{region="eu"}"#),
            (r#"{a="1" or b="2"}"#, r#"{a="1", region="eu" or b="2", region="eu"}"#),
        ];
        for (text, expected) in cases {
            assert_eq!(asked(text, "eu"), expected);
        }
    }

    #[test]
    fn a_label_that_the_author_gave_stays_his() {
        assert_eq!(
            asked(r#"latency{region="us"} - base"#, "eu"),
            r#"latency{region="us"} - base{region="eu"}"#
        );
        assert_eq!(asked(r#"latency{region=~"us|eu"}"#, "eu"), r#"latency{region=~"us|eu"}"#);
    }

    #[test]
    fn a_hostile_value_stays_a_value() {
        for value in ["a\"} or vector(0) #", "a\\", "a\nb", "\u{202e}", "{{", "a'b`c", "\t"] {
            let text = asked("up + on () down", value);
            let Ok(Expr::Binary(binary)) = parser::parse(&text) else { panic!("{text}") };
            for side in [binary.lhs, binary.rhs] {
                let Expr::VectorSelector(vector) = *side else { panic!("{text}") };
                assert_eq!(vector.matchers.find_matchers("region")[0].value, value, "{text}");
            }
        }
    }

    #[test]
    fn what_cannot_say_how_a_place_is_is_refused() {
        let says = |text: &str| Own::read(text, &Required::new()).unwrap_err();
        assert!(says("up{").contains("is not PromQL"));
        assert!(says("up[5m]").contains("no function around it"));
        assert!(says("\"a\"").contains("gives a text"));
        for text in ["1", "vector(0)", "time()", "1 + 2"] {
            assert!(says(text).contains("asks for no series"), "{text}");
        }
    }

    #[test]
    fn without_labels_the_author_s_words_are_asked_as_they_stand() {
        let text = "sum( up )  # all of it";
        assert_eq!(Own::read(text, &Required::new()).unwrap().text, text);
        assert!(Own::read("up", &Required::new()).unwrap().plain.is_some());
        assert!(Own::read("sum(up)", &Required::new()).unwrap().plain.is_none());
    }

    #[test]
    fn selectors_that_look_at_now_are_told_from_those_that_look_back() {
        let instants = |text: &str| -> Vec<String> {
            Own::read(text, &Required::new()).unwrap().instants.into_keys().collect()
        };
        assert_eq!(instants("1 - a{x=\"1\"} / on () (b + a{x=\"1\"})"), ["a{x=\"1\"}", "b"]);
        assert_eq!(instants("sum(rate(a[5m])) + max_over_time(b[1h:1m]) + c offset 1h"), [""; 0]);
    }

    #[test]
    fn a_query_that_keeps_only_zeros_is_told_from_one_that_says_one_or_zero() {
        let keeps = |text: &str| Own::read(text, &Required::new()).unwrap().keeps_zeros();
        assert!(keeps("replica == 0") && keeps("(0 == replica)"));
        assert!(!keeps("replica == bool 0") && !keeps("leader == 1") && !keeps("leader"));
    }
}
