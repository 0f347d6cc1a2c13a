//! The file that Haldane keeps is locked, read-only or damaged.

use super::{DAMAGED, LOCKED, Quiet, READ_ONLY, status, tell};
use crate::service::{Service, refused};
use haldane_flagger_model::HookKind::{ConfirmRollout, ConfirmTrafficIncrease, Rollback};
use haldane_flagger_model::Phase::{Progressing, Waiting};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqliteConnection};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tokio::process::Command;

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_of_another_program_holds_until_it_is_let_go() {
    let mut quiet = Quiet::new();
    let service = quiet.place.serve().await;
    let mut stranger = SqliteConnectOptions::new().filename(quiet.db()).connect().await.unwrap();
    run(&mut stranger, "BEGIN IMMEDIATE").await;
    quiet.deploy(&service);
    // One may have to wait for the other, and both for the lock; Flagger is answered all the same.
    let (report, ready) = tokio::join!(quiet.tick(), service.ask("readyz"));
    assert_eq!(status(report, ConfirmRollout), Some(403));
    assert_eq!(quiet.flagger.status().phase, Waiting);
    let said: serde_json::Value = serde_json::from_str(&ready.1).unwrap();
    let told = quiet.without_directory(said["store"].as_str().unwrap());
    assert_eq!((ready.0, told.contains("is locked by another program")), (503, true), "{told}");
    assert!(service.rollouts().await.is_empty(), "what is not recorded is not known");
    let ticks = quiet.ticks.clone();

    run(&mut stranger, "ROLLBACK").await;
    stranger.close().await.unwrap();
    let report = quiet.tick().await;
    assert_eq!(status(report, ConfirmRollout), Some(200));
    assert_eq!((quiet.flagger.status().phase, service.ask("readyz").await.0), (Progressing, 200));
    service.stop().await;
    let end = "when the lock is let go it goes on by itself";
    tell(LOCKED, &ticks, &format!("nothing is opened that is not recorded; `/readyz`: {told}"), end);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_becomes_read_only_is_written_on_and_refused_at_the_next_start() {
    let mut quiet = Quiet::new();
    let service = Service::start(&mut heeding_permissions(quiet.place.command()), &log(&quiet)).await;
    set_mode(&quiet, 0o444);
    quiet.deploy(&service);
    let report = quiet.tick().await;
    assert_eq!(status(report, ConfirmRollout), Some(200), "its open file is as it was");
    assert_eq!(service.ask("readyz").await.0, 200);
    let id = service.rollout().await.id;
    service.stop().await;

    let (code, said) = refused(&mut heeding_permissions(quiet.place.command())).await;
    let told = quiet.without_directory(&said);
    assert_eq!((code, told.contains("haldane.db cannot be opened for writing")), (Some(2), true), "{said}");
    assert_unanswered(&mut quiet).await;
    set_mode(&quiet, 0o644);
    let service = Service::start(&mut heeding_permissions(quiet.place.command()), &log(&quiet)).await;
    assert_goes_on(&mut quiet, service, &id).await;
    let told = format!("while it runs nothing changes; the next start is refused: {}", sentence(&told));
    let end = "made writable and started, it goes on in the same run";
    tell(READ_ONLY, &quiet.ticks[..3], &told, end);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_store_is_refused_and_a_restored_one_goes_on() {
    let mut quiet = Quiet::new();
    let service = quiet.place.serve().await;
    quiet.deploy(&service);
    quiet.tick().await;
    let id = service.rollout().await.id;
    service.stop().await;
    quiet.ticks.clear();
    let whole = fs::read(quiet.db()).unwrap();
    let half = whole.len() / 2;
    let mut scribbled = whole.clone();
    scribbled[8_192..].fill(0x5a);
    let mut told = String::new();
    for (what, bytes) in [
        ("cut in half", &whole[..half]),
        ("overwritten", &scribbled),
        ("no database", b"hello, world, this is no database"),
    ] {
        fs::write(quiet.db(), bytes).unwrap();
        let (code, said) = refused(&mut quiet.place.command()).await;
        told = quiet.without_directory(&said);
        assert_eq!(
            (code, told.contains("haldane.db is not a database or is damaged")),
            (Some(2), true),
            "{what}: {said}"
        );
        assert_eq!(fs::read(quiet.db()).unwrap(), bytes, "{what}: what could be rescued was changed");
    }
    assert_unanswered(&mut quiet).await;
    let ticks = quiet.ticks.clone();
    fs::write(quiet.db(), whole).unwrap();
    let service = quiet.place.serve().await;
    assert_goes_on(&mut quiet, service, &id).await;
    let end = "restored from a copy and started, it goes on in the same run";
    tell(DAMAGED, &ticks, &format!("the start is refused: {}", sentence(&told)), end);
}

/// Flagger calls a Haldane that does not run.
async fn assert_unanswered(quiet: &mut Quiet) {
    for _ in 0..2 {
        quiet.tick().await;
    }
    let report = quiet.ticks.last().unwrap();
    assert_eq!((status(report, Rollback), status(report, ConfirmTrafficIncrease)), (None, None));
}

/// The run is known, and Flagger's questions are answered.
async fn assert_goes_on(quiet: &mut Quiet, service: Service, id: &str) {
    let report = quiet.tick().await;
    assert_eq!(status(report, Rollback), Some(403));
    assert_eq!(service.rollout().await.id, id);
    service.stop().await;
}

/// The sentence of a refusal: its last line, without the program's name and SQLite's own words.
fn sentence(said: &str) -> String {
    let last = said.lines().last().unwrap().trim_start_matches("haldane: ");
    last.split(": error returned from database").next().unwrap().to_owned()
}

/// The mode of the store's files: a start that is refused leaves some beside the database, with its mode.
fn set_mode(quiet: &Quiet, mode: u32) {
    for file in fs::read_dir(quiet.place.directory.path()).unwrap() {
        let file = file.unwrap();
        if file.file_name().to_string_lossy().starts_with("haldane.db") {
            fs::set_permissions(file.path(), fs::Permissions::from_mode(mode)).unwrap();
        }
    }
}

fn log(quiet: &Quiet) -> std::path::PathBuf {
    quiet.place.directory.path().join("log")
}

async fn run(connection: &mut SqliteConnection, sql: &'static str) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.unwrap();
}

/// The same command without the superuser's right to write read-only files, where the tests run with it.
fn heeding_permissions(command: Command) -> Command {
    let probe = tempfile::NamedTempFile::new().unwrap();
    fs::set_permissions(probe.path(), fs::Permissions::from_mode(0o444)).unwrap();
    if !is_writable(probe.path()) {
        return command;
    }
    crate::service::through("setpriv", &["--bounding-set=-dac_override"], &command)
}

fn is_writable(path: &Path) -> bool {
    fs::File::options().write(true).open(path).is_ok()
}
