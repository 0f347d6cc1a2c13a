//! Opening the store for a command that reads it.

use anyhow::Context;
use haldane_store::{RolloutFilter, Store};
use std::path::Path;

/// Opens an existing store; a missing file is an error here, not a new store.
pub(super) async fn open_existing(path: &Path) -> anyhow::Result<Store> {
    if !path.exists() {
        anyhow::bail!("{}: no such file; name the store that `haldane serve --db` writes", path.display());
    }
    Store::open(path).await.with_context(|| {
        let file = path.display();
        format!("{file} cannot be opened; beside a running service read a copy: sqlite3 {file} \".backup copy.db\"")
    })
}

/// The id of the rollout that is meant: itself, or the newest for `latest`.
pub(super) async fn named(store: &Store, rollout: &str) -> anyhow::Result<String> {
    if rollout != "latest" {
        return Ok(rollout.to_owned());
    }
    let newest = store.rollouts(&RolloutFilter::default(), 1).await?.into_iter().next();
    newest.map(|record| record.id).context("no rollout is recorded yet")
}
