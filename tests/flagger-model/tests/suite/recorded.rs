//! The model against the released Flagger: what `make e2e` wrote down of a real run, tick by tick, the model must do, too.
//!
//! Each file in `recorded/` is a run on a real API server with Flagger's own binary (`docs/FLAGGER.md`). It names what
//! people did and what each hook was answered; both are done to the model, and its calls, payloads, events and status are
//! compared. Normalised are, only here and where the recordings are made: checksums (`spec-1`, `spec-2`… in the order of their
//! first appearance), the receiver's address, and ticks on which Flagger only waits for pods (left out).

use crate::receiver::{Answer, Hit, Receiver};
use crate::setup::START;
use haldane_clock::Clock;
use haldane_flagger_model::{CanarySpec, Flagger, Health, HookKind, Phase, Webhook};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The version that a Canary was installed with.
const INSTALLED: &str = "1.0.0";

#[derive(Deserialize)]
struct Recorded {
    analysis: Value,
    ticks: Vec<Tick>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Tick {
    #[serde(default)]
    before: Vec<Value>,
    calls: Vec<Call>,
    weight: u32,
    phase: String,
    failed_checks: u32,
    status_weight: u32,
    iterations: i32,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    hook: String,
    phase: String,
    checksum: String,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    status: Option<u16>,
    #[serde(default)]
    body: String,
}

#[tokio::test]
async fn the_model_does_tick_for_tick_what_the_released_flagger_did() {
    let mut replayed = 0;
    let mut differing = String::new();
    for file in recordings() {
        let recorded: Recorded = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        // Blue/green and A/B are not modelled; their recordings are what Flagger did, and no more.
        if recorded.analysis.get("iterations").is_some() {
            continue;
        }
        replayed += 1;
        if let Err(difference) = replay(&file, recorded).await {
            differing += &difference;
        }
    }
    assert!(replayed >= 22, "{replayed} recordings of weighted canaries");
    assert!(differing.is_empty(), "{differing}");
}

fn recordings() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("recorded");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|e| e == "json")).collect();
    files.sort();
    files
}

async fn replay(file: &Path, recorded: Recorded) -> Result<(), String> {
    let name = file.file_stem().unwrap().to_str().unwrap();
    let mut replay = Replay::begin(name, &recorded.analysis).await;
    for (n, tick) in recorded.ticks.into_iter().enumerate() {
        let did = replay.tick(&tick).await;
        if did != tick {
            return Err(format!("\n{name}, tick {n}:\nFlagger {tick:#?}\nthe model {did:#?}\n"));
        }
    }
    Ok(())
}

struct Replay {
    receiver: Receiver,
    flagger: Flagger,
    /// The primary gets no new pods from now on.
    no_room_for_primary: bool,
    /// The image that was deployed does not start.
    broken: bool,
    checksums: Vec<String>,
}

impl Replay {
    async fn begin(name: &str, analysis: &Value) -> Self {
        let receiver = Receiver::start().await;
        let hooks = Webhook::all(&receiver.base_url, "us-east", None);
        let mut spec = CanarySpec::new(name, "api", &weights(analysis), hooks);
        spec.threshold = u32::try_from(analysis["threshold"].as_u64().unwrap()).unwrap();
        (spec.ready_after_ticks, spec.primary_ready_after_ticks) = (0, 0);
        let flagger = Flagger::new(spec, INSTALLED, Clock::manual(START));
        Self { receiver, flagger, no_room_for_primary: false, broken: false, checksums: Vec::new() }
    }

    /// Does what was done before this tick and answers as was answered in it; what the model then did.
    async fn tick(&mut self, tick: &Tick) -> Tick {
        tick.before.iter().for_each(|action| self.act(action));
        if self.no_room_for_primary && self.flagger.status().phase == Phase::Promoting {
            self.flagger.cluster().set_primary_health(Health::Stuck);
        }
        if self.broken && self.flagger.status().phase == Phase::Progressing {
            self.flagger.cluster().set_canary_health(Health::Stuck);
        }
        for call in &tick.calls {
            if let Some(status) = call.status {
                self.receiver.next(kind(&call.hook), Answer::status(status).saying(&call.body));
            }
        }
        self.flagger.tick().await;
        let (status, weight) = (self.flagger.status(), self.flagger.live().borrow().canary_weight);
        let hits = self.receiver.take_all();
        let mut answers = tick.calls.iter().map(|call| (call.status, call.body.clone()));
        Tick {
            before: tick.before.clone(),
            calls: hits.iter().map(|hit| self.call(hit, answers.next().unwrap_or_default())).collect(),
            weight,
            phase: status.phase.name().to_owned(),
            failed_checks: status.failed_checks,
            status_weight: status.canary_weight,
            iterations: status.iterations,
        }
    }

    fn act(&mut self, action: &Value) {
        let (what, how) = action.as_object().unwrap().iter().next().unwrap();
        match (what.as_str(), how) {
            ("deploy", version) => self.flagger.deploy(version.as_str().unwrap()),
            ("deployBroken", version) => {
                self.flagger.deploy(version.as_str().unwrap());
                self.broken = true;
            }
            ("edit", edit) => self.flagger.edit(|spec| change(spec, edit)),
            ("full", deployment) if deployment == "api-primary" => self.no_room_for_primary = true,
            _ => panic!("nobody can do this to the model: {action}"),
        }
    }

    fn call(&mut self, hit: &Hit, (status, body): (Option<u16>, String)) -> Call {
        let payload: Value = serde_json::from_str(&hit.body).unwrap();
        let metadata = payload.get("metadata").cloned();
        let mut metadata: BTreeMap<String, String> =
            metadata.map_or_else(BTreeMap::new, |m| serde_json::from_value(m).unwrap());
        metadata.remove("timestamp");
        let receiver = &self.receiver.base_url;
        metadata.values_mut().for_each(|text| *text = text.replace(receiver, "http://receiver"));
        Call {
            hook: hit.hook.clone(),
            phase: hit.field("phase"),
            checksum: self.symbol(hit.field("checksum")),
            metadata,
            status,
            body,
        }
    }

    fn symbol(&mut self, checksum: String) -> String {
        let known = self.checksums.iter().position(|c| *c == checksum);
        let at = known.unwrap_or_else(|| {
            self.checksums.push(checksum);
            self.checksums.len() - 1
        });
        format!("spec-{}", at + 1)
    }
}

fn change(spec: &mut CanarySpec, edit: &Value) {
    for (field, value) in edit.as_object().unwrap() {
        match field.as_str() {
            "skipAnalysis" => spec.skip_analysis = value.as_bool().unwrap(),
            "suspend" => spec.suspend = value.as_bool().unwrap(),
            "analysis" => spec.step_weights = weights(value),
            _ => panic!("the model knows no field {field}"),
        }
    }
}

fn weights(analysis: &Value) -> Vec<u32> {
    serde_json::from_value(analysis["stepWeights"].clone()).unwrap()
}

fn kind(hook: &str) -> HookKind {
    let kind = HookKind::ALL.into_iter().find(|kind| kind.path_name() == hook);
    kind.unwrap_or_else(|| panic!("no such hook: {hook}"))
}
