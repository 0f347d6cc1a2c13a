//! Who may ask: each region's secret, by the URL's user-info or by the metadata, opens that region's hooks only.

use crate::keys::{AWAY_SECRET, HOME_SECRET, Keyed, With, refusal};
use crate::policy::{AWAY, HOME};
use crate::traffic::Traffic;
use crate::world::{Effect, status_of};
use haldane_core::answer::Hook;
use haldane_flagger_model::HookKind::{self, ConfirmRollout, PreRollout, Rollback, Rollout};
use haldane_flagger_model::Phase;

const API: &str = r#"{"name":"api","namespace":"fnp"}"#;
const REFUSED: &str = "this call has no valid credential";

#[tokio::test]
async fn a_release_is_rolled_out_with_the_credential_in_the_url_or_in_the_metadata() {
    for with in [With::UserInfo(HOME_SECRET), With::Metadata(HOME_SECRET)] {
        let mut keyed = Keyed::start().await;
        keyed.present(HOME, with);
        keyed.world.until_phase(HOME, Phase::Succeeded).await;
        let effect = keyed.world.effect();
        assert_eq!((effect.failed_checks, effect.phase), (0, Phase::Succeeded), "{with:?}");
    }
}

/// Nothing, a wrong one, the right one a character off, and the other region's.
fn bad() -> [With<'static>; 7] {
    [
        With::Nothing,
        With::UserInfo("wrong-wrong-wrong-wrong"),
        With::UserInfo(AWAY_SECRET),
        With::UserInfo("home-3c59dc048e8850243be8079a5c74d07"),
        With::Metadata("wrong-wrong-wrong-wrong"),
        With::Metadata(AWAY_SECRET),
        With::Metadata(""),
    ]
}

#[tokio::test]
async fn without_its_credential_a_canary_stays_where_it_is_and_nothing_is_recorded() {
    let mut keyed = Keyed::start().await;
    keyed.world.climb_to(5).await;
    keyed.world.poll_until("advance").await;
    let (before, held) = (keyed.world.effect(), keyed.held().await);
    let state = keyed.world.published().state.clone();
    for with in bad() {
        keyed.present(HOME, with);
        // As Haldane's docs have it: without the two hooks of which one failure is never forgotten.
        keyed.world.home().flagger.edit(|s| s.webhooks.retain(|h| !matches!(h.kind, PreRollout | Rollout)));
        for _ in 0..3 {
            let report = keyed.world.tick().await;
            assert_eq!(status_of(&report, Rollback), Some(401), "{with:?}");
            assert_eq!(status_of(&report, HookKind::ConfirmTrafficIncrease), Some(401), "{with:?}");
        }
        assert_eq!(keyed.world.effect(), before, "{with:?}");
    }
    assert_eq!(keyed.held().await, held);
    assert_eq!(keyed.world.published().state, state);
    keyed.present(HOME, With::UserInfo(HOME_SECRET));
    keyed.world.tick().await;
    assert_eq!(keyed.world.effect(), Effect { weight: 50, ..before }, "it was ready to go on all the time");
}

#[tokio::test]
async fn without_its_credential_no_rollout_begins() {
    for with in bad() {
        let mut keyed = Keyed::start().await;
        keyed.present(HOME, with);
        keyed.world.deploy("2.0.0");
        let report = keyed.world.tick().await;
        assert_eq!(status_of(&report, ConfirmRollout), Some(401), "{with:?}");
        let effect = Effect { weight: 0, failed_checks: 0, phase: Phase::Waiting };
        assert_eq!(keyed.world.effect(), effect, "{with:?}");
        assert!(keyed.world.rollout_in(HOME).is_none());
        assert_eq!(keyed.held().await, (0, 0, 0));
    }
}

#[tokio::test]
async fn without_its_credential_nobody_is_told_to_roll_back_and_with_it_a_sick_canary_goes() {
    let mut keyed = Keyed::start().await;
    keyed.world.climb_to(5).await;
    keyed.world.home().traffic = Traffic::Sick;
    keyed.world.poll_until("rollback").await;
    let before = keyed.world.effect();
    for with in bad() {
        keyed.present(HOME, with);
        keyed.world.home().flagger.edit(|s| s.webhooks.retain(|h| !matches!(h.kind, PreRollout | Rollout)));
        keyed.world.tick().await;
        assert_eq!(keyed.world.effect(), before, "{with:?}");
    }
    let reply = refusal(keyed.call("/hooks/us-east/rollback", API).basic_auth("x", Some(AWAY_SECRET))).await;
    assert_eq!(reply, (401, REFUSED.to_owned()));
    assert_eq!(keyed.world.effect(), before);
    keyed.present(HOME, With::Metadata(HOME_SECRET));
    keyed.world.tick().await;
    assert_eq!(keyed.world.effect().phase, Phase::Failed);
}

