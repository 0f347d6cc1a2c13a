//! What was measured, held against what the policy asks of the region that took over.

use super::measure::{Lag, Measured, Takeover, Untold};
use haldane_core::increment::Region;
use haldane_core::policy::Policy;
use haldane_core::time::Span;
use serde::Serialize;

/// Which objective.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// How soon a region serves.
    Rto,
    /// How much time's data may be lost.
    Rpo,
}

impl Kind {
    /// As people write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rto => "RTO",
            Self::Rpo => "RPO",
        }
    }
}

/// Whether an objective was kept.
#[derive(Clone, Debug, PartialEq)]
pub enum Kept {
    /// It was.
    Met,
    /// It was not.
    Missed,
    /// Nobody can say, and why.
    CannotBeTold(Untold),
    /// It was not put to the test.
    NotTested,
}

/// One objective of one region.
#[derive(Clone, Debug, PartialEq)]
pub struct Objective {
    /// Of which region.
    pub region: Region,
    /// Which.
    pub kind: Kind,
    /// What the policy asks for.
    pub aim: Span,
    /// Whether it was kept.
    pub kept: Kept,
}

/// Every objective of the policy's regions but the lost one's, in the order of the file.
pub fn objectives(policy: &Policy, (lost, taker): (&Region, &Region), takeover: &Takeover) -> Vec<Objective> {
    let mut objectives = Vec::new();
    for region in policy.regions.iter().filter(|r| r.name != *lost) {
        let tested = region.name == *taker;
        let rto = |aim| if tested { rto(aim, &takeover.rto) } else { Kept::NotTested };
        let rpo = |aim| if tested { rpo(aim, &takeover.rpo) } else { Kept::NotTested };
        let objective = |kind, aim, kept| Objective { region: region.name.clone(), kind, aim, kept };
        objectives.extend(region.aims.rto.map(|aim| objective(Kind::Rto, aim, rto(aim))));
        objectives.extend(region.aims.rpo.map(|aim| objective(Kind::Rpo, aim, rpo(aim))));
    }
    objectives
}

fn rto(aim: Span, measured: &Result<Measured, Untold>) -> Kept {
    match measured {
        Ok(measured) if measured.most <= aim => Kept::Met,
        Ok(measured) if measured.least > aim => Kept::Missed,
        Ok(measured) => Kept::CannotBeTold(Untold::Coarse { measured: *measured }),
        Err(Untold::EndsWithout { after, .. }) if *after > aim => Kept::Missed,
        Err(why) => Kept::CannotBeTold(why.clone()),
    }
}

/// By the lag at the last sample. Where somebody counted what was lost and found nothing, nothing was.
fn rpo(aim: Span, lag: &Result<Lag, Untold>) -> Kept {
    match lag {
        Ok(lag) if lag.lost_transactions == Some(0.0) || lag.seconds <= aim.as_s() => Kept::Met,
        Ok(_) => Kept::Missed,
        Err(why) => Kept::CannotBeTold(why.clone()),
    }
}
