//! One plane for all tests of a binary that break nothing but their own namespace.

use crate::{Etcd, Plane, PlaneConfig};
use anyhow::Result;
use std::sync::{Arc, Weak};
use tokio::sync::Mutex;

static PLANE: Mutex<Weak<Plane>> = Mutex::const_new(Weak::new());

/// The plane that all tests share: started by the first, ended with the last that holds it.
///
/// # Errors
/// As [`Plane::start`].
pub async fn shared_plane() -> Result<Arc<Plane>> {
    let mut shared = PLANE.lock().await;
    if let Some(plane) = shared.upgrade() {
        return Ok(plane);
    }
    let etcd = Arc::new(Etcd::start().await?);
    let plane = Arc::new(Plane::start(PlaneConfig::new("us-east"), &etcd).await?);
    *shared = Arc::downgrade(&plane);
    Ok(plane)
}
