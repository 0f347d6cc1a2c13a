//! Which pods an arm has now: who is asked, and what counts as an answer.
//!
//! A discovery that fails, or that finds nobody, is never an arm without pods: it is `Missing`, because "nobody is there"
//! and "nobody can say" would else both look like a canary that has no failures.

mod dns;

use crate::kubernetes;
use crate::names::Names;
use crate::reason::one_line;
use haldane_core::increment::{Arm, Missing};
use haldane_core::policy::{DnsTargets, PodTargets};
use haldane_core::time::Timestamp;
use std::time::Duration;
use tokio::sync::OnceCell;

/// How the pods of one arm are found.
#[derive(Clone)]
pub enum Discovery {
    /// Absolute `http://` URLs; all of them have to answer.
    Listed(Vec<String>),
    /// Every address of a name.
    Dns(DnsTargets),
    /// The pods of a cluster that have certain labels.
    Pods(PodTargets),
}

impl From<Vec<String>> for Discovery {
    fn from(urls: Vec<String>) -> Self {
        Self::Listed(urls)
    }
}

/// Whether a pod's answer is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It serves: without its answer the arm cannot be counted.
    Serves,
    /// It starts or ends: counted if it answers, and no fault if it does not.
    MayAnswer,
}

/// One pod as a discovery knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundPod {
    /// What it is known by, as long as it lives: a pod's UID, or the address that a name has.
    pub id: String,
    /// What reasons and logs call it.
    pub name: String,
    /// Its page; none while it has no address, and then it is not asked.
    pub url: Option<String>,
    /// Whether its answer is needed.
    pub standing: Standing,
    /// When it was created, where that is known.
    pub created: Option<Timestamp>,
}

/// Everything that a discovery told at one instant: all pods, also those that cannot be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Who was asked for what, as reasons name it.
    pub asked: String,
    /// The pods.
    pub pods: Vec<FoundPod>,
}

/// Finds the pods of one arm.
pub(crate) struct Finder {
    how: Discovery,
    names: Names,
    /// Made at the first question: a kubeconfig that is not there yet is trouble of that poll, and of no start.
    client: OnceCell<kubernetes::Client>,
    deadline: Duration,
}

impl Finder {
    pub(crate) fn new(how: Discovery, deadline: Duration) -> Self {
        Self { how, names: Names::default(), client: OnceCell::new(), deadline }
    }

    /// What is there now; nothing where the pods are listed and there is nothing to find.
    pub(crate) async fn find(&self, arm: Arm) -> Option<Result<Found, Missing>> {
        let (asked, pods) = match &self.how {
            Discovery::Listed(_) => return None,
            Discovery::Dns(name) => {
                (format!("DNS name {}", name.host), dns::pods(name, &self.names, self.deadline).await)
            }
            Discovery::Pods(pods) => {
                (format!("labels {} in {}", pods.selector, pods.namespace), self.pods(pods).await)
            }
        };
        Some(match pods {
            Ok(pods) => Ok(Found { asked, pods }),
            Err(detail) => Err(Missing::NoPodsFound { arm, asked, detail }),
        })
    }

    async fn pods(&self, pods: &PodTargets) -> Result<Vec<FoundPod>, String> {
        let client = self.client.get_or_try_init(|| kubernetes::client(&pods.access)).await;
        let client = client.map_err(|error| one_line(&error.to_string()))?;
        kubernetes::pods(client, pods, self.deadline).await
    }
}
