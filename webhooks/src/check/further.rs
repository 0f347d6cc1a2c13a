//! What a Prometheus said of the signals beyond requests: one line each, worst first within its own.

use super::findings::Finding;
use haldane_core::increment::{Arm, Missing};
use haldane_signals::prometheus::SignalProbe;

/// Samples older than this are no news of anything.
const OLD_S: f64 = 150.0;

/// The finding about one question.
pub(super) fn finding(probe: &SignalProbe) -> Finding {
    let SignalProbe { signal, arm, text, series, newest_age_s, number, wrong } = probe;
    let what = arm.map_or_else(|| signal.clone(), |arm| format!("{arm} {signal}"));
    let asked = |finding: Finding| finding.with_query(text);
    if let Some(why) = wrong {
        let canary_before = *arm == Some(Arm::Canary) && matches!(why, Missing::NotOneNumber { .. });
        let hint = "fine before a rollout, if the query finds nothing then; it must give one number in one";
        return asked(if canary_before {
            Finding::note(&what, why.to_string(), hint)
        } else {
            Finding::missing(&what, why)
        });
    }
    if let Some(number) = number {
        return Finding::ok(&what, format!("it gives {number}"));
    }
    let age_s = newest_age_s.unwrap_or(f64::INFINITY);
    match (arm, series) {
        (Some(Arm::Canary), _) if *series == 0 || age_s > OLD_S => {
            let hint = "fine before a rollout; if a canary runs, these are not its labels, or its exporter is not scraped";
            asked(Finding::note(&what, "nothing new", hint))
        }
        (Some(arm), 0) => {
            let missing = Missing::SeriesAbsent { arm: *arm, target: None, series: signal.clone() };
            asked(Finding::missing(&what, &missing))
        }
        (None, 0) => asked(Finding::missing(&what, &Missing::PlaceAbsent { series: signal.clone() })),
        (Some(arm), _) if age_s > OLD_S => {
            asked(Finding::missing(&what, &Missing::OldData { arm: *arm, age_s: age_s as u64 }))
        }
        (None, _) if age_s > OLD_S => {
            asked(Finding::missing(&what, &Missing::PlaceOld { series: signal.clone(), age_s: age_s as u64 }))
        }
        (_, series) => Finding::ok(&what, format!("{series} series, the newest sample {age_s:.0} s old")),
    }
}
