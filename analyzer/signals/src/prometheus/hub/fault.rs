//! What a failed question says of the others: whether halves of it may do better, and whether the source answers at all.

use haldane_core::increment::{Missing, SourceFault};

/// Words for trouble of the source, whatever it is asked.
const ITS_OWN: [&str; 10] = [
    "unavailable",
    "internal",
    "canceled",
    "timeout",
    "too_many_requests",
    "unauthorized",
    "forbidden",
    "401",
    "403",
    "429",
];

/// Whether one selector, or the size of all, may have caused it: then halves are asked.
pub(super) fn may_be_parts(why: &Missing) -> bool {
    match fault(why) {
        Some(
            SourceFault::TooLarge { .. }
            | SourceFault::TooManySeries { .. }
            | SourceFault::NotAnAnswer { .. },
        ) => true,
        Some(SourceFault::Refused { kind, .. }) => !is_its_own(kind),
        Some(SourceFault::HttpStatus { status }) => matches!(status, 400 | 413 | 414 | 422),
        Some(
            SourceFault::Unreachable { .. }
            | SourceFault::TimedOut { .. }
            | SourceFault::Partial { .. }
            | SourceFault::Resting { .. },
        )
        | None => false,
    }
}

/// Whether the next tick may do better in halves; this one has no time left for them.
pub(super) fn is_late(why: &Missing) -> bool {
    matches!(fault(why), Some(SourceFault::TimedOut { .. }))
}

/// Whether the source did not answer, as far as this tells.
pub(super) fn is_down(why: &Missing) -> bool {
    match fault(why) {
        Some(
            SourceFault::Unreachable { .. } | SourceFault::TimedOut { .. } | SourceFault::NotAnAnswer { .. },
        ) => true,
        Some(SourceFault::HttpStatus { status }) => !matches!(status, 400 | 413 | 414 | 422),
        Some(SourceFault::Refused { kind, .. }) => is_its_own(kind),
        Some(
            SourceFault::TooLarge { .. }
            | SourceFault::TooManySeries { .. }
            | SourceFault::Partial { .. }
            | SourceFault::Resting { .. },
        )
        | None => false,
    }
}

fn fault(why: &Missing) -> Option<&SourceFault> {
    if let Missing::Source { fault, .. } = why { Some(fault) } else { None }
}

/// VictoriaMetrics' kinds are status codes.
fn is_its_own(kind: &str) -> bool {
    ITS_OWN.contains(&kind) || (kind.starts_with('5') && kind.len() == 3)
}
