//! The events that Flagger records, and the payload that carries them to `event` hooks.
//!
//! Their text is the only channel by which a webhook learns the weight, so it is Flagger's to the letter.

use haldane_core::time::Timestamp;
use std::collections::BTreeMap;

/// Whether an event reports progress or trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventType {
    /// Progress.
    Normal,
    /// Trouble, a hold or a rollback.
    Warning,
}

impl EventType {
    /// The word in Kubernetes and in the payload.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Normal => "Normal",
            Self::Warning => "Warning",
        }
    }
}

/// One event of the Canary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When, by the model's clock.
    pub at: Timestamp,
    /// Progress or trouble.
    pub kind: EventType,
    /// Flagger's text.
    pub message: String,
}

impl Event {
    /// The metadata of its payload: the hook's own, where Flagger's three keys win.
    pub(crate) fn metadata(&self, of_hook: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let unix_ms = self.at.as_us().div_euclid(1000);
        let mut metadata = of_hook.clone();
        metadata.insert("eventMessage".to_owned(), self.message.clone());
        metadata.insert("eventType".to_owned(), self.kind.name().to_owned());
        metadata.insert("timestamp".to_owned(), unix_ms.to_string());
        metadata
    }
}
