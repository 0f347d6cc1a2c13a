//! A drill for people: the timeline first, then what was measured, then what was kept.

use super::conduct::Conducted;
use haldane_core::policy::Policy;
use haldane_core::time::{Span, Timestamp};
use haldane_lab::drill::{Kept, Kind, Lag, Measured, Objective, Open, Untold};
use std::fmt::Write;

/// All of it, as lines of text; `source` says where the recording comes from.
pub fn render(policy: &Policy, conducted: &Conducted, source: &str) -> String {
    let Conducted { lost, taker, loss, .. } = conducted;
    let mut text = format!("{lost} is lost, {taker} takes over; {}\n", verdict(conducted));
    // Writing to a String cannot fail.
    let _ = writeln!(text, "policy     {} ({})", policy.name, policy.service);
    let _ = writeln!(text, "recording  {source}");
    let _ = writeln!(
        text,
        "t0         {}, the first sample that shows the loss; the last without it is {} older",
        crate::report::text::instant(loss.at),
        loss.at - loss.after
    );
    left_out(&mut text, conducted);
    timeline(&mut text, conducted);
    open(&mut text, conducted);
    measured(&mut text, conducted);
    objectives(&mut text, &conducted.objectives);
    if !conducted.reserves.is_empty() {
        let _ = writeln!(text, "\nwhat this policy could never keep");
        for reserve in &conducted.reserves {
            let _ = writeln!(text, "  {reserve}");
        }
    }
    text
}

fn verdict(conducted: &Conducted) -> String {
    let count = |kept: fn(&Kept) -> bool| conducted.objectives.iter().filter(|o| kept(&o.kept)).count();
    let tested = count(|kept| *kept != Kept::NotTested);
    let missed = count(|kept| *kept == Kept::Missed);
    match (tested, missed) {
        (0, _) => "the policy asks for no RPO and no RTO of it".to_owned(),
        (_, 1..) => format!("{missed} of {tested} objectives missed"),
        (_, 0) if conducted.met() => format!("{tested} of {tested} objectives met"),
        (_, 0) => "not every objective can be told".to_owned(),
    }
}

fn left_out(text: &mut String, conducted: &Conducted) {
    if !conducted.left_out.is_empty() {
        let regions = |regions: &Vec<haldane_core::increment::Region>| {
            regions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        };
        let names = conducted.left_out.iter().map(|(guard, r)| format!("{guard} ({})", regions(r)));
        let names: Vec<String> = names.collect();
        let _ = writeln!(text, "left out   guards that the recording does not tell: {}", names.join("; "));
    }
    if conducted.freezes_left_out {
        let _ = writeln!(text, "left out   the policy's freezes");
    }
}

fn timeline(text: &mut String, conducted: &Conducted) {
    let _ = writeln!(text, "\ntimeline");
    let turns = &conducted.replayed.turns;
    let width = turns.iter().map(|t| t.region.0.chars().count()).max().unwrap_or(0);
    for turn in turns {
        let at = since(turn.at, conducted.loss.at);
        let _ = writeln!(text, "  {at}  {:<width$}  {}", turn.region.0, turn.told);
    }
}

/// How long after the loss a release could still have started or gone on.
fn open(text: &mut String, conducted: &Conducted) {
    let loss = conducted.loss.at;
    let until = conducted.over();
    let concerns = |open: &&Open| {
        open.to.is_none_or(|to| to > loss) && until.is_none_or(|until| open.from < until.max(loss))
    };
    let mut stretches = conducted.replayed.open.iter().filter(concerns).peekable();
    let before = if until.is_some() { "before it was over" } else { "to the end" };
    if stretches.peek().is_none() {
        let _ = writeln!(text, "\nNo release could have started or gone on after the loss {before}.");
        return;
    }
    let _ = writeln!(text, "\nA release could still have started or gone on after the loss {before}:");
    for open in stretches {
        let from = since(open.from.max(loss), loss);
        let to = open.to.map_or_else(|| "the end".to_owned(), |to| since(to, loss));
        let _ = writeln!(text, "  {}  from {from} to {to}", open.region);
    }
}

fn measured(text: &mut String, conducted: &Conducted) {
    let taker = &conducted.taker;
    let _ = writeln!(text, "\nmeasured");
    let rto = match &conducted.takeover.rto {
        Ok(measured) => {
            let Measured { measured, .. } = measured;
            format!("{taker} serves {measured} after the loss was seen ({})", bounds(&conducted.takeover.rto))
        }
        Err(why) => format!("cannot be told: {why}"),
    };
    let rpo = match &conducted.takeover.rpo {
        Ok(lag) => format!("the copy in {taker} was {}", behind(lag)),
        Err(why) => format!("cannot be told: {why}"),
    };
    let _ = writeln!(text, "  RTO  {rto}\n  RPO  {rpo}");
}

fn bounds(rto: &Result<Measured, Untold>) -> String {
    rto.as_ref().map_or_else(ToString::to_string, |Measured { least, most, .. }| {
        format!("between samples: {least} to {most}")
    })
}

fn behind(lag: &Lag) -> String {
    let lost = match lag.lost_transactions {
        Some(lost) if lost > 0.0 => format!("; {lost:.0} transactions were lost"),
        Some(_) => "; no transaction was lost".to_owned(),
        None => String::new(),
    };
    format!("{:.1} s behind at the last sample, {} before the loss was seen{lost}", lag.seconds, lag.age)
}

fn objectives(text: &mut String, objectives: &[Objective]) {
    if objectives.is_empty() {
        return;
    }
    let _ = writeln!(text, "\nobjectives");
    let width = objectives.iter().map(|o| o.region.0.chars().count()).max().unwrap_or(0);
    for objective in objectives {
        let (kind, aim) = (objective.kind.name(), objective.aim.to_string());
        let _ = writeln!(text, "  {:<width$}  {kind} {aim:<6} {}", objective.region.0, kept(objective));
    }
}

/// Whether it was kept, in words.
pub(super) fn kept(objective: &Objective) -> String {
    match (&objective.kept, objective.kind) {
        (Kept::Met, _) => "met".to_owned(),
        (Kept::Missed, Kind::Rto | Kind::Rpo) => "missed".to_owned(),
        (Kept::CannotBeTold(why), _) => format!("cannot be told: {why}"),
        (Kept::NotTested, _) => "not put to the test".to_owned(),
    }
}

/// An instant of a drill, as people read it: `t0+00:00:30`.
pub(super) fn since(at: Timestamp, t0: Timestamp) -> String {
    let span = at - t0;
    let sign = if span < Span::ZERO { '-' } else { '+' };
    let s = span.as_us().unsigned_abs() / 1_000_000;
    format!("t0{sign}{:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
}
