//! What a policy file says about who is told of what people have to know, word for word.

use serde::Deserialize;

/// `spec.notify`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NotifyDraft {
    /// An address that takes JSON.
    pub url: String,
    /// A file that holds a token, sent as `Authorization: Bearer`.
    pub token_file: Option<String>,
    /// A file of certificates (PEM) that are trusted in place of the system's.
    pub ca_file: Option<String>,
}
