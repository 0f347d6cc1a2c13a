//! A release on its way through three control planes: an API server, a Flagger and a Prometheus for each region, and one
//! Haldane that knows their order.
//!
//! No Flagger knows that there is another one. So the order is told twice: by diaries of the Canaries, which share a
//! clock, and by Haldane's own account.

use super::way::{Way, waits};
use anyhow::{Context, Result, ensure};
use haldane_core::time::{Span, Timestamp};
use haldane_e2e::{Account, Conduct, Diary, run, shared_planes};
use haldane_world::Behaviour;
use serde_json::Value;

const FAILS: Behaviour = Behaviour::FAST.failing(0.5);

/// Longer than Flagger's ten seconds between two questions: without it a region begins within one of them.
const BAKE: Span = Span::from_s(15);

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

        let third = way.asks_twice(2, back).await?;
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

        let first = way.tells(0, "polled since", |_| true, |account| account.polled() > Some(back)).await?;
        assert_eq!((first.standing(), &first.last()["late_breach"]), ("promoted", &Value::Null));
        assert_eq!(way.versions(0, "api-primary"), ["2.0.0"]);
        assert_eq!(way.regions[0].load().failed, 0);
        let counted = first.counted();
        way.tells(0, "more counted", |_| true, |account| account.counted() > counted).await?;
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
        let late = |listed: &Value| listed["headline"].to_string().contains("breached after its promotion");
        let first =
            way.tells(0, "a late breach", late, |account| !account.last()["late_breach"].is_null()).await?;
        ensure!(first.polled() < Some(baked), "it breached when the bake was over: make the bake longer");
        // Flagger is done with this release: nothing goes back by itself.
        assert_eq!((first.standing(), way.diaries[0].weights()), ("promoted", vec![0, 50, 0]));
        assert_eq!(way.versions(0, "api-primary"), ["2.0.0"]);
        // When the bake is over the breach alone holds.
        let second = way.asks_twice(1, baked).await?;
        way.never_began(1)?;
        let answers = second.answers("confirm-rollout")?;
        ensure!(answers.iter().all(|answer| answer.status == 403), "{answers:#?}");
        let line = answers.last().map(|answer| answer.line.as_str()).unwrap_or_default();
        ensure!(line.contains("us-east breached after its promotion") && !line.contains("bakes"), "{line}");
        way.print_events().await
    })
}
