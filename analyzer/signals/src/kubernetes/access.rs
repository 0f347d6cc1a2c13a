//! From a policy's words to a client of one API server.

use haldane_core::policy::ClusterAccess;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use std::path::Path;
use std::time::Duration;
use thiserror::Error;

/// How long a connection may take to come up.
const CONNECT: Duration = Duration::from_secs(5);

/// Longer than any watch is left open, so that only a dead connection runs into it.
const READ: Duration = Duration::from_secs(60);

/// Why there is no client.
#[derive(Debug, Error)]
pub enum ClusterError {
    /// No kubeconfig, or no such context in it.
    #[error(
        "the kubeconfig cannot be used{place}: {problem}; name a file that there is and a context that it has"
    )]
    Kubeconfig {
        /// Which one, where the policy names it.
        place: String,
        /// Why.
        problem: String,
    },
    /// Not in a pod, or without a service account.
    #[error("there is no service account to use: {0}; in-cluster works inside a pod only")]
    NotInCluster(String),
    /// Certificates or credentials that cannot be used.
    #[error("no client can be made: {0}")]
    Client(String),
}

/// A client for `access`. Nothing is asked yet: a server that is away is found out by its first question.
pub async fn client(access: &ClusterAccess) -> Result<Client, ClusterError> {
    let mut config = match access {
        ClusterAccess::InCluster => {
            Config::incluster().map_err(|e| ClusterError::NotInCluster(e.to_string()))?
        }
        ClusterAccess::Kubeconfig { file, context } => {
            let place = file.as_ref().map(|f| format!(" ({f})")).unwrap_or_default();
            let wrong = |problem: String| ClusterError::Kubeconfig { place: place.clone(), problem };
            let read = match file {
                Some(file) => Kubeconfig::read_from(Path::new(file)),
                None => Kubeconfig::read(),
            };
            let read = read.map_err(|e| wrong(chain(&e)))?;
            let options = KubeConfigOptions { context: context.clone(), ..KubeConfigOptions::default() };
            Config::from_custom_kubeconfig(read, &options).await.map_err(|e| wrong(chain(&e)))?
        }
    };
    config.connect_timeout = Some(CONNECT);
    config.read_timeout = Some(READ);
    // As for every source: a proxy of the environment would answer for whom it likes.
    config.proxy_url = None;
    Client::try_from(config).map_err(|e| ClusterError::Client(e.to_string()))
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    text
}
