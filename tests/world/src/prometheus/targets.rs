//! The files in which Prometheus finds its targets: written beside and renamed, so that it never reads half of one.
//!
//! In a directory of their own: Prometheus reads them all again whenever any file beside them changes, and the pods'
//! books change with every request (a fifth of a processor at a thousand per second).

use crate::WorldError;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The namespace of all pods.
pub(crate) const NAMESPACE: &str = "fnp";

/// Pods, by namespace and name, and their ports, by job.
type Jobs = BTreeMap<String, BTreeMap<(String, String), u16>>;

#[derive(Debug)]
pub(super) struct Targets {
    directory: PathBuf,
    jobs: Mutex<Jobs>,
}

#[derive(Serialize)]
struct Group<'a> {
    targets: [String; 1],
    labels: BTreeMap<&'a str, &'a str>,
}

impl Targets {
    pub(super) fn new(directory: &Path, jobs: &[&str]) -> Result<Self, WorldError> {
        let empty: Jobs = jobs.iter().map(|job| ((*job).to_owned(), BTreeMap::new())).collect();
        std::fs::create_dir_all(directory)?;
        write(directory, &empty)?;
        Ok(Self { directory: directory.to_owned(), jobs: Mutex::new(empty) })
    }

    pub(super) fn add(&self, job: &str, namespace: &str, pod: &str, port: u16) -> Result<(), WorldError> {
        self.change(|jobs| {
            jobs.entry(job.to_owned()).or_default().insert((namespace.to_owned(), pod.to_owned()), port);
        })
    }

    pub(super) fn remove(&self, namespace: &str, pod: &str) -> Result<(), WorldError> {
        self.change(|jobs| {
            for pods in jobs.values_mut() {
                pods.remove(&(namespace.to_owned(), pod.to_owned()));
            }
        })
    }

    fn change(&self, change: impl FnOnce(&mut Jobs)) -> Result<(), WorldError> {
        // A map is whole after every operation on it.
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut jobs);
        write(&self.directory, &jobs)
    }
}

fn write(directory: &Path, jobs: &Jobs) -> Result<(), WorldError> {
    for (job, pods) in jobs {
        let group = |((namespace, pod), port): ((_, _), u16)| Group {
            targets: [format!("127.0.0.1:{port}")],
            labels: [("namespace", namespace), ("pod", pod)].into(),
        };
        let groups: Vec<Group<'_>> =
            pods.iter().map(|((ns, pod), port)| group(((&**ns, &**pod), *port))).collect();
        let text = serde_json::to_string(&groups).map_err(std::io::Error::from)?;
        let (file, beside) = (format!("{job}.json"), format!("{job}.new"));
        std::fs::write(directory.join(&beside), text)?;
        std::fs::rename(directory.join(beside), directory.join(file))?;
    }
    Ok(())
}
