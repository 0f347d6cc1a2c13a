//! What a policy file says about probes, word for word.

use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::fmt;

/// One entry of a region's `probes`: exactly one of `http` and `tcp`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProbeDraft {
    /// Default: what it asks.
    pub name: Option<String>,
    /// The address of a page.
    pub http: Option<String>,
    /// `host:port`.
    pub tcp: Option<String>,
    /// The status codes that are healthy; default every 2xx.
    #[serde(default)]
    pub status: Vec<u16>,
    /// What fields of a JSON body must be.
    #[serde(default)]
    pub expect: BTreeMap<String, PlainDraft>,
    /// Default `2s`.
    pub timeout: Option<String>,
    /// A file of certificates (PEM) that are trusted in place of the system's.
    pub ca_file: Option<String>,
}

/// A text, a number or a yes or no, as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlainDraft(pub String);

impl<'de> Deserialize<'de> for PlainDraft {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Plain;
        impl serde::de::Visitor<'_> for Plain {
            type Value = PlainDraft;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, a number, true or false")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(PlainDraft(text.to_owned()))
            }
            fn visit_bool<E: serde::de::Error>(self, is: bool) -> Result<Self::Value, E> {
                Ok(PlainDraft(is.to_string()))
            }
            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Self::Value, E> {
                Ok(PlainDraft(number.to_string()))
            }
            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Self::Value, E> {
                Ok(PlainDraft(number.to_string()))
            }
            fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Self::Value, E> {
                Ok(PlainDraft(number.to_string()))
            }
        }
        deserializer.deserialize_any(Plain)
    }
}
