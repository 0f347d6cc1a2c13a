//! The JSON of warnings, and which of them say that an answer is not whole.

use serde::de::{DeserializeSeed, Deserializer, Error, SeqAccess, Visitor};
use std::fmt;

/// The first of a list of warnings that is one. Thanos has no other place for notes on how an expression was computed,
/// and Prometheus before 3.0 had none: those begin with what they are, and miss nothing.
pub(super) struct Warning;

const NOTE: &str = "PromQL info";

impl<'de> DeserializeSeed<'de> for Warning {
    type Value = Option<String>;
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Option<String>, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Warning {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of warnings")
    }

    fn visit_unit<E: Error>(self) -> Result<Option<String>, E> {
        Ok(None)
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<Option<String>, S::Error> {
        let mut first = None;
        while let Some(next) = list.next_element::<String>()? {
            first = first.or(Some(next).filter(|text| !text.trim_start().starts_with(NOTE)));
        }
        Ok(first)
    }
}
