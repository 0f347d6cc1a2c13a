//! A cluster of real parts on loopback, for tests in which nothing that Haldane talks to is of our making.
//!
//! The released Flagger runs against a real kube-apiserver with etcd. What a cluster has besides is done by small parts
//! that know nothing of Flagger: [`Nodes`] runs a process for each replica that a Deployment asks for, and [`Fronts`]
//! routes users' requests as Ingresses and Services say, with HAProxy. A real Prometheus scrapes the pods.
//!
//! ```text
//! Flagger ──► kube-apiserver ◄── Nodes  ──► pods ◄── Prometheus
//!    │              └─────────◄── Fronts ──► HAProxy ──► pods
//!    └─ webhooks ─► Recorder, or Haldane
//! ```
//!
//! A [`Plane`] is one region's cluster; planes share one etcd, and most tests share three planes. A [`Scenario`] is one namespace of it with one Canary, so
//! many run at the same time on one plane. Everything ends with the plane, or with the test process.

mod authority;
mod canary;
mod diary;
mod etcd;
mod flagger;
mod fronts;
mod haldane;
mod istio;
mod kubeconfig;
mod nodes;
mod plane;
mod recorder;
mod runtime;
mod scenario;
mod server;
mod shared;
mod story;
mod tape;
mod tools;

pub use canary::CanaryNow;
pub use diary::{Diary, Moment};
pub use etcd::Etcd;
pub use fronts::Fronts;
pub use haldane::{Account, Answered, Haldane, Place};
pub use kubeconfig::User;
pub use nodes::{Conduct, Nodes, PodNow, PodState};
pub use plane::{Plane, PlaneConfig};
pub use recorder::{Answer, Call, Recorder};
pub use runtime::run;
pub use scenario::{Scenario, Setup, Target};
pub use shared::{shared_plane, shared_planes};
pub use story::{Story, Told};
pub use tape::{Called, Recording, Tape, Tick};
pub use tools::Tools;
