//! Who turns the places of a story: it waits for the first canary with traffic beside the hub, and lets things happen from then
//! on, on the demo's clock.

use super::system::System;
use futures_util::future::select_all;
use haldane_clock::Clock;
use haldane_core::increment::Region;
use haldane_core::time::Span;
use haldane_flagger_model::Live;
use haldane_pods::{Place, Scenario};
use tokio::sync::watch;

/// From the first traffic of that canary until something happens.
const BEFORE: Span = Span::from_min(2);

/// How long it lasts: longer than any guard of the policies waits, shorter than a step may be extended.
const LASTS: Span = Span::from_min(12);

/// How long one of several writers is away.
const AWAY: Span = Span::from_min(4);

/// One region as its director sees it.
#[derive(Clone)]
pub(super) struct Seat {
    pub(super) region: Region,
    pub(super) place: watch::Sender<Place>,
    pub(super) live: watch::Receiver<Live>,
}

/// Whether `scenario` is about places.
pub(super) const fn concerns(scenario: Scenario) -> bool {
    matches!(scenario, Scenario::RegionLost | Scenario::Lag | Scenario::Failover | Scenario::Stale)
}

/// Lets the story happen, once.
pub(super) async fn direct(system: System, scenario: Scenario, seats: Vec<Seat>, clock: Clock) {
    let (hub, beside): (Vec<Seat>, Vec<Seat>) = seats.into_iter().partition(|s| s.region.0 == system.hub());
    let (Some(hub), Some(here)) = (hub.first(), first_with_traffic(&beside).await) else {
        return;
    };
    clock.sleep(BEFORE).await;
    let turn = |seat: &Seat, change: fn(&mut Place)| seat.place.send_modify(change);
    match scenario {
        Scenario::RegionLost => {
            turn(hub, |place| place.up = false);
            clock.sleep(LASTS).await;
            turn(hub, |place| place.up = true);
        }
        Scenario::Lag => {
            turn(&here, |place| place.lag_s = 45.0);
            clock.sleep(LASTS).await;
            turn(&here, |place| place.lag_s = 0.3);
        }
        Scenario::Stale => {
            turn(&here, |place| place.synced_s = 3600.0);
            clock.sleep(LASTS).await;
            turn(&here, |place| place.synced_s = 20.0);
        }
        Scenario::Failover if system == System::Nfyio => {
            turn(hub, |place| place.writes = false);
            clock.sleep(AWAY).await;
            turn(hub, |place| place.writes = true);
        }
        Scenario::Failover => {
            turn(hub, |place| place.writes = false);
            turn(&here, |place| place.writes = true);
        }
        Scenario::Healthy
        | Scenario::Errors
        | Scenario::Latency
        | Scenario::Bursty
        | Scenario::Incident
        | Scenario::Blind
        | Scenario::Subtle
        | Scenario::Late
        | Scenario::SlowLeak
        | Scenario::RegionDown
        | Scenario::NoTraffic
        | Scenario::ErrorLogs => {}
    }
}

async fn first_with_traffic(seats: &[Seat]) -> Option<Seat> {
    if seats.is_empty() {
        return None;
    }
    let has_traffic = |seat: &Seat| {
        let (seat, mut live) = (seat.clone(), seat.live.clone());
        // An error means that the cluster is gone, and nothing will happen any more.
        Box::pin(async move { live.wait_for(|live| live.canary_weight > 0).await.is_ok().then_some(seat) })
    };
    select_all(seats.iter().map(has_traffic)).await.0
}
