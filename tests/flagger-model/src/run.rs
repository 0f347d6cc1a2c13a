//! Ticks on the clock: the first at once, then on a fixed grid, and a late one is one tick, not several.
//!
//! Flagger's ticker holds at most one tick back while a slow hook is waited for: that one comes at once, the others
//! are lost, and the grid stays where it was.

use crate::flagger::Flagger;
use crate::report::TickReport;
use haldane_core::time::{Span, Timestamp};
use tokio::sync::watch;

impl Flagger {
    /// Ticks every interval until `stop` holds true or its sender is gone; a tick under way is finished.
    ///
    /// `observe` sees every report. A changed interval starts a new grid with a tick at once.
    pub async fn run(
        mut self,
        mut stop: watch::Receiver<bool>,
        mut observe: impl FnMut(&TickReport) + Send,
    ) -> Self {
        let (clock, cluster) = (self.clock.clone(), self.cluster());
        loop {
            let interval = cluster.spec().effective_interval();
            let origin = clock.now();
            let mut due = origin;
            loop {
                tokio::select! {
                    biased;
                    () = stopped(&mut stop) => return self,
                    () = cluster.interval_leaves(interval) => break,
                    () = clock.sleep_until(due) => {}
                }
                due = next_on_grid(origin, interval, clock.now());
                observe(&self.tick().await);
            }
        }
    }
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone: nobody is left who could stop it later.
    drop(stop.wait_for(|stop| *stop).await);
}

/// The first instant of the grid after `now`.
fn next_on_grid(origin: Timestamp, interval: Span, now: Timestamp) -> Timestamp {
    let into_the_grid = (now - origin).as_us().rem_euclid(interval.as_us());
    now + Span::from_us(interval.as_us() - into_the_grid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_tick_leaves_the_grid_where_it_was() {
        let next = |now_s| next_on_grid(Timestamp::from_s(7), Span::from_s(10), Timestamp::from_s(now_s));
        assert_eq!(next(7), Timestamp::from_s(17));
        assert_eq!(next(16), Timestamp::from_s(17));
        assert_eq!(next(17), Timestamp::from_s(27));
        assert_eq!(next(42), Timestamp::from_s(47));
    }
}
