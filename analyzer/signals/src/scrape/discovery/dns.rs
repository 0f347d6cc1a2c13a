//! Pods by name: every address of a headless Service is one.
//!
//! A Service of two families gives each pod's address twice, once per family, and each event would count twice. So one
//! family is asked; where the families do not have equally many addresses it cannot be told who is who, and nobody is.
//! A name says nothing about age: an address that is new here may be an old process.

use super::{FoundPod, Standing};
use crate::names::Names;
use haldane_core::policy::DnsTargets;
use std::net::SocketAddr;
use std::time::Duration;

/// Every pod of `name` now, or why they cannot be told, in one line.
pub(super) async fn pods(
    name: &DnsTargets,
    names: &Names,
    deadline: Duration,
) -> Result<Vec<FoundPod>, String> {
    let addresses = names.lookup(&name.host, name.port, deadline).await?;
    Ok(one_family(addresses)?.into_iter().map(|address| pod(address, &name.path)).collect())
}

fn one_family(addresses: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, String> {
    let (v4, v6): (Vec<_>, Vec<_>) = addresses.into_iter().partition(SocketAddr::is_ipv4);
    match (v4.len(), v6.len()) {
        (_, 0) => Ok(v4),
        (0, _) => Ok(v6),
        (one, other) if one == other => Ok(v4),
        (one, other) => Err(format!(
            "it has {one} IPv4 and {other} IPv6 addresses, and which belong to one pod cannot be told; use a Service of one family (ipFamilyPolicy: SingleStack)"
        )),
    }
}

fn pod(address: SocketAddr, path: &str) -> FoundPod {
    FoundPod {
        id: address.to_string(),
        name: address.to_string(),
        url: Some(format!("http://{address}{path}")),
        standing: Standing::Serves,
        created: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(of: &[&str]) -> Vec<SocketAddr> {
        of.iter().map(|a| a.parse().unwrap()).collect()
    }

    #[test]
    fn a_pod_with_two_addresses_is_one_pod() {
        let both = addresses(&["10.0.0.1:80", "10.0.0.2:80", "[fd00::1]:80", "[fd00::2]:80"]);
        assert_eq!(one_family(both), Ok(addresses(&["10.0.0.1:80", "10.0.0.2:80"])));
        let six = addresses(&["[fd00::1]:80"]);
        assert_eq!(one_family(six.clone()), Ok(six.clone()));
        assert_eq!(pod(six[0], "/metrics").url.as_deref(), Some("http://[fd00::1]:80/metrics"));
    }

    #[test]
    fn families_of_different_size_are_nobody_rather_than_half_or_twice() {
        let odd = one_family(addresses(&["10.0.0.1:80", "10.0.0.2:80", "[fd00::1]:80"]));
        assert!(odd.clone().is_err_and(|why| why.starts_with("it has 2 IPv4 and 1 IPv6")), "{odd:?}");
    }
}
