//! Which pods of one region are read, and how they are found: listed, by a DNS name, or asked of the cluster.
//!
//! A list goes stale at the first deployment, so it is for pods that have names of their own; the other two are asked
//! anew at every poll.

use super::sources::ClusterAccess;

/// Where the pods of one region answer. Nothing in it carries credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScrapeTargets {
    /// Pods of the new version.
    pub canary: Targets,
    /// Pods of the old version.
    pub primary: Targets,
}

/// How the pods of one arm are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Targets {
    /// These addresses (`http://host:port/metrics`), and every one of them has to answer.
    Listed(Vec<String>),
    /// Every address of a name, such as a headless Service's.
    Dns(DnsTargets),
    /// The running pods with these labels in the region's cluster, in the Canary's namespace.
    Pods(Box<PodTargets>),
}

/// A name with many addresses, and what answers at each of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DnsTargets {
    /// The name.
    pub host: String,
    /// The port of every pod.
    pub port: u16,
    /// The page, beginning with `/`.
    pub path: String,
}

/// Labels of pods, and what answers at each of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodTargets {
    /// Whose credentials open the cluster: the region's.
    pub access: ClusterAccess,
    /// The Canary's namespace.
    pub namespace: String,
    /// A label selector as the API server reads it, such as `app=api`.
    pub selector: String,
    /// The port of every pod.
    pub port: u16,
    /// The page, beginning with `/`.
    pub path: String,
}
