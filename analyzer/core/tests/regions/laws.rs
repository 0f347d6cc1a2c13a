//! What must never be, held against the world's own weights.

use crate::flagger::Phase;
use crate::world::{Place, World};

/// Every law, or the first that is broken.
pub(crate) fn hold(world: &World) -> Result<(), String> {
    never_two_that_must_not(world)?;
    never_more_than_at_once(world)?;
    // Above all no standby before its active region, and no advance without a look.
    world.early.iter().chain(&world.unseen).next().map_or(Ok(()), |broken| Err(broken.clone()))
}

fn has_traffic(place: &Place) -> bool {
    matches!(place.phase, Phase::Canary(1..) | Phase::Promoting)
}

fn never_two_that_must_not(world: &World) -> Result<(), String> {
    let busy: Vec<_> = world.places.iter().filter(|(_, p)| has_traffic(p)).map(|(r, _)| r).collect();
    for (i, a) in busy.iter().enumerate() {
        for b in &busy[i + 1..] {
            if world.policy.apart(a, b) {
                return Err(format!("{a} and {b} are under way together"));
            }
        }
    }
    Ok(())
}

fn never_more_than_at_once(world: &World) -> Result<(), String> {
    let busy = world.places.values().filter(|p| has_traffic(p)).count();
    match world.policy.across.at_once {
        Some(most) if busy > most as usize => Err(format!("{busy} regions are under way, {most} may be")),
        Some(_) | None => Ok(()),
    }
}
