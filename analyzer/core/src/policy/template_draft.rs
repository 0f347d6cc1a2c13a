//! What a policy file says about a MetricTemplate of its author's own, word for word.

use serde::de::value::MapAccessDeserializer;
use serde::{Deserialize, Deserializer};

/// `template: queue-age.yaml` and `template: {name: queue-age, namespace: fnp}` alike.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TemplateDraft {
    /// A file, from the policy's folder on.
    pub file: Option<String>,
    /// The object's name.
    pub name: Option<String>,
    /// Its namespace; default: the Canary's.
    pub namespace: Option<String>,
}

pub(super) fn file_or_object<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<TemplateDraft>, D::Error> {
    struct Template;
    impl<'de> serde::de::Visitor<'de> for Template {
        type Value = Option<TemplateDraft>;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a file, or a map with name and namespace of a MetricTemplate")
        }
        fn visit_str<E: serde::de::Error>(self, file: &str) -> Result<Self::Value, E> {
            Ok(Some(TemplateDraft { file: Some(file.to_owned()), ..TemplateDraft::default() }))
        }
        fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            TemplateDraft::deserialize(MapAccessDeserializer::new(map)).map(Some)
        }
    }
    deserializer.deserialize_any(Template)
}
