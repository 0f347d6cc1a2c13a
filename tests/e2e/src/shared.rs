//! The planes that all tests of a binary share that break nothing but their own namespace: three regions on one etcd.
//!
//! A plane costs four hundred megabytes and some seconds of both processors, so a test about several regions takes these,
//! and starts its own only to kill a part of one. A region that nobody asks for is not started.

use crate::{Etcd, Plane, PlaneConfig};
use anyhow::Result;
use std::sync::{Arc, Weak};
use tokio::sync::Mutex;

/// The regions, in the order in which a release goes through them.
static REGIONS: [Shared; 3] = [Shared::new("us-east"), Shared::new("eu-central"), Shared::new("apac")];

static ETCD: Mutex<Weak<Etcd>> = Mutex::const_new(Weak::new());

/// A region's plane, as long as a test holds it.
struct Shared {
    region: &'static str,
    plane: Mutex<Weak<Plane>>,
}

impl Shared {
    const fn new(region: &'static str) -> Self {
        Self { region, plane: Mutex::const_new(Weak::new()) }
    }

    /// Started by the first that asks, ended with the last that holds it.
    async fn get(&self) -> Result<Arc<Plane>> {
        let mut plane = self.plane.lock().await;
        if let Some(plane) = plane.upgrade() {
            return Ok(plane);
        }
        let started = Arc::new(Plane::start(PlaneConfig::new(self.region), &etcd().await?).await?);
        *plane = Arc::downgrade(&started);
        Ok(started)
    }
}

/// The one of all shared planes; it ends with the last of them.
async fn etcd() -> Result<Arc<Etcd>> {
    let mut etcd = ETCD.lock().await;
    if let Some(etcd) = etcd.upgrade() {
        return Ok(etcd);
    }
    let started = Arc::new(Etcd::start().await?);
    *etcd = Arc::downgrade(&started);
    Ok(started)
}

/// The plane of `us-east`, for a test that needs one region.
///
/// # Errors
/// As [`Plane::start`].
pub async fn shared_plane() -> Result<Arc<Plane>> {
    REGIONS[0].get().await
}

/// The planes of `us-east`, `eu-central` and `apac`, each with an API server, a Flagger and a Prometheus of its own.
///
/// # Errors
/// As [`Plane::start`].
pub async fn shared_planes() -> Result<[Arc<Plane>; 3]> {
    let [first, second, third] = &REGIONS;
    let (first, second, third) = tokio::try_join!(first.get(), second.get(), third.get())?;
    Ok([first, second, third])
}
