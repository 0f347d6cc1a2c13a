//! One etcd for all planes, each under a prefix of its own: it is the plane's disk, not a part that tests break.

use crate::Tools;
use anyhow::Result;
use haldane_core::time::Span;
use haldane_world::parts::{Leash, Part, Pool, Wait, free_port, get, pool};
use tempfile::TempDir;

/// A running etcd; dropping it kills it.
#[derive(Debug)]
pub struct Etcd {
    url: String,
    _part: Part,
    _directory: TempDir,
}

impl Etcd {
    /// Starts it and waits until it is healthy.
    ///
    /// # Errors
    /// It is not built, or does not start.
    pub async fn start() -> Result<Self> {
        let directory = tempfile::Builder::new().prefix("haldane-etcd").tempdir()?;
        let url = format!("http://127.0.0.1:{}", free_port()?);
        let peers = format!("http://127.0.0.1:{}", free_port()?);
        let arguments = [
            format!("--data-dir={}", directory.path().join("data").display()),
            format!("--listen-client-urls={url}"),
            format!("--advertise-client-urls={url}"),
            format!("--listen-peer-urls={peers}"),
            format!("--initial-advertise-peer-urls={peers}"),
            format!("--initial-cluster=default={peers}"),
            "--log-level=warn".to_owned(),
            // Nothing outlives the tests, and their time goes into waiting for the disk otherwise.
            "--unsafe-no-fsync".to_owned(),
        ];
        let program = Tools::find()?.path("etcd")?;
        let mut part = Part::start("etcd", &program, arguments, &[], directory.path(), &Leash::default())?;
        let (http, health): (Pool, String) = (pool(), format!("{url}/health"));
        let wait = Wait::begin("etcd is healthy", Span::from_s(60));
        while get(&http, &health).await.is_err() {
            part.still_runs()?;
            wait.again().await?;
        }
        Ok(Self { url, _part: part, _directory: directory })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}
