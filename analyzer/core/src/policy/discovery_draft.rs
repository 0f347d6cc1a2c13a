//! What a policy file says about pods that are read directly, word for word: a list of addresses, or how they are found.

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::{Deserialize, Deserializer};

/// `scrape` of a region.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScrapeDraft {
    /// The canary's pods.
    pub canary: ArmDraft,
    /// The primary's pods.
    pub primary: ArmDraft,
}

/// The pods of one arm.
#[derive(Clone, Debug)]
pub enum ArmDraft {
    /// Their addresses.
    Listed(Vec<String>),
    /// How they are found.
    Found(FoundDraft),
}

/// How pods are found: exactly one of `dns` and `pods`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FoundDraft {
    /// `host:port/path`: every address of the host is a pod.
    pub dns: Option<String>,
    /// Which pods of the region's cluster.
    pub pods: Option<SelectorDraft>,
    /// The pods' port; with `pods` only.
    pub port: Option<u16>,
    /// The pods' page; with `pods` only; default `/metrics`.
    pub path: Option<String>,
}

/// `pods`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SelectorDraft {
    /// A label selector, such as `app=api`.
    pub selector: String,
}

impl Default for ArmDraft {
    fn default() -> Self {
        Self::Listed(Vec::new())
    }
}

impl From<Vec<String>> for ArmDraft {
    fn from(addresses: Vec<String>) -> Self {
        Self::Listed(addresses)
    }
}

impl<'de> Deserialize<'de> for ArmDraft {
    /// By hand, because an untagged enum forgets the place of what is wrong.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Arm;
        impl<'de> serde::de::Visitor<'de> for Arm {
            type Value = ArmDraft;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a list of addresses, {dns: host:port/path}, or {pods: {selector: …}, port: …}")
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(seq)).map(ArmDraft::Listed)
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                FoundDraft::deserialize(MapAccessDeserializer::new(map)).map(ArmDraft::Found)
            }
        }
        deserializer.deserialize_any(Arm)
    }
}
