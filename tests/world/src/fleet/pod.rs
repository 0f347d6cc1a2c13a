//! One pod: a name and an address for as long as it exists, and one process after the other.

use super::{Fleet, Planned};
use crate::part::Part;
use crate::service::{Behaviour, Carried, Truth};
use crate::wait::Wait;
use crate::{Arm, WorldError, http, itself};
use haldane_core::time::Span;
use std::path::PathBuf;

/// A pod listens within a tenth of a second; this is for a machine under load.
const START: Span = Span::from_s(30);

/// What others may know of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodInfo {
    /// Its name, which is its label `pod`.
    pub name: String,
    /// The version that it runs.
    pub version: String,
    /// Where it listens on loopback, dead or alive.
    pub port: u16,
    /// Its process, if it has one.
    pub pid: Option<i32>,
}

/// One process that a pod had.
#[derive(Debug)]
pub(crate) struct Life {
    pub(super) arm: Arm,
    pub(super) version: String,
    file: PathBuf,
}

#[derive(Debug)]
pub(crate) struct Pod {
    pub(super) planned: Planned,
    pub(super) part: Option<Part>,
    pub(super) slot: Option<usize>,
    /// What its first process begins with.
    carried: Option<Carried>,
    lives: u64,
}

impl Life {
    pub(super) fn truth(&self) -> Result<Truth, WorldError> {
        Truth::read(&self.file).map_err(|source| WorldError::File { path: self.file.clone(), source })
    }
}

impl Pod {
    pub(super) const fn new(planned: Planned, carried: Option<Carried>) -> Self {
        Self { planned, part: None, slot: None, carried, lives: 0 }
    }

    pub(super) fn info(&self) -> PodInfo {
        let Planned { name, version, port, .. } = self.planned.clone();
        PodInfo { name, version, port, pid: self.part.as_ref().map(Part::pid) }
    }

    /// Starts its next process and waits until it answers.
    pub(super) async fn start(&mut self, fleet: &Fleet, behaviour: Behaviour) -> Result<Life, WorldError> {
        self.lives += 1;
        let Planned { arm, version, name, port } = self.planned.clone();
        let file = fleet.directory.join(format!("{name}-{}.truth", self.lives));
        let json = serde_json::to_string(&behaviour).map_err(std::io::Error::from)?;
        // Ports are unique in a world, so that no two pods draw the same requests; but a seed repeats a world only
        // as far as the order of the requests does.
        let seed = fleet.seed.wrapping_mul(1_000).wrapping_add(self.lives * 100 + u64::from(port));
        let mut arguments = vec![
            format!("--version={version}"),
            format!("--listen=127.0.0.1:{port}"),
            format!("--seed={seed}"),
            format!("--behaviour={json}"),
            format!("--truth-file={}", file.display()),
        ];
        if let Some(carried) = self.carried.take() {
            let json = serde_json::to_string(&carried).map_err(std::io::Error::from)?;
            arguments.push(format!("--carried={json}"));
        }
        let mut part = itself::start(&name, &arguments, &fleet.directory, &fleet.leash)?;
        let url = format!("http://127.0.0.1:{port}/truth");
        let what = format!("{name} answers");
        let wait = Wait::begin(&what, START);
        while http::get(&fleet.http, &url).await.is_err() {
            part.still_runs().map_err(itself::explain)?;
            wait.again().await?;
        }
        self.part = Some(part);
        Ok(Life { arm, version, file })
    }
}
