//! The guard `health`: what the region's probes find. Whoever polls asks them beside everything else and puts that in; a source of
//! metrics knows nothing of them.

use haldane_core::guard::Seen;
use haldane_core::increment::Missing;

/// What a reason calls the probes where nobody has asked any.
const PROBES: &str = "health probe";

pub(super) fn unknown() -> Seen {
    Seen::Unknown { why: Missing::PlaceAbsent { series: PROBES.to_owned() } }
}
