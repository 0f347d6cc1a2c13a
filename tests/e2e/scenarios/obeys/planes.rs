//! A release on its way through three control planes: an API server, a Flagger and a Prometheus for each region, and one
//! Haldane that knows their order.
//!
//! No Flagger knows that there is another one. So the order is told twice: by diaries of the Canaries, which share a
//! clock, and by Haldane's own account.

use anyhow::{Context, Result, ensure};
use haldane_core::time::{Span, Timestamp};
use haldane_e2e::{Account, Conduct, Diary, Haldane, Moment, Plane, Scenario, Story, run, shared_planes};
use haldane_world::Behaviour;
use haldane_world::parts::Wait;
use std::collections::BTreeSet;
use std::sync::Arc;

const FAILS: Behaviour = Behaviour::FAST.failing(0.5);

/// The longest between two things that are waited for, on a machine under load.
const PATIENCE: Span = Span::from_min(6);

/// Longer than Flagger's ten seconds between two questions: without it a region begins within one of them.
const BAKE: Span = Span::from_s(15);

/// One release of one service in several regions, of which each comes after the one before it.
struct Way {
    regions: Vec<Scenario>,
    diaries: Vec<Diary>,
    haldane: Haldane,
}

impl Way {
    /// One step with half of the traffic: what the steps do is other tests' business, and time. So is how a budget is
    /// kept, and with the largest a breach is found a minute sooner.
    async fn begin(name: &str, bake: &'static str, replicas: u32, planes: &[Arc<Plane>]) -> Result<Self> {
        let usual = Story { bake, replicas, ..Story::new(name) };
        let story = Story { weights: &[50], false_rollback: "20%", requests_per_s: 40, ..usual };
        let (regions, haldane) = story.begin_in(&planes.iter().collect::<Vec<_>>()).await?;
        let diaries = regions.iter().map(Scenario::diary).collect();
        Ok(Self { regions, diaries, haldane })
    }

    /// Everywhere at once, as a pipeline would, and last in the first region: its turn is not who asks first.
    async fn deploy(&self, conducts: &[Conduct]) -> Result<()> {
        for (region, conduct) in self.regions.iter().zip(conducts).rev() {
            region.deploy("2.0.0", *conduct).await?;
        }
        Ok(())
    }

