//! What one tick did, for tests to read and for the demo to show.

use crate::client::HookFailure;
use crate::events::Event;
use crate::phase::Phase;
use crate::webhook::HookKind;
use haldane_core::time::Timestamp;

/// One hook call, its retries included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookCall {
    /// Which kind of hook.
    pub kind: HookKind,
    /// The webhook's name.
    pub name: String,
    /// The phase in the payload, which is not always the Canary's.
    pub phase: Phase,
    /// The checksum in the payload.
    pub checksum: String,
    /// The status of a success, or what Flagger got to know of the failure.
    pub outcome: Result<u16, HookFailure>,
}

/// What one tick did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TickReport {
    /// When it began, by the model's clock.
    pub at: Timestamp,
    /// The hook calls in order, event hooks among them.
    pub calls: Vec<HookCall>,
    /// The events in order.
    pub events: Vec<Event>,
    /// The canary's live weight before, in percent.
    pub weight_before: u32,
    /// The canary's live weight after, in percent.
    pub weight_after: u32,
    /// The Canary's phase after.
    pub phase: Phase,
}

impl TickReport {
    /// The kinds of the hooks called, in order, without `event`.
    pub fn kinds(&self) -> Vec<HookKind> {
        self.calls.iter().map(|call| call.kind).filter(|kind| *kind != HookKind::Event).collect()
    }

    /// The first call of one kind, if there was one.
    pub fn call(&self, kind: HookKind) -> Option<&HookCall> {
        self.calls.iter().find(|call| call.kind == kind)
    }

    /// Whether an event has exactly this text.
    pub fn has_event(&self, message: &str) -> bool {
        self.events.iter().any(|event| event.message == message)
    }
}
