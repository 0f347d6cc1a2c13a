//! Tells people where they look: an Event on the Canary, and where its report is.
//!
//! Flagger drops the reason of every refused gate, so it has to be written beside the Canary by somebody. Nothing waits for
//! it: a cluster that takes no Events must not hold a release.

use super::kind::Kind;
use crate::reason::one_line;
use k8s_openapi::api::core::v1::ObjectReference;
use kube::Client;
use kube::api::{Api, DynamicObject, Patch, PatchParams};
use kube::runtime::events::{Event, EventType, Recorder, Reporter};
use serde_json::json;

/// The longest note that the API takes is 1 KiB.
const LONGEST_NOTE: usize = 1000;

/// Who writes, as it stands beside every Event.
const WHO: &str = "haldane";

/// Writes about one Canary.
pub struct Notices {
    recorder: Recorder,
    api: Api<DynamicObject>,
    name: String,
    namespace: String,
}

/// What is to be told.
pub struct Notice<'a> {
    /// Whether it is bad news.
    pub warning: bool,
    /// What was decided, in a word such as `Hold`.
    pub reason: &'a str,
    /// Why, in a word such as `NotProved`: Events with the same words are counted, not repeated.
    pub action: &'a str,
    /// The sentence.
    pub note: &'a str,
}

impl Notices {
    /// About the Canary `namespace/name` in the cluster of `client`.
    pub fn new(client: Client, namespace: &str, name: &str) -> Self {
        let reporter = Reporter { controller: WHO.to_owned(), instance: None };
        let api = Api::namespaced_with(client.clone(), namespace, &Kind::Canary.resource());
        let (name, namespace) = (name.to_owned(), namespace.to_owned());
        Self { recorder: Recorder::new(client, reporter), api, name, namespace }
    }

    /// Writes an Event; one that says the same again within minutes is only counted.
    ///
    /// # Errors
    /// One line: the cluster does not take it.
    pub async fn tell(&self, notice: Notice<'_>) -> Result<(), String> {
        let object = self.api.get_metadata(&self.name).await.map_err(|e| one_line(&e.to_string()))?;
        let resource = Kind::Canary.resource();
        let regarding = ObjectReference {
            api_version: Some(resource.api_version),
            kind: Some(resource.kind),
            name: Some(self.name.clone()),
            namespace: Some(self.namespace.clone()),
            uid: object.metadata.uid,
            ..ObjectReference::default()
        };
        let mut note = notice.note.to_owned();
        if note.len() > LONGEST_NOTE {
            let end = (0..=LONGEST_NOTE).rev().find(|at| note.is_char_boundary(*at)).unwrap_or(0);
            note.truncate(end);
            note.push('…');
        }
        let event = Event {
            type_: if notice.warning { EventType::Warning } else { EventType::Normal },
            reason: notice.reason.to_owned(),
            note: Some(note),
            action: notice.action.to_owned(),
            secondary: None,
        };
        self.recorder.publish(&event, &regarding).await.map_err(|e| one_line(&e.to_string()))
    }

    /// Writes an annotation of the Canary.
    ///
    /// # Errors
    /// One line: the cluster does not take it.
    pub async fn annotate(&self, key: &str, value: &str) -> Result<(), String> {
        let patch = json!({"metadata": {"annotations": {key: value}}});
        let done = self.api.patch(&self.name, &PatchParams::default(), &Patch::Merge(patch)).await;
        done.map(drop).map_err(|e| one_line(&e.to_string()))
    }
}
