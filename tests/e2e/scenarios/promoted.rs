//! A run in which every gate is open.

use haldane_e2e::{Conduct, Scenario, Setup, Tape, run, shared_plane};
use serde_json::json;

#[test]
fn a_release_is_promoted_when_every_gate_is_open() -> anyhow::Result<()> {
    run(async {
        let plane = shared_plane().await?;
        let mut tape = Tape::start().await?;
        let analysis = json!({"interval": "10s", "threshold": 3, "stepWeights": [5, 50, 100], "webhooks": tape.webhooks()});
        let scenario = Scenario::start(&plane, Setup::new("promoted", analysis)).await?;
        tape.rewind().await;
        scenario.deploy("2.0.0", Conduct::FINE).await?;
        tape.until(&scenario, 20, |tick| tick.phase == "Succeeded").await?;
        println!("{}", tape.recording().to_json()?);
        println!("{:?}", scenario.load());
        println!("{:?} {:?}", scenario.truth("1.0.0")?, scenario.truth("2.0.0")?);
        println!("{:?} {:?}", plane.nodes().troubles(), plane.fronts().troubles("promoted"));
        Ok(())
    })
}
