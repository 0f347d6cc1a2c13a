//! The controller: what it holds between ticks, and how to drive it.

use crate::client::Caller;
use crate::cluster::Cluster;
use crate::events::Event;
use crate::live::Live;
use crate::report::TickReport;
use crate::spec::CanarySpec;
use crate::status::Status;
use crate::tick::Tick;
use haldane_clock::Clock;
use std::time::Duration;
use tokio::sync::watch;

/// One Flagger with one Canary.
#[derive(Debug)]
pub struct Flagger {
    pub(crate) cluster: Cluster,
    pub(crate) status: watch::Sender<Status>,
    pub(crate) clock: Clock,
    pub(crate) caller: Caller,
    pub(crate) events: Vec<Event>,
}

impl Flagger {
    /// A Canary in phase `Initialized`: `serving_revision` runs on the primary, the canary has no pods.
    ///
    /// The clock paces [`Flagger::run`] and stamps events; timeouts and back-off are real time.
    pub fn new(spec: CanarySpec, serving_revision: &str, clock: Clock) -> Self {
        Self {
            cluster: Cluster::new(spec, serving_revision),
            status: watch::Sender::new(Status::initialized(serving_revision)),
            clock,
            caller: Caller { backoff_second: Duration::from_secs(1) },
            events: Vec::new(),
        }
    }

    /// Sets how long a second of back-off between retries (or of `Retry-After`) takes in real time.
    #[must_use]
    pub fn with_backoff_second(mut self, real: Duration) -> Self {
        self.caller.backoff_second = real;
        self
    }

    /// The cluster, for whoever deploys and edits while the controller runs.
    pub fn cluster(&self) -> Cluster {
        self.cluster.clone()
    }

    /// Applies a new revision of the target: see [`Cluster::deploy`].
    pub fn deploy(&self, revision: &str) {
        self.cluster.deploy(revision);
    }

    /// Edits the Canary's spec: see [`Cluster::edit`].
    pub fn edit(&self, change: impl FnOnce(&mut CanarySpec)) {
        self.cluster.edit(change);
    }

    /// The Canary's status now.
    pub fn status(&self) -> Status {
        self.status.borrow().clone()
    }

    /// The Canary's status, published at each write.
    pub fn statuses(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }

    /// The routes and versions, published at the instant of each change.
    pub fn live(&self) -> watch::Receiver<Live> {
        self.cluster.live()
    }

    /// Every event so far.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// One pass of the scheduler over the Canary.
    pub async fn tick(&mut self) -> TickReport {
        Tick::begin(self).run().await
    }
}
