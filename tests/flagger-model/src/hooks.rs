//! The payload, and the calls that a tick makes, each written into its report.

use crate::client::HookFailure;
use crate::events::{Event, EventType};
use crate::phase::Phase;
use crate::report::HookCall;
use crate::tick::Tick;
use crate::webhook::{HookKind, Webhook};
use serde::Serialize;
use std::collections::BTreeMap;

/// What Flagger posts: no kind of hook, no weight, no step. Keys in Flagger's order.
#[derive(Serialize)]
pub(crate) struct Payload<'a> {
    name: &'a str,
    namespace: &'a str,
    phase: Phase,
    checksum: &'a str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    metadata: &'a BTreeMap<String, String>,
}

impl Tick<'_> {
    /// Calls one hook and waits for it: everything in a tick is synchronous.
    pub(crate) async fn call(&mut self, hook: &Webhook, phase: Phase) -> Result<(), HookFailure> {
        self.call_with(hook, phase, &hook.metadata).await
    }

    /// Records an event in the Canary's present phase.
    pub(crate) async fn event(&mut self, kind: EventType, message: String) {
        self.event_in(self.seen.phase, kind, message).await;
    }

    /// Records an event as of `phase` and sends it to every event hook; their answers change nothing.
    pub(crate) async fn event_in(&mut self, phase: Phase, kind: EventType, message: String) {
        let event = Event { at: self.flagger.clock.now(), kind, message };
        self.report.events.push(event.clone());
        self.flagger.events.push(event.clone());
        for hook in self.spec.hooks(HookKind::Event) {
            let ignored = self.call_with(&hook, phase, &event.metadata(&hook.metadata)).await;
            drop(ignored);
        }
    }

    async fn call_with(
        &mut self,
        hook: &Webhook,
        phase: Phase,
        metadata: &BTreeMap<String, String>,
    ) -> Result<(), HookFailure> {
        let checksum = self.seen.checksum();
        let payload = Payload {
            name: &self.spec.name,
            namespace: &self.spec.namespace,
            phase,
            checksum: &checksum,
            metadata,
        };
        let outcome = self.flagger.caller.post(hook, &payload).await;
        let result = outcome.clone().map(drop);
        self.report.calls.push(HookCall {
            kind: hook.kind,
            name: hook.name.clone(),
            phase,
            checksum,
            outcome,
        });
        result
    }
}
