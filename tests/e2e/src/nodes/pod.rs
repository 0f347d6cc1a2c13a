//! One replica: a process from its start to its end.

use super::deployment::Asked;
use super::{Done, Shared};
use crate::Conduct;
use crate::nodes::registry::{PodNow, PodState};
use anyhow::Result;
use haldane_world::Behaviour;
use haldane_world::parts::{Part, explain_pod, free_port, get, start_pod};

/// A replica that some template asked for.
#[derive(Debug)]
pub(super) struct Pod {
    pub(super) name: String,
    pub(super) hash: String,
    pub(super) ready: bool,
    pub(super) terminating: bool,
    namespace: String,
    deployment: String,
    version: String,
    conduct: Conduct,
    port: u16,
    part: Option<Part>,
    lives: u32,
}

impl Pod {
    /// Makes the replica and starts its process, unless its image does not start.
    pub(super) fn start(key: &(String, String), asked: &Asked, number: u64, shared: &Shared) -> Result<Self> {
        let mut pod = Self {
            name: format!("{}-{}-{}", key.1, asked.hash, five_letters(number)),
            hash: asked.hash.clone(),
            ready: false,
            terminating: false,
            namespace: key.0.clone(),
            deployment: key.1.clone(),
            version: asked.version.clone(),
            conduct: asked.conduct,
            port: free_port()?,
            part: None,
            lives: 0,
        };
        shared.registry.put(PodNow {
            namespace: pod.namespace.clone(),
            name: pod.name.clone(),
            deployment: pod.deployment.clone(),
            version: pod.version.clone(),
            labels: asked.labels.clone(),
            port: pod.port,
            state: PodState::Starting,
            pools: 0,
        });
        pod.start_process(shared)?;
        Ok(pod)
    }

    fn start_process(&mut self, shared: &Shared) -> Done {
        let Conduct::Serves(behaviour) = self.conduct else {
            return Ok(());
        };
        self.lives += 1;
        // Names are unique in a namespace only.
        let name = format!("{}.{}", self.namespace, self.name);
        let books = shared.directory.join(format!("{name}-{}.truth", self.lives));
        let arguments = arguments(&self.version, self.port, behaviour, &books)?;
        self.part = Some(start_pod(&name, &arguments, &shared.directory, &shared.leash)?);
        shared.registry.lived(&self.namespace, &self.deployment, &self.version, books);
        shared.prometheus.scrape(&self.namespace, &self.name, self.port)?;
        Ok(())
    }

    /// Looks whether it answers; a process that ended by itself is started again, as a container is.
    pub(super) async fn look(&mut self, shared: &Shared) -> Done {
        let Some(part) = &mut self.part else {
            return Ok(());
        };
        if let Err(ended) = part.still_runs() {
            shared.note(explain_pod(ended).to_string());
            self.set_ready(false, shared);
            return self.start_process(shared);
        }
        if !self.ready && get(&shared.http, &format!("http://127.0.0.1:{}/truth", self.port)).await.is_ok() {
            self.set_ready(true, shared);
        }
        Ok(())
    }

    fn set_ready(&mut self, ready: bool, shared: &Shared) {
        self.ready = ready;
        let state = if ready { PodState::Ready } else { PodState::Starting };
        shared.registry.set_state(&self.namespace, &self.name, state);
    }

    /// Takes it out of service; [`Pod::is_over`] ends its process.
    pub(super) fn terminate(&mut self, shared: &Shared) {
        self.terminating = true;
        shared.registry.set_state(&self.namespace, &self.name, PodState::Terminating);
    }

    /// Kills it when no pool has it any more; whether it is gone.
    pub(super) async fn is_over(&mut self, shared: &Shared) -> Result<bool> {
        if !self.terminating || shared.registry.is_pooled(&self.namespace, &self.name) {
            return Ok(false);
        }
        shared.prometheus.forget(&self.namespace, &self.name)?;
        if let Some(part) = self.part.take() {
            part.kill().await?;
        }
        shared.registry.remove(&self.namespace, &self.name);
        Ok(true)
    }
}

fn arguments(version: &str, port: u16, behaviour: Behaviour, books: &std::path::Path) -> Result<Vec<String>> {
    Ok(vec![
        format!("--version={version}"),
        format!("--listen=127.0.0.1:{port}"),
        format!("--seed={port}"),
        format!("--behaviour={}", serde_json::to_string(&behaviour)?),
        format!("--truth-file={}", books.display()),
    ])
}

/// A number as the last part of a pod's name, in the alphabet that Kubernetes uses.
fn five_letters(number: u64) -> String {
    const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";
    // Far apart for numbers that follow each other, so that names look as they do in a cluster.
    let mut rest = number.wrapping_mul(8_191_367) % 14_348_907;
    let mut name = String::new();
    for _ in 0..5 {
        name.push(char::from(ALPHABET[(rest % 27) as usize]));
        rest /= 27;
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_names_of_their_own() {
        let names: std::collections::BTreeSet<String> = (0..10_000).map(five_letters).collect();
        assert_eq!(names.len(), 10_000);
        assert!(names.iter().all(|name| name.len() == 5));
    }
}
