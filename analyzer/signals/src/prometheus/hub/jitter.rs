//! How long a hub waits before it asks: so that not all sources, and not all that read them, are busy at the same instant.

use std::time::Duration;

/// Most of it; small beside a poll's deadline.
const MOST_MS: u64 = 200;

/// The same for the same name, in real time.
pub(super) fn of(name: &str) -> Duration {
    // FNV-1a: nothing hangs on its quality.
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    Duration::from_millis(hash % MOST_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_differ_and_keep_theirs() {
        assert_eq!(of("a:9090"), of("a:9090"));
        assert_ne!(of("a:9090"), of("b:9090"));
        assert!(of("prometheus.us-east:9090") < Duration::from_millis(MOST_MS));
    }
}