#[tokio::test]
async fn a_caller_without_a_credential_learns_nothing_of_what_there_is() {
    let keyed = Keyed::start().await;
    for path in [
        "us-east/rollback",
        "mars/rollback",
        "us-east/promote",
        "eu-central/event",
        "us-east.next/event",
        "us-east/%ff",
        "%ff/rollback",
    ] {
        for body in [API, "{", "", r#"{"name":"web","namespace":"fnp"}"#] {
            let call = || keyed.call(&format!("/hooks/{path}"), body.to_owned());
            let wrong = "wrong-wrong-wrong-wrong";
            let token = format!(r#"{{"name":"api","namespace":"fnp","metadata":{{"token":"{wrong}"}}}}"#);
            for call in [
                call(),
                call().basic_auth("flagger", Some(wrong)),
                call().basic_auth(HOME_SECRET, None::<&str>),
                call().bearer_auth(HOME_SECRET),
                call().header("authorization", "Basic !!"),
                call().basic_auth("a", Some(HOME_SECRET)).header("authorization", "Basic eDp5"),
                keyed.call(&format!("/hooks/{path}"), token),
            ] {
                assert_eq!(refusal(call).await, (401, REFUSED.to_owned()), "{path} {body:.20}");
            }
        }
    }
    let long = "x".repeat(70_000);
    assert_eq!(refusal(keyed.call("/hooks/us-east/rollback", long)).await.0, 401);
    assert_eq!(keyed.held().await, (0, 0, 0));
}

#[tokio::test]
async fn a_caller_with_a_credential_is_told_what_cannot_be_used() {
    let keyed = Keyed::start().await;
    for (path, body, status) in [
        ("us-east/promote", API, 404),
        ("us-east/rollback", "{", 400),
        ("us-east/rollback", r#"{"name":"web","namespace":"fnp"}"#, 404),
    ] {
        let call = keyed.call(&format!("/hooks/{path}"), body).basic_auth("any-name", Some(HOME_SECRET));
        assert_eq!(refusal(call).await.0, status, "{path} {body}");
    }
}

#[tokio::test]
async fn a_basic_credential_decides_alone_and_before_the_body_is_read() {
    let keyed = Keyed::start().await;
    let body = format!(r#"{{"name":"api","namespace":"fnp","metadata":{{"token":"{HOME_SECRET}"}}}}"#);
    let call = keyed.call("/hooks/us-east/rollback", body.clone());
    assert_eq!(refusal(call.basic_auth("x", Some(AWAY_SECRET))).await.0, 401);
    assert_eq!(refusal(keyed.call("/hooks/us-east/rollback", body)).await.0, 403, "a considered no");
    // A body that never comes: the answer does not wait for it.
    let never =
        reqwest::Body::wrap_stream(futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>());
    let call = keyed.call("/hooks/us-east/rollback", never).basic_auth("x", Some(AWAY_SECRET));
    assert_eq!(refusal(call.timeout(std::time::Duration::from_secs(8))).await.0, 401);
}

#[tokio::test]
async fn every_refusal_is_counted_and_only_known_regions_are_named() {
    let keyed = Keyed::start().await;
    let wrong = "wrong-wrong-wrong-wrong";
    for region in [HOME, AWAY, "mars", "us-east%22%7D"] {
        let path = format!("/hooks/{region}/{}", Hook::Rollback);
        refusal(keyed.call(&path, API).basic_auth("x", Some(wrong))).await;
        refusal(keyed.call(&path, API)).await;
    }
    let page = keyed.world.get("/metrics").await.body;
    for (region, cause, value) in
        [(HOME, "wrong", 1), (HOME, "absent", 1), (AWAY, "wrong", 1), ("", "wrong", 2), ("", "absent", 2)]
    {
        let line =
            format!("haldane_hook_unauthorised_total{{region=\"{region}\",cause=\"{cause}\"}} {value}\n");
        assert!(page.contains(&line), "{line}{page}");
    }
    assert!(!page.contains("mars") && !page.contains("%22"));
}
