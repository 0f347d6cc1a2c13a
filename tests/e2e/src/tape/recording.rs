//! A run as it is kept in a file.

use crate::{Call, CanaryNow};
use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// A whole run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Recording {
    /// The Canary's analysis as it began, without its webhooks.
    pub analysis: Value,
    /// The ticks in order.
    pub ticks: Vec<Tick>,
    /// Flagger's checksums in the order of their first appearance.
    #[serde(skip)]
    checksums: Vec<String>,
    /// The receiver's address, which is another one in each run.
    #[serde(skip)]
    receiver: String,
}

/// One tick with at least one call.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tick {
    /// What a person did between the tick before and this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<Value>,
    /// The calls in order.
    pub calls: Vec<Called>,
    /// The weight of the canary's Ingress afterwards, in percent.
    pub weight: u32,
    /// The Canary's phase afterwards.
    pub phase: String,
    /// The Canary's failed checks afterwards.
    pub failed_checks: i64,
    /// The weight that the Canary's status shows afterwards, which is not always the live one.
    pub status_weight: i64,
    /// The iterations that the Canary's status shows afterwards.
    pub iterations: i64,
}

/// One call.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Called {
    /// The kind of hook.
    pub hook: String,
    /// The phase in the payload.
    pub phase: String,
    /// The checksum in the payload, as `spec-1`, `spec-2`…
    pub checksum: String,
    /// The metadata in the payload, without the time stamp.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// What it was answered with, where that matters: not to events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The body of the answer, if it had one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body: String,
}

impl Tick {
    /// Whether Flagger did nothing but wait for pods. How many such ticks there are depends on the machine and on
    /// deadlines, so this is the one thing that a recording leaves out; what was done before is kept with the next tick.
    pub(super) fn only_waits_for_pods(&self) -> bool {
        let waits = |text: &&str| text.contains(" not ready: waiting for rollout to finish: ");
        self.hooks().is_empty() && !self.calls.is_empty() && self.events().iter().all(waits)
    }

    /// The kinds of the hooks called, in order, without `event`.
    pub fn hooks(&self) -> Vec<&str> {
        self.calls.iter().map(|call| call.hook.as_str()).filter(|hook| *hook != "event").collect()
    }

    /// The texts of the events, in order.
    pub fn events(&self) -> Vec<&str> {
        self.calls.iter().filter_map(|call| Some(call.metadata.get("eventMessage")?.as_str())).collect()
    }
}

/// What stands for the receiver's address.
const RECEIVER: &str = "http://receiver";

impl Recording {
    pub(super) fn of(receiver: &str) -> Self {
        Self { receiver: receiver.to_owned(), ..Self::default() }
    }

    /// The tick as it is kept.
    pub(super) fn tick(&mut self, calls: &[Call], canary: &CanaryNow, weight: u32) -> Tick {
        Tick {
            before: Vec::new(),
            calls: calls.iter().map(|call| self.called(call)).collect(),
            weight,
            phase: canary.phase.clone(),
            failed_checks: canary.failed_checks,
            status_weight: canary.canary_weight,
            iterations: canary.iterations,
        }
    }

    fn called(&mut self, call: &Call) -> Called {
        let metadata = call.body.get("metadata").cloned().unwrap_or(Value::Null);
        let mut metadata: BTreeMap<String, String> = serde_json::from_value(metadata).unwrap_or_default();
        metadata.remove("timestamp");
        metadata.values_mut().for_each(|text| *text = text.replace(&self.receiver, RECEIVER));
        let answered = call.hook != "event";
        Called {
            hook: call.hook.clone(),
            phase: call.text("phase").to_owned(),
            checksum: self.symbol(call.text("checksum")),
            metadata,
            status: answered.then_some(call.answer.status),
            body: if answered { call.answer.body.clone() } else { String::new() },
        }
    }

    fn symbol(&mut self, checksum: &str) -> String {
        let known = self.checksums.iter().position(|c| c == checksum);
        let at = known.unwrap_or_else(|| {
            self.checksums.push(checksum.to_owned());
            self.checksums.len() - 1
        });
        format!("spec-{}", at + 1)
    }

    /// As it is kept: a line per call, so that a change of Flagger is a change of lines.
    ///
    /// # Errors
    /// It is not JSON, which does not happen.
    pub fn to_json(&self) -> Result<String> {
        let mut text = format!("{{\n\"analysis\": {},\n\"ticks\": [", serde_json::to_string(&self.analysis)?);
        for (n, tick) in self.ticks.iter().enumerate() {
            text += if n > 0 { ",\n{" } else { "\n{" };
            if !tick.before.is_empty() {
                text += &format!("\"before\": {},\n ", serde_json::to_string(&tick.before)?);
            }
            let calls: Result<Vec<String>, _> = tick.calls.iter().map(serde_json::to_string).collect();
            text += &format!("\"calls\": [\n  {}],\n ", calls?.join(",\n  "));
            text += &format!(
                "\"weight\": {}, \"phase\": {:?}, \"failedChecks\": {}, \"statusWeight\": {}, \"iterations\": {}}}",
                tick.weight, tick.phase, tick.failed_checks, tick.status_weight, tick.iterations
            );
        }
        Ok(text + "\n]\n}\n")
    }
}
