//! How often Flagger asks, and how long a tick can take.

use super::super::findings::Finding;
use super::{kinds, shown};
use crate::render::INTERVAL;
use haldane_core::policy::Policy;
use haldane_core::time::Span;
use haldane_signals::kubernetes::{Analysis, Hook, go_duration};

/// What Flagger takes where nothing is written.
const NO_INTERVAL: Span = Span::from_s(60);
/// The same for a hook's timeout.
const NO_TIMEOUT: Span = Span::from_s(10);

/// The longest pause between two attempts; they double from one second.
const LONGEST_PAUSE_S: i64 = 30;

pub(super) fn findings(policy: &Policy, analysis: &Analysis) -> Vec<Finding> {
    let mut findings: Vec<Finding> = analysis.webhooks.iter().filter_map(unread).collect();
    let Some(interval) = written(analysis.interval.as_deref(), NO_INTERVAL) else {
        let says =
            format!("{:?} is no length of time", shown(analysis.interval.as_deref().unwrap_or_default()));
        findings.push(Finding::wrong("interval", says, "write 10s"));
        return findings;
    };
    if interval < INTERVAL {
        let says = format!("Flagger raises {interval} to {INTERVAL} without a word");
        findings.push(Finding::note(
            "interval",
            says,
            "write 10s, so that what stands there is what happens",
        ));
    }
    let interval = interval.max(INTERVAL);
    let shortest = policy.steps.iter().min_by_key(|step| step.observe);
    if let Some(step) = shortest.filter(|step| step.observe < interval) {
        let says = format!("{interval} is longer than step {} % is observed ({})", step.weight, step.observe);
        let cure = "Haldane makes the windows, and a rollback waits for the next tick; write 10s";
        findings.push(Finding::note("interval", says, cure));
    }
    let called = |hook: &&Hook| kinds::of(&hook.kind).is_some_and(kinds::in_one_tick);
    let worst = analysis.webhooks.iter().filter(called).fold(Span::ZERO, |sum, hook| sum + longest(hook));
    if worst > interval {
        let says = format!("unanswered hooks hold one tick up for {worst}, and the interval is {interval}");
        let cure =
            "ticks, and rollbacks with them, come late; write shorter timeouts (2s is ample for Haldane)";
        findings.push(Finding::note("timeouts", says, cure));
    }
    findings
}

/// A timeout that Flagger cannot read: it fails the hook without asking.
fn unread(hook: &Hook) -> Option<Finding> {
    let text = hook.timeout.as_deref()?;
    written(Some(text), NO_TIMEOUT).is_none().then(|| {
        let says = format!("{:?} is no length of time, so it fails without being asked", shown(text));
        Finding::wrong(&format!("hook {}", shown(&hook.name)), says, "write timeout: 2s")
    })
}

/// Flagger takes anything shorter than two letters for nothing.
fn written(text: Option<&str>, none: Span) -> Option<Span> {
    text.filter(|text| text.len() > 1).map_or(Some(none), go_duration)
}

/// A hook that never answers, with its retries and the pauses between them.
fn longest(hook: &Hook) -> Span {
    let timeout = written(hook.timeout.as_deref(), NO_TIMEOUT).unwrap_or(Span::ZERO);
    let attempt = |pause_s: i64| timeout + Span::from_s(pause_s);
    // Beyond a few hundred retries nobody needs the exact number.
    let pauses = (0..hook.retries.min(300)).map(|i| (1_i64 << i.min(5)).min(LONGEST_PAUSE_S));
    pauses.fold(timeout, |sum, pause_s| sum + attempt(pause_s))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn longest_of(timeout: Option<&str>, retries: u32) -> Span {
        longest(&Hook { timeout: timeout.map(str::to_owned), retries, ..Hook::default() })
    }

    #[test]
    fn a_hook_that_never_answers_takes_its_timeout_once_more_for_each_retry_and_the_pauses() {
        assert_eq!(longest_of(Some("2s"), 0), Span::from_s(2));
        assert_eq!(longest_of(Some("2s"), 3), Span::from_s(4 * 2 + 1 + 2 + 4));
        assert_eq!(longest_of(None, 1), Span::from_s(10 + 1 + 10));
        assert_eq!(longest_of(Some("5"), 0), Span::from_s(10), "too short to be read is none");
        assert!(longest_of(Some("2s"), u32::MAX) > Span::from_min(60));
        assert_eq!(
            longest_of(Some("1s"), 6),
            Span::from_s(7 + 1 + 2 + 4 + 8 + 16 + 30),
            "pauses end at 30 s"
        );
    }
}
