//! How far copies of the data are behind, in seconds.
//!
//! Exporters compute a lag on every server, and it means something on a copy alone: the server that writes is left out where
//! its role is told (`pg_replication_is_replica`, `cnpg_pg_replication_in_recovery`), because what it once lagged as a copy is
//! no news. And a copy that has replayed all that it received calls itself level, also when it receives nothing any more:
//! where CloudNativePG tells that its receiver is down, a lag of 0 is not known.

use super::fresh::{One, Subject, fresh, fresh_or_none, place};
use super::level::worst;
use crate::further::by_pod::by_pod;
use crate::prometheus::Matrix;
use haldane_core::guard::Seen;
use haldane_core::increment::Missing;
use std::collections::BTreeMap;

/// A database server, as far as its exporter's labels tell it.
type Server = (Option<String>, Option<String>);

/// The worst of the copies; 0 where all that is here writes.
pub(super) fn seen(
    lag: Matrix,
    roles: Matrix,
    receivers: Matrix,
    subject: Subject<'_>,
) -> Result<Seen, Missing> {
    let all = fresh(by_pod(lag), subject)?;
    let of = |matrix: Matrix, series| -> Result<BTreeMap<Server, bool>, Missing> {
        let all = fresh_or_none(by_pod(matrix), Subject { series, ..subject })?;
        // Of several that contradict each other none may make a lag go away: whoever is a copy for one is a copy.
        let mut known = BTreeMap::new();
        all.iter().for_each(|one| *known.entry(server(one)).or_insert(false) |= one.value != 0.0);
        Ok(known)
    };
    let copies = of(roles, super::shipped::ROLE)?;
    let receives = of(receivers, super::shipped::RECEIVER)?;
    let lags: Vec<One> = all.into_iter().filter(|one| copies.get(&server(one)) != Some(&false)).collect();
    for one in &lags {
        if one.value <= 0.0 && receives.get(&server(one)) == Some(&false) {
            let name = place(&one.labels).unwrap_or_else(|| "a copy".to_owned());
            return Err(subject.odd(&format!("0 at {name}, which receives nothing")));
        }
    }
    if lags.is_empty() {
        return Ok(Seen::Level { level: 0.0, what: Some("all that is here writes".to_owned()) });
    }
    worst(&lags, subject, |one| one.value)
}

fn server(one: &One) -> Server {
    (one.labels.get("instance").cloned(), one.labels.get("server").cloned())
}
