//! Several regions and the network between them: what happens to a release when regions are cut off from Haldane, one by
//! one and all together.
//!
//! Everything talks real HTTP: Haldane reads pods' pages and clusters' API servers, the models of Flagger call its hooks,
//! and each of these ways runs through a line that can be cut. Time is set by hand, so that minutes of a blind region take
//! as long as its timeouts do. Asserted is what Flagger shows (weight, failed checks, phase), not what was answered.

#[cfg(test)]
#[path = "../../analyzer/signals/tests/kubernetes/server.rs"]
#[expect(
    dead_code,
    reason = "the tests of the watch refuse, remove and restart; here the line before it does"
)]
mod api;
#[cfg(test)]
mod cluster;
#[cfg(test)]
mod cut_off;
#[cfg(test)]
mod line;
#[cfg(test)]
mod place;
#[cfg(test)]
mod pods;
#[cfg(test)]
mod policy;
#[cfg(test)]
#[path = "../hooks/traffic.rs"]
#[expect(dead_code, reason = "only the past is made up here; the present is read from pages")]
mod traffic;
#[cfg(test)]
mod waits;
#[cfg(test)]
mod world;
