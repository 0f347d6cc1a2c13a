//! A drill for machines: one object, times in seconds from the loss.

use super::conduct::Conducted;
use super::text::{kept, since};
use haldane_core::policy::Policy;
use haldane_core::time::{Span, Timestamp};
use haldane_lab::drill::{Kept, Lag, Measured, Objective, Untold};
use serde_json::{Value, json};

/// All of it, as one object.
pub fn told(policy: &Policy, conducted: &Conducted, source: &str) -> Value {
    let t0 = conducted.loss.at;
    let s = |at: Timestamp| (at - t0).as_s();
    let turns = conducted.replayed.turns.iter();
    let timeline = turns.map(|turn| {
        json!({"seconds": s(turn.at), "at": since(turn.at, t0), "region": turn.region, "told": turn.told})
    });
    let open =
        conducted.replayed.open.iter().map(
            |open| json!({"region": open.region, "fromSeconds": s(open.from), "toSeconds": open.to.map(s)}),
        );
    json!({
        "policy": policy.name,
        "service": policy.service,
        "recording": source,
        "lost": conducted.lost,
        "takesOver": conducted.taker,
        "lossSeenUs": t0.as_us(),
        "lastSampleBeforeSeconds": s(conducted.loss.after),
        "timeline": timeline.collect::<Vec<Value>>(),
        "couldGoOn": open.collect::<Vec<Value>>(),
        "rto": rto(&conducted.takeover.rto),
        "rpo": rpo(&conducted.takeover.rpo),
        "objectives": conducted.objectives.iter().map(objective).collect::<Vec<Value>>(),
        "neverKept": conducted.reserves.iter().map(ToString::to_string).collect::<Vec<String>>(),
        "guardsLeftOut": conducted.left_out,
        "freezesLeftOut": conducted.freezes_left_out,
        "met": conducted.met(),
    })
}

fn rto(rto: &Result<Measured, Untold>) -> Value {
    match rto {
        Ok(Measured { measured, least, most }) => {
            let s = |span: &Span| span.as_s();
            json!({"seconds": s(measured), "leastSeconds": s(least), "mostSeconds": s(most)})
        }
        Err(why) => json!({"cannotBeTold": why.to_string()}),
    }
}

fn rpo(lag: &Result<Lag, Untold>) -> Value {
    match lag {
        Ok(Lag { seconds, age, lost_transactions }) => {
            json!({"seconds": seconds, "sampleAgeSeconds": age.as_s(), "lostTransactions": lost_transactions})
        }
        Err(why) => json!({"cannotBeTold": why.to_string()}),
    }
}

fn objective(objective: &Objective) -> Value {
    let word = match objective.kept {
        Kept::Met => "met",
        Kept::Missed => "missed",
        Kept::CannotBeTold(_) => "cannot-be-told",
        Kept::NotTested => "not-tested",
    };
    json!({
        "region": objective.region,
        "objective": objective.kind,
        "aimSeconds": objective.aim.as_s(),
        "kept": word,
        "text": kept(objective),
    })
}
