//! What Flagger did in a run, tick by tick, in a form that can be kept, compared and replayed against a model.
//!
//! A tick is told by silence: Flagger's calls of one tick come within a second, and the next tick is ten seconds away.
//! When it is over, the live objects are read. What differs from run to run is made symbolic: checksums by the order in
//! which they appear, instants not at all.

mod answers;
mod recording;

pub use recording::{Called, Recording, Tick};

use crate::{Answer, Call, Recorder, Scenario};
use answers::Answers;
use anyhow::{Context, Result};
use haldane_core::time::Span;
use serde_json::Value;
use std::time::Duration;
use tokio::sync::watch;

/// No call for this long: the tick is over. Ten seconds lie between two ticks.
const SILENCE: Duration = Duration::from_secs(3);
/// A tick comes every ten seconds; this is for a machine under load, and for pods that start.
const PATIENCE: Duration = Duration::from_secs(90);

/// Answers the hooks of one scenario and writes down what came.
#[derive(Debug)]
pub struct Tape {
    recorder: Recorder,
    calls: watch::Receiver<Vec<Call>>,
    answers: Answers,
    /// How many calls were read.
    read: usize,
    recording: Recording,
    /// What was done since the last tick.
    before: Vec<Value>,
}

impl Tape {
    /// Begins: every hook is answered 200, but `rollback` 403.
    ///
    /// # Errors
    /// There is no port.
    pub async fn start() -> Result<Self> {
        let answers = Answers::default();
        let script = answers.clone();
        let recorder = Recorder::start(move |hook, _count| script.take(hook)).await?;
        let (calls, recording) = (recorder.calls(), Recording::of(recorder.url()));
        Ok(Self { recorder, calls, answers, read: 0, recording, before: Vec::new() })
    }

    /// A Canary's `analysis.webhooks`, all pointed here.
    pub fn webhooks(&self) -> Value {
        self.recorder.webhooks("us-east")
    }

    /// Answers one hook so from now on.
    pub fn always(&self, hook: &str, answer: Answer) {
        self.answers.always(hook, answer);
    }

    /// Answers the next call of one hook so, after those that were said before.
    pub fn next(&self, hook: &str, answer: Answer) {
        self.answers.next(hook, answer);
    }

    /// Forgets what came so far, when nothing more comes: the installation is no part of a run, and its last tick may
    /// not be over when the Canary says that it is initialised.
    pub async fn rewind(&mut self) {
        while tokio::time::timeout(SILENCE, self.calls.changed()).await.is_ok() {}
        self.read = self.calls.borrow_and_update().len();
    }

    /// Notes what was done between two ticks.
    pub fn did(&mut self, action: Value) {
        self.before.push(action);
    }

    /// Says with what analysis the run begins; its webhooks are ours, and no part of the recording.
    pub fn begins_with(&mut self, mut analysis: Value) {
        if let Some(fields) = analysis.as_object_mut() {
            fields.remove("webhooks");
        }
        self.recording.analysis = analysis;
    }

    /// Waits for the next tick that does more than wait for pods, and until it is over; the live objects are read then.
    ///
    /// # Errors
    /// None comes.
    pub async fn tick(&mut self, scenario: &Scenario) -> Result<&Tick> {
        loop {
            let tick = self.any_tick(scenario).await?;
            if !tick.only_waits_for_pods() {
                let before = std::mem::take(&mut self.before);
                self.recording.ticks.push(Tick { before, ..tick });
                return self.recording.ticks.last().context("one was just pushed");
            }
        }
    }

    async fn any_tick(&mut self, scenario: &Scenario) -> Result<Tick> {
        let read = self.read;
        let came = self.calls.wait_for(|calls| calls.len() > read);
        let came = tokio::time::timeout(PATIENCE, came).await.map(|calls| calls.map(drop));
        if came.is_err() {
            let (canary, events) = (scenario.canary().await?, scenario.events().await?);
            anyhow::bail!("no tick within {PATIENCE:?}; {canary:?}\n{}", events.join("\n"));
        }
        while tokio::time::timeout(SILENCE, self.calls.changed()).await.is_ok() {}
        let calls: Vec<Call> = self.calls.borrow()[read..].to_vec();
        self.read += calls.len();
        let (canary, weight) = (scenario.canary().await?, scenario.live_weight().await?);
        Ok(self.recording.tick(&calls, &canary, weight))
    }

    /// Waits for a tick after which `wanted` holds.
    ///
    /// # Errors
    /// It does not within `most` ticks.
    pub async fn until(
        &mut self,
        scenario: &Scenario,
        most: usize,
        wanted: impl Fn(&Tick) -> bool,
    ) -> Result<&Tick> {
        for _ in 0..most {
            if wanted(self.tick(scenario).await?) {
                return self.recording.ticks.last().context("a tick just came");
            }
        }
        anyhow::bail!("not within {most} ticks: {}", self.recording.to_json()?)
    }

    /// Whether nothing is called for this long: a Canary at rest calls nobody.
    pub async fn is_silent_for(&mut self, span: Span) -> bool {
        let micros = u64::try_from(span.as_us()).unwrap_or(0);
        tokio::time::timeout(Duration::from_micros(micros), self.calls.changed()).await.is_err()
    }

    /// What was written down.
    pub const fn recording(&self) -> &Recording {
        &self.recording
    }
}
