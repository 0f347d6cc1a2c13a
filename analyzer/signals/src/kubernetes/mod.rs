//! Reads a region's cluster: the live Canary, its target and the routes that carry the weights; and tells people there.
//!
//! Nothing here moves anything: the only writes are an Event and an annotation (`notice.rs`). A cluster that cannot be read
//! is told as such and never as an empty one, because "there is no Canary" and "nobody may look" end differently.
//!
//! ```text
//! access ──► client ──► watch (one per namespace and kind) ──► view of one Canary ──► core::cluster::Seen
//! ```

mod access;
mod canary;
mod duration;
mod image;
mod ingress;
mod kind;
mod notice;
mod observer;
mod pods;
mod read;
mod route;
mod template;
mod view;
mod watch;

pub use access::{ClusterError, client};
pub use canary::{
    Analysis, CanaryObject, CanarySpec, Hook, IngressRef, Metric, ServiceSpec, TargetRef, TemplateRef,
    ThresholdRange,
};
pub use duration::go_duration;
pub use image::short_image;
pub use kind::Kind;
pub use kube::Client;
pub use notice::{Notice, Notices};
pub use observer::Observer;
pub(crate) use pods::pods;
pub use read::canary;
pub use route::routes_of;
pub use template::metric_template;
pub use view::strategy;
pub use watch::NamespaceWatch;
