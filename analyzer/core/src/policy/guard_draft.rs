//! What a policy file says about a guard, word for word: a word (`region-up`), or a map with one key (`{region-up: {for: 2m}}`).
//!
//! All rules share one set of keys here, so that a key which another rule knows is refused at its own line with the keys of this
//! one, and not as a word that nobody has heard of.

use super::probe_draft::PlainDraft;
use super::words::some;
use serde::{Deserialize, Deserializer};
use std::fmt;

/// One entry of `spec.guards`.
#[derive(Clone, Debug, Default)]
pub struct GuardDraft {
    /// The rule's name.
    pub rule: String,
    /// The rest.
    pub fields: GuardFieldsDraft,
}

/// What may be said of a guard beyond its rule.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GuardFieldsDraft {
    /// Its name; default: the rule's.
    pub name: Option<String>,
    /// How long it must stand before it holds.
    #[serde(rename = "for")]
    pub wait: Option<String>,
    /// Only in these regions; default all.
    #[serde(default, deserialize_with = "some")]
    pub regions: Vec<String>,
    /// `here` or `everywhere`.
    pub reach: Option<String>,
    /// PromQL of the author's own.
    pub query: Option<String>,
    /// The most that is allowed, in the unit of the rule.
    pub max: Option<PlainDraft>,
    /// Of a failover: how long after a move nothing goes on.
    pub settle: Option<String>,
    /// Of a failover: how many writers the whole service must have.
    pub writers: Option<u32>,
    /// Of the capacity: the utilisation that the autoscaler aims at.
    pub target: Option<PlainDraft>,
    /// Of the capacity: `own`, `failover`, `rollback`.
    #[serde(default, deserialize_with = "some")]
    pub carry: Vec<String>,
    /// Of alerts: only this severity.
    pub severity: Option<String>,
    /// Of alerts: only these names.
    #[serde(default, deserialize_with = "some")]
    pub names: Vec<String>,
    /// Of a freshness: `value` or `sample`.
    pub of: Option<String>,
}

impl GuardFieldsDraft {
    /// The keys that are there, as the file has them.
    pub(super) fn given(&self) -> Vec<&'static str> {
        let all = [
            ("name", self.name.is_some()),
            ("for", self.wait.is_some()),
            ("regions", !self.regions.is_empty()),
            ("reach", self.reach.is_some()),
            ("query", self.query.is_some()),
            ("max", self.max.is_some()),
            ("settle", self.settle.is_some()),
            ("writers", self.writers.is_some()),
            ("target", self.target.is_some()),
            ("carry", !self.carry.is_empty()),
            ("severity", self.severity.is_some()),
            ("names", !self.names.is_empty()),
            ("of", self.of.is_some()),
        ];
        all.into_iter().filter(|(_, given)| *given).map(|(key, _)| key).collect()
    }
}

impl From<&str> for GuardDraft {
    fn from(rule: &str) -> Self {
        Self { rule: rule.to_owned(), fields: GuardFieldsDraft::default() }
    }
}

impl<'de> Deserialize<'de> for GuardDraft {
    /// By hand, because an untagged enum forgets the place of what is wrong.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneGuard;
        impl<'de> serde::de::Visitor<'de> for OneGuard {
            type Value = GuardDraft;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a guard's rule, or a map with the rule as its one key: {region-up: {for: 2m}}")
            }
            fn visit_str<E: serde::de::Error>(self, rule: &str) -> Result<Self::Value, E> {
                Ok(GuardDraft::from(rule))
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let nothing = || serde::de::Error::invalid_length(0, &self);
                let rule: String = map.next_key()?.ok_or_else(nothing)?;
                let fields: Option<GuardFieldsDraft> = map.next_value()?;
                if let Some(more) = map.next_key::<String>()? {
                    let what = format!(
                        "a guard has one key, its rule: write {more} among what belongs to {rule}, {{{rule}: {{{more}: …}}}}"
                    );
                    return Err(serde::de::Error::custom(what));
                }
                Ok(GuardDraft { rule, fields: fields.unwrap_or_default() })
            }
        }
        deserializer.deserialize_any(OneGuard)
    }
}
