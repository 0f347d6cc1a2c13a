//! Lengths of time as Go writes them, which is how a Canary does.

use haldane_core::time::Span;
use kube::core::Duration;

/// Longer ones are no length of time that anybody means; the parser's own arithmetic ends not far beyond.
const LONGEST: usize = 16;

/// `10s`, `1m30s`, `500ms`; none for what Flagger could not read either.
pub fn go_duration(text: &str) -> Option<Span> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b".hmnsu".contains(&b));
    let parsed: Duration =
        (plain && !text.is_empty() && text.len() <= LONGEST).then(|| text.parse().ok()).flatten()?;
    let us = std::time::Duration::from(parsed).as_micros();
    i64::try_from(us).ok().map(Span::from_us)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_go_reads_is_read_and_nothing_else() {
        assert_eq!(go_duration("10s"), Some(Span::from_s(10)));
        assert_eq!(go_duration("1m30s"), Some(Span::from_s(90)));
        assert_eq!(go_duration("500ms"), Some(Span::from_us(500_000)));
        assert_eq!(go_duration("999999999999999h"), None, "no length of time, and no panic");
        for text in ["", "10", "ten", "-5s", "1e9s", "9999999999999999999999h", "10 s", "s"] {
            assert_eq!(go_duration(text), None, "{text:?}");
        }
    }
}
