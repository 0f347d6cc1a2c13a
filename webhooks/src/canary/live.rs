//! The live Canary of a service, asked for once.

use super::Found;
use haldane_core::policy::ClusterAccess;
use haldane_signals::kubernetes;
use std::time::Duration;

/// The Canary `service` in the cluster of `access`, within `deadline`; none if there is none.
///
/// # Errors
/// One line: why the cluster cannot be read.
pub async fn live(
    access: &ClusterAccess,
    service: &str,
    deadline: Duration,
) -> Result<Option<Found>, String> {
    let (namespace, name) = service.split_once('/').unwrap_or(("default", service));
    let asked = async {
        let client = kubernetes::client(access).await.map_err(|error| error.to_string())?;
        kubernetes::canary(&client, namespace, name).await
    };
    let object = tokio::time::timeout(deadline, asked)
        .await
        .map_err(|_| format!("the cluster did not answer within {} ms", deadline.as_millis()))??;
    object
        .map(|object| Found::read(object).map_err(|e| format!("its Canary is of no known shape: {e}")))
        .transpose()
}
