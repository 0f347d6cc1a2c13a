//! A drill from a recording to its result: who was lost, who took over, what was held, what was kept.

use haldane_core::increment::Region;
use haldane_core::policy::Policy;
use haldane_core::time::Timestamp;
use haldane_lab::drill::{
    Between, Kept, Objective, Recording, Replay, Replayed, Reserve, Takeover, UnderWay, loss, lost,
    objectives, recorded_guards, replay, reserves, standby, takeover, taker,
};
use std::collections::BTreeMap;

/// What a drill is about.
#[derive(Debug)]
pub struct Drill<'a> {
    /// Under which policy.
    pub policy: &'a Policy,
    /// What was seen.
    pub recording: &'a Recording,
    /// The region that is lost, where somebody says so.
    pub lose: Option<Region>,
    /// The region that takes over, where somebody says so.
    pub takes_over: Option<Region>,
    /// Where the release is; absent where it waits to begin.
    pub under_way: Option<UnderWay>,
    /// Of what is made up.
    pub seed: u64,
}

/// What came of a drill.
#[derive(Debug)]
pub struct Conducted {
    /// The region that was lost.
    pub lost: Region,
    /// The one that took over.
    pub taker: Region,
    /// When it was lost.
    pub loss: Between,
    /// What was measured of the takeover.
    pub takeover: Takeover,
    /// What the policy asks for, and whether it was kept.
    pub objectives: Vec<Objective>,
    /// What was held and reported.
    pub replayed: Replayed,
    /// What the policy could never have kept.
    pub reserves: Vec<Reserve>,
    /// Guards that the recording does not tell, and where.
    pub left_out: BTreeMap<String, Vec<Region>>,
    /// Whether freezes of the policy were left out.
    pub freezes_left_out: bool,
}

impl Conducted {
    /// Whether every objective that was put to the test was met.
    pub fn met(&self) -> bool {
        self.objectives.iter().all(|o| matches!(o.kept, Kept::Met | Kept::NotTested))
    }

    /// Until when the loss lasted: the taker served again, or the recording ended.
    pub fn over(&self) -> Option<Timestamp> {
        self.takeover.served.as_ref().ok().copied()
    }
}

/// Measures the recording and replays it.
///
/// # Errors
/// Why it cannot be used, in a sentence.
pub fn conduct(drill: &Drill<'_>) -> Result<Conducted, String> {
    let Drill { policy, recording, .. } = *drill;
    let lost = which(drill)?;
    let loss = loss(recording, &lost).map_err(|why| why.to_string())?;
    let taker = match &drill.takes_over {
        Some(region) if *region == lost => {
            return Err(format!(
                "{region} is lost and cannot take over; name another region with --takes-over"
            ));
        }
        Some(region) => region.clone(),
        None => taker(policy, recording, &lost, loss)
            .or_else(|| standby(policy, &lost))
            .ok_or("the policy has no other region that could take over")?,
    };
    let takeover = takeover((recording, policy), (&lost, &taker), loss);
    let (told, left_out) = recorded_guards(policy, recording);
    let under_way = drill.under_way.as_ref();
    let replayed = replay(&Replay { policy: &told, recording, under_way, seed: drill.seed });
    Ok(Conducted {
        objectives: objectives(policy, (&lost, &taker), &takeover),
        reserves: reserves(policy),
        freezes_left_out: !policy.across.freezes.is_empty(),
        lost,
        taker,
        loss,
        takeover,
        replayed,
        left_out,
    })
}

fn which(drill: &Drill<'_>) -> Result<Region, String> {
    if let Some(region) = &drill.lose {
        return Ok(region.clone());
    }
    let lost = lost(drill.recording);
    match lost.as_slice() {
        [region] => Ok(region.clone()),
        [] => Err("no region is lost in the recording: none stops answering (`up` 0) or getting requests; name the one \
                   that you mean with --lose"
            .to_owned()),
        several => {
            let names: Vec<String> = several.iter().map(ToString::to_string).collect();
            Err(format!("several regions are lost in the recording ({}); name one with --lose", names.join(", ")))
        }
    }
}