    async fn phase(&self, region: usize, phase: &str) -> Result<Timestamp> {
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

    async fn tells(
        &self,
        region: usize,
        what: &str,
        wanted: impl Fn(&Account) -> bool + Send,
    ) -> Result<Account> {
        self.haldane.tells(self.regions[region].plane().region(), what, PATIENCE, wanted).await
    }

    async fn stands(&self, region: usize, standing: &str) -> Result<Account> {
        self.tells(region, standing, |account| account.standing() == standing).await
    }

    /// The versions that the pods of a Deployment of a region run, each once.
    fn versions(&self, region: usize, deployment: &str) -> Vec<String> {
        let region = &self.regions[region];
        let pods = region.plane().nodes().pods(region.namespace());
        let of = pods.into_iter().filter(|pod| pod.deployment == deployment);
        of.map(|pod| pod.version).collect::<BTreeSet<String>>().into_iter().collect()
    }

    /// A region whose turn has not come: no pod, no request, no failed check, and its users served by the old version.
    fn never_began(&self, region: usize) -> Result<()> {
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

    async fn print_events(&self) -> Result<()> {
        for region in &self.regions {
            region.print_events().await?;
        }
        Ok(())
    }
}

/// Before its run: not even pods.
fn waits(moment: &Moment) -> bool {
    matches!(moment.phase.as_str(), "Initialized" | "Waiting")
        && (moment.weight, moment.failed_checks) == (0, 0)
}

#[test]
fn a_release_goes_through_three_control_planes_each_after_the_one_before_has_promoted_and_baked() -> Result<()>
{
    run(async {
        let way = Way::begin("three-planes", "15s", 1, &shared_planes().await?).await?;
        way.deploy(&[Conduct::FINE; 3]).await?;
        let mut before: Option<(Timestamp, Account)> = None;
        for region in 0..3 {
            if region > 0 {
                way.never_began(region)?;
            }
            let ended = way.phase(region, "Succeeded").await?;
            let account = way.stands(region, "promoted").await?;
            assert_eq!(account.0["release"], "api:2.0.0", "named after the image");
            assert_eq!(way.versions(region, "api-primary"), ["2.0.0"]);
            let diary = &way.diaries[region];
            assert_eq!(diary.weights(), [0, 50, 0], "{:#?}", diary.moments());
            assert_eq!(diary.first(|moment| moment.failed_checks > 0), None);
            let load = way.regions[region].load();
            ensure!(load.failed == 0 && load.with_code(200) > 0, "its users lost requests: {load:?}");
            if let Some((promoted, first)) = before {
                comes_after(&account, &first, diary, promoted)?;
            }
            before = Some((ended, account));
        }
        assert_eq!(way.haldane.rollouts().await?.len(), 3, "one rollout in each region");
        way.print_events().await
    })
}

/// By Haldane's account to the microsecond, by the Canaries' diaries within what a watch may be late.
fn comes_after(account: &Account, before: &Account, diary: &Diary, promoted: Timestamp) -> Result<()> {
    let (admitted, since) = (account.admitted()?, before.since()?);
    ensure!(admitted >= since + BAKE, "admitted {} after the promotion", admitted - since);
    let began = diary.first(|moment| !waits(moment)).context("it has a beginning")?;
    let watched = began - promoted;
    ensure!(watched >= BAKE - Span::from_s(1), "it began {watched} after the promotion");
    let answers = account.answers("confirm-rollout")?;
    let statuses: Vec<u64> = answers.iter().map(|answer| answer.status).collect();
    let (last, refused) = statuses.split_last().context("confirm-rollout was asked")?;
    ensure!(*last == 200 && refused.len() > 1 && refused.iter().all(|s| *s == 403), "{answers:#?}");
    Ok(())
}

#[test]
fn a_breach_in_the_second_region_holds_the_third_and_leaves_the_first_promoted_and_watched() -> Result<()> {
    run(async {
        // One lone pod is given twice the time before it is convicted.
        let way = Way::begin("second-breaks", "15s", 2, &shared_planes().await?).await?;
        way.deploy(&[Conduct::FINE, Conduct::Serves(FAILS), Conduct::FINE]).await?;
        way.phase(0, "Succeeded").await?;
        let back = way.phase(1, "Failed").await?;
        went_back(&way).await?;

        let third = way.tells(2, "refused twice since", |account| account.refused_after(back) > 1).await?;
        way.never_began(2)?;
        assert_eq!(third.standing(), "waiting");
        let answers = third.answers("confirm-rollout")?;
        ensure!(answers.iter().all(|answer| answer.status == 403), "{answers:#?}");
        let listed = way.haldane.newest_in("apac").await?.context("it is listed")?.to_string();
        let named = |text: &str| text.contains("eu-central was rolled back with this release");
        ensure!(
            answers.last().is_some_and(|answer| named(&answer.line)) && named(&listed),
            "{answers:#?}\n{listed}"
        );

        let first = way.tells(0, "polled since", |account| account.polled() > Some(back)).await?;
        assert_eq!((first.standing(), &first.last()["late_breach"]), ("promoted", &serde_json::Value::Null));
        assert_eq!(way.versions(0, "api-primary"), ["2.0.0"]);
        assert_eq!(way.regions[0].load().failed, 0);
        let counted = first.counted();
        way.tells(0, "more requests counted", |account| account.counted() > counted).await?;
        assert_eq!(way.diaries[0].weights(), [0, 50, 0]);
        way.print_events().await
    })
}

/// The second region is back on the old version, by its `rollback` hook and without a failed check.
async fn went_back(way: &Way) -> Result<()> {
    let second = way.stands(1, "rolled-back").await?;
    ensure!(second.headline().contains("error-rate"), "{}", second.headline());
    let answers = second.answers("rollback")?;
    ensure!(answers.last().is_some_and(|answer| answer.status == 200), "{answers:#?}");
    let diary = &way.diaries[1];
    assert_eq!(diary.weights(), [0, 50, 0], "{:#?}", diary.moments());
    assert_eq!(diary.first(|moment| moment.failed_checks > 0), None);
    assert_eq!(way.versions(1, "api-primary"), ["1.0.0"]);
    Ok(())
}

#[test]
fn a_late_breach_while_the_first_region_bakes_holds_the_second() -> Result<()> {
    run(async {
        let [first, second, _] = shared_planes().await?;
        // A lone pod that was healthy until now is convicted within three minutes.
        let way = Way::begin("breaks-late", "210s", 1, &[first, second]).await?;
        way.deploy(&[Conduct::FINE; 2]).await?;
        way.phase(0, "Succeeded").await?;
        let baked = way.stands(0, "promoted").await?.since()? + Span::from_s(210);
        let region = &way.regions[0];
        region.plane().nodes().behave(region.namespace(), "api-primary", FAILS).await?;
        let late = |account: &Account| !account.last()["late_breach"].is_null();
        let first = way.tells(0, "a late breach", late).await?;
        ensure!(first.polled() < Some(baked), "it breached when the bake was over: make the bake longer");
        ensure!(first.headline().contains("breached after its promotion"), "{}", first.headline());
        // Flagger is done with this release: nothing goes back by itself.
        assert_eq!((first.standing(), way.diaries[0].weights()), ("promoted", vec![0, 50, 0]));
        assert_eq!(way.versions(0, "api-primary"), ["2.0.0"]);
        // When the bake is over the breach alone holds.
        let second = way.tells(1, "refused twice since", |account| account.refused_after(baked) > 1).await?;
        way.never_began(1)?;
        let answers = second.answers("confirm-rollout")?;
        ensure!(answers.iter().all(|answer| answer.status == 403), "{answers:#?}");
        let line = answers.last().map(|answer| answer.line.as_str()).unwrap_or_default();
        ensure!(line.contains("us-east breached after its promotion") && !line.contains("bakes"), "{line}");
        way.print_events().await
    })
}
