//! One selector of an annotation: a metric and its matchers, read before names are put in.

use super::go::Refused;
use super::holes::Holed;
use super::lists::{For, Lists};
use crate::prometheus::Selector;
use promql_parser::parser::{self, Expr};

/// A plain vector selector with holes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    /// The metric's name; empty where a matcher of `__name__` says it.
    pub(super) metric: String,
    pub(super) lists: Lists,
}

impl Shape {
    /// Reads a selector; otherwise says what to write instead.
    pub(super) fn read(template: &str) -> Result<Self, String> {
        let holed = Holed::read(template).map_err(|e| e.to_string())?;
        let text = holed.text.trim();
        Selector::parse(text)?;
        let Ok(Expr::VectorSelector(vector)) = parser::parse(text) else {
            return Err("is no plain selector; write it as name{label=\"value\"}".to_owned());
        };
        let metric = vector.name.clone().unwrap_or_default();
        if holed.is_in(&metric) {
            return Err("has a name outside its braces; write the metric as it is called".to_owned());
        }
        let lists = Lists::of(&vector.matchers, &holed)?;
        holed.are_all(lists.holes())?;
        Ok(Self { metric, lists })
    }

    /// The selector as text.
    pub(super) fn print(&self, into: &For<'_>) -> Result<String, Refused> {
        Ok(format!("{}{{{}}}", self.metric, self.lists.print(into)?))
    }
}
