//! A scenario whose every tick is written down, and compared with the recording of the same name.

use anyhow::{Context, Result, ensure};
use haldane_core::time::Span;
use haldane_e2e::{Answer, Conduct, Scenario, Setup, Tape, Tick, shared_plane};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Set to write the recordings instead of comparing with them.
const WRITES: &str = "HALDANE_WRITE_RECORDED";

/// The version that is deployed.
pub(crate) const NEW: &str = "2.0.0";

pub(crate) struct Act {
    pub(crate) scenario: Scenario,
    pub(crate) tape: Tape,
}

/// The usual analysis: 5, 50, 100 percent, and three failed checks.
pub(crate) fn weighted() -> Value {
    json!({"interval": "10s", "threshold": 3, "stepWeights": [5, 50, 100]})
}

impl Act {
    /// A Canary at rest, with every hook pointed at the receiver.
    pub(crate) async fn begin(name: &str, analysis: Value) -> Result<Self> {
        Self::begin_with(Setup::new(name, analysis)).await
    }

    pub(crate) async fn begin_with(mut setup: Setup) -> Result<Self> {
        let plane = shared_plane().await?;
        let mut tape = Tape::start().await?;
        tape.begins_with(setup.analysis.clone());
        setup.analysis["webhooks"] = tape.webhooks();
        let scenario = Scenario::start(&plane, setup).await?;
        tape.rewind().await;
        Ok(Self { scenario, tape })
    }

    pub(crate) async fn deploy(&mut self, version: &str) -> Result<()> {
        self.tape.did(json!({ "deploy": version }));
        self.scenario.deploy(version, Conduct::FINE).await
    }

    /// Deploys a version whose image does not start.
    pub(crate) async fn deploy_broken(&mut self, version: &str) -> Result<()> {
        self.tape.did(json!({ "deployBroken": version }));
        self.scenario.deploy(version, Conduct::NeverReady).await
    }

    pub(crate) async fn edit(&mut self, spec: Value) -> Result<()> {
        self.tape.did(json!({ "edit": spec }));
        self.scenario.edit(spec).await
    }

    /// From now on no new pod of this Deployment finds room.
    pub(crate) fn fill_machines(&mut self, deployment: &str) {
        self.tape.did(json!({ "full": deployment }));
        self.scenario.plane().nodes().set_full(self.scenario.namespace(), deployment, true);
    }

    /// The next `times` calls of a hook are answered so.
    pub(crate) fn next(&self, hook: &str, times: usize, answer: &Answer) {
        (0..times).for_each(|_| self.tape.next(hook, answer.clone()));
    }

    pub(crate) async fn tick(&mut self) -> Result<Tick> {
        Ok(self.tape.tick(&self.scenario).await?.clone())
    }

    pub(crate) async fn until(&mut self, wanted: impl Fn(&Tick) -> bool) -> Result<Tick> {
        Ok(self.tape.until(&self.scenario, 25, wanted).await?.clone())
    }

    /// Deploys the new version and waits until users meet it at weight 5.
    pub(crate) async fn deploy_to_5(&mut self) -> Result<()> {
        self.deploy(NEW).await?;
        self.until(|tick| tick.weight == 5).await?;
        Ok(())
    }

    /// The versions of the primary's pods.
    pub(crate) fn primary_versions(&self) -> Vec<String> {
        self.versions("api-primary")
    }

    /// The versions of a Deployment's pods.
    pub(crate) fn versions(&self, deployment: &str) -> Vec<String> {
        let pods = self.scenario.plane().nodes().pods(self.scenario.namespace());
        pods.into_iter().filter(|pod| pod.deployment == deployment).map(|pod| pod.version).collect()
    }

    /// The run is over: nothing more is called, nobody lost a request, and what was written down is what is kept.
    pub(crate) async fn ends(mut self) -> Result<()> {
        ensure!(self.tape.is_silent_for(Span::from_s(12)).await, "a Canary at rest calls nobody");
        let (plane, name) = (self.scenario.plane(), self.scenario.namespace());
        let (nodes, fronts) = (plane.nodes().troubles(), plane.fronts().troubles(name));
        ensure!(
            nodes.is_empty() && fronts.is_empty(),
            "the cluster itself had trouble: {nodes:?} {fronts:?}"
        );
        let load = self.scenario.load();
        ensure!(load.failed == 0 && load.with_code(200) > 0, "users lost requests: {load:?}");
        ensure!(load.of_the_proxy() == 0, "requests found no pod: {load:?}");
        self.scenario.print_events().await?;
        self.compare()
    }

    fn compare(&self) -> Result<()> {
        let name = self.scenario.namespace();
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../flagger-model/recorded");
        let file = folder.join(format!("{name}.json"));
        let really = self.tape.recording().to_json()?;
        if std::env::var_os(WRITES).is_some() {
            std::fs::create_dir_all(&folder)?;
            std::fs::write(&file, &really).with_context(|| file.display().to_string())?;
        }
        let kept = std::fs::read_to_string(&file);
        let kept = kept.with_context(|| format!("no recording {name}: make it with {WRITES}=1 make e2e"))?;
        // Line by line, because the whole of both would hide what differs.
        let mut lines = kept.lines().zip(really.lines()).enumerate();
        let differs = lines.find(|(_, (kept, really))| kept != really);
        ensure!(
            kept == really,
            "Flagger did not do what recorded/{name}.json says, first here: {differs:#?}\n{really}\n\
             If it is Flagger that has changed: {WRITES}=1 make e2e, and then mend the model."
        );
        Ok(())
    }
}
