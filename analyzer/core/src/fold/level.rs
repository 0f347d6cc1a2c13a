//! One increment of a level (CPU, memory, lag): samples above a bound, of which one in ten may be.
//!
//! Samples of a level resemble their neighbours, so no bettor that counts them as independent takes part: the fractions alone
//! bet, and on the share of the samples, whose mean the claim bounds whatever came before. What the primary's samples do at the
//! same time is taken off: a node that is busy is no release's fault, and taking evidence off can only spare. A level of the
//! place accuses nobody; it is only noted here, and holds.

use super::bet::{LN_BROKEN_CEILING, Rules};
use crate::evidence::limit;
use crate::evidence::panel::Cap;
use crate::increment::{Arm, Arms, Gauged, Increment, Reading};
use crate::signal::GAUGE_ALLOWED;
use crate::state::{Gate, Level};
use crate::time::Span;

/// Notes what the poll brought of a level, and bets on it.
pub(super) fn bet(gate: &mut Gate, reading: Option<&Reading>, increment: &Increment, rules: Option<Rules>) {
    match reading {
        None | Some(Reading::Counted { .. }) => {}
        Some(Reading::Missing(missing)) => gate.reading.missing = Some(missing.clone()),
        Some(Reading::Placed { level, what }) => {
            note(gate, increment);
            gate.level = Some(Level { canary: *level, primary: None, what: what.clone() });
        }
        Some(Reading::Gauged { since, canary, primary }) => {
            gate.reading.missing = None;
            gate.reading.answered |= canary.is_some() && primary.is_some();
            let Some(rules) = rules else { return };
            let (judged, control) = match rules.judged {
                Arm::Canary => (canary, *primary),
                Arm::Primary => (primary, None),
            };
            let Some(judged) = judged else { return };
            // An interval that reaches back into a counted one, or has no length, would count its samples twice.
            if *since >= increment.as_of || gate.reading.until.is_some_and(|until| *since < until) {
                return;
            }
            gate.reading.until = Some(increment.as_of);
            if *since >= rules.since {
                gate.reading.counted = Some(increment.as_of);
                gate.reading.requests += judged.samples;
            }
            // A query without a baseline has no samples of the promoted version: it was asked, and there is nothing to bet on.
            if judged.samples <= 0.0 {
                return;
            }
            gate.level = Some(Level { canary: judged.level, primary: control.map(|c| c.level), what: None });
            if *since >= rules.exposed && *since >= rules.settled {
                let control = control.filter(|c| c.samples > 0.0 && increment.arms == Arms::Both);
                let cap = Cap::for_targets(increment.targets(rules.judged));
                pay(gate, *judged, control, increment.as_of - *since, cap);
            }
        }
    }
}

fn note(gate: &mut Gate, increment: &Increment) {
    gate.reading.missing = None;
    gate.reading.answered = true;
    gate.reading.counted = Some(increment.as_of);
    gate.reading.until = Some(increment.as_of);
}

fn pay(gate: &mut Gate, judged: Gauged, control: Option<Gauged>, dt: Span, cap: Cap) {
    let share = |g: Gauged| g.above / g.samples;
    let factors = |share: f64| limit::factors(share, GAUGE_ALLOWED, 1.0, dt, cap);
    gate.total += judged.samples;
    if let Some(gate_limit) = &mut gate.limit {
        gate.bad += judged.above;
        let beyond = (share(judged) - control.map_or(0.0, share)).max(0.0);
        gate_limit.against.bet(&factors(beyond), dt);
        gate_limit.broken.bet(&factors(share(judged)), dt);
        gate_limit.broken.truncate(LN_BROKEN_CEILING);
    } else {
        gate.bad += judged.worse;
    }
    if let (Some(ratio), Some(_)) = (&mut gate.ratio, control) {
        ratio.against.bet(&factors(judged.worse / judged.samples), dt);
    }
}
