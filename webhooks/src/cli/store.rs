//! Opening the store for a command that reads it.

use anyhow::Context;
use haldane_store::Store;
use std::path::Path;

/// Opens an existing store; a missing file is an error here, not a new store.
pub(super) async fn open_existing(path: &Path) -> anyhow::Result<Store> {
    if !path.exists() {
        anyhow::bail!("{}: no such file; name the store that `haldane serve --db` writes", path.display());
    }
    Store::open(path).await.with_context(|| format!("{} cannot be opened", path.display()))
}
