//! A secret is changed without a restart, and without a tick that is refused.

use crate::keys::{HOME_SECRET, Keyed, NEXT_SECRET, With, write};
use crate::policy::HOME;
use crate::world::{THRESHOLD, status_of};
use haldane_flagger_model::HookKind::Rollback;

/// The rollback hook's status when the first region's Flagger asks so.
async fn asked(keyed: &mut Keyed, with: With<'_>) -> Option<u16> {
    keyed.present(HOME, with);
    let report = keyed.world.tick().await;
    status_of(&report, Rollback)
}

#[tokio::test]
async fn a_secret_is_rotated_in_three_steps_while_a_rollout_goes_on() {
    let mut keyed = Keyed::start().await;
    keyed.world.climb_to(5).await;
    let folder = keyed.secrets.path().to_owned();

    write(&folder, "us-east.next", NEXT_SECRET);
    keyed.secrets_are_read_again();
    assert_eq!(asked(&mut keyed, With::UserInfo(HOME_SECRET)).await, Some(403), "still valid");
    assert_eq!(asked(&mut keyed, With::UserInfo(NEXT_SECRET)).await, Some(403), "valid already");

    std::fs::rename(folder.join("us-east.next"), folder.join(HOME)).unwrap();
    keyed.secrets_are_read_again();
    assert_eq!(asked(&mut keyed, With::UserInfo(NEXT_SECRET)).await, Some(403));
    assert_eq!(keyed.world.effect().failed_checks, 0, "all eight hooks, and no check was lost");

    keyed.world.climb_to(50).await;
    assert!(THRESHOLD > 1, "one refused tick below does not end the run");
    assert_eq!(
        asked(&mut keyed, With::UserInfo(HOME_SECRET)).await,
        Some(401),
        "the old one is worth nothing"
    );
}

#[tokio::test]
async fn a_removed_secret_ends_at_once_and_another_regions_does_not() {
    let mut keyed = Keyed::start().await;
    keyed.world.climb_to(5).await;
    std::fs::remove_file(keyed.secrets.path().join(HOME)).unwrap();
    keyed.secrets_are_read_again();
    assert_eq!(asked(&mut keyed, With::UserInfo(HOME_SECRET)).await, Some(401));
    assert_eq!(asked(&mut keyed, With::Metadata(HOME_SECRET)).await, Some(401));
    let reply = keyed.call("/hooks/eu-central/rollback", r#"{"name":"api","namespace":"fnp"}"#);
    let reply = reply.basic_auth("x", Some(crate::keys::AWAY_SECRET)).send().await.unwrap();
    assert_eq!(reply.status(), 403);
    write(keyed.secrets.path(), HOME, HOME_SECRET);
    keyed.secrets_are_read_again();
    assert_eq!(asked(&mut keyed, With::UserInfo(HOME_SECRET)).await, Some(403));
}

#[tokio::test]
async fn a_half_written_secret_refuses_nobody_who_was_known() {
    let mut keyed = Keyed::start().await;
    keyed.world.climb_to(5).await;
    for half in ["", "short"] {
        std::fs::write(keyed.secrets.path().join(HOME), half).unwrap();
        keyed.secrets_are_read_again();
        assert_eq!(asked(&mut keyed, With::UserInfo(HOME_SECRET)).await, Some(403), "{half:?}");
    }
    assert_eq!(keyed.world.effect().failed_checks, 0);
}
