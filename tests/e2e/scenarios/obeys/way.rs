//! A release on its way through several regions, with a diary of the Canary in each and one Haldane for all.

use anyhow::{Context, Result, ensure};
use haldane_core::time::{Span, Timestamp};
use haldane_e2e::{Account, Conduct, Diary, Haldane, Moment, Plane, Scenario, Story};
use haldane_world::parts::Wait;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The longest between two things that are waited for, on a machine under load.
const PATIENCE: Span = Span::from_min(6);

/// One release of one service in several regions, of which each comes after the one before it.
pub(super) struct Way {
    pub(super) regions: Vec<Scenario>,
    pub(super) diaries: Vec<Diary>,
    pub(super) haldane: Haldane,
}

impl Way {
    /// One step with half of the traffic: what the steps do is other tests' business, and time. So is how a budget is
    /// kept, and with the largest a breach is found a minute sooner.
    pub(super) async fn begin(
        name: &str,
        bake: &'static str,
        replicas: u32,
        planes: &[Arc<Plane>],
    ) -> Result<Self> {
        let usual = Story { bake, replicas, ..Story::new(name) };
        let story = Story { weights: &[50], false_rollback: "20%", requests_per_s: 20, ..usual };
        let (regions, haldane) = story.begin_in(&planes.iter().collect::<Vec<_>>()).await?;
        let diaries = regions.iter().map(Scenario::diary).collect();
        Ok(Self { regions, diaries, haldane })
    }

    /// Everywhere at once, as a pipeline would, and last in the first region: its turn is not who asks first.
    pub(super) async fn deploy(&self, conducts: &[Conduct]) -> Result<()> {
        for (region, conduct) in self.regions.iter().zip(conducts).rev() {
            region.deploy("2.0.0", *conduct).await?;
        }
        Ok(())
    }

    pub(super) async fn phase(&self, region: usize, phase: &str) -> Result<Timestamp> {
        let reached = self.regions[region].reaches(phase, PATIENCE, |c| c.phase == phase).await;
        reached.with_context(|| self.haldane.log())?;
        let written = || self.diaries[region].first(|moment| moment.phase == phase);
        // The diary has a watch of its own, which may be a moment later.
        let wait = Wait::begin("the diary has it, too", Span::from_s(20));
        loop {
            match written() {
                Some(at) => return Ok(at),
                None => wait.again().await?,
            }
        }
    }

    pub(super) async fn tells(
        &self,
        region: usize,
        what: &str,
        listed: impl Fn(&Value) -> bool + Send,
        wanted: impl Fn(&Account) -> bool + Send,
    ) -> Result<Account> {
        self.haldane.tells(self.regions[region].plane().region(), what, PATIENCE, listed, wanted).await
    }

    /// Waits until a region has been refused twice since `instant`, or is admitted after all.
    pub(super) async fn asks_twice(&self, region: usize, instant: Timestamp) -> Result<Account> {
        let asked = |account: &Account| account.refused_after(instant) > 1 || account.admitted().is_ok();
        self.tells(region, "refused twice", |_| true, asked).await
    }

    pub(super) async fn stands(&self, region: usize, standing: &str) -> Result<Account> {
        self.tells(region, standing, |listed| listed["standing"] == standing, |_| true).await
    }

    /// The versions that the pods of a Deployment of a region run, each once.
    pub(super) fn versions(&self, region: usize, deployment: &str) -> Vec<String> {
        let region = &self.regions[region];
        let pods = region.plane().nodes().pods(region.namespace());
        let of = pods.into_iter().filter(|pod| pod.deployment == deployment);
        of.map(|pod| pod.version).collect::<BTreeSet<String>>().into_iter().collect()
    }

    /// A region whose turn has not come: no pod, no request, no failed check, and its users served by the old version.
    pub(super) fn never_began(&self, region: usize) -> Result<()> {
        let moments = self.diaries[region].moments();
        let began = moments.iter().find(|(_, moment)| !waits(moment));
        ensure!(began.is_none(), "it began: {moments:#?}");
        ensure!(self.versions(region, "api").is_empty(), "a canary runs: {:?}", self.versions(region, "api"));
        let (new, old) =
            (self.regions[region].truth("2.0.0")?, self.regions[region].truth_of("api-primary")?);
        ensure!((new.requests(), old.requests() > 0) == (0, true), "{new:?} {old:?}");
        let load = self.regions[region].load();
        ensure!(load.failed == 0 && load.with_code(200) > 0, "its users lost requests: {load:?}");
        ensure!(self.versions(region, "api-primary") == ["1.0.0"]);
        Ok(())
    }

    pub(super) async fn print_events(&self) -> Result<()> {
        for region in &self.regions {
            region.print_events().await?;
        }
        Ok(())
    }
}

/// Before its run: not even pods.
pub(super) fn waits(moment: &Moment) -> bool {
    matches!(moment.phase.as_str(), "Initialized" | "Waiting")
        && (moment.weight, moment.failed_checks) == (0, 0)
}
