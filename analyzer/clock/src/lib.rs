//! The one place that reads the machine's clock.
//!
//! A clock is a value, not a type parameter: it is real, accelerated by one factor (the demo, drills), or set by
//! hand (tests). Everything that waits or stamps asks it, so a whole system can live on faster time while its
//! policy stays unscaled. Network deadlines are not its business: they stay in real time.

use haldane_core::time::{Span, Timestamp};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

/// A source of instants and of waiting. Clones tell the same time.
#[derive(Clone, Debug)]
pub struct Clock(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Real,
    Accelerated(Acceleration),
    Manual(Arc<watch::Sender<Timestamp>>),
}

/// How an accelerated clock relates to the machine's: `shown = shows + (real - real_origin) × factor`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Acceleration {
    /// The machine's time at which the clock was set.
    pub real_origin: Timestamp,
    /// What the clock showed then.
    pub shows: Timestamp,
    /// Seconds shown per real second; at least 1.
    pub factor: f64,
}

impl Clock {
    /// The machine's own clock.
    pub const fn real() -> Self {
        Self(Kind::Real)
    }

    /// A clock that shows the machine's time now and runs `factor` times faster from here on.
    pub fn accelerated(factor: f64) -> Self {
        let now = machine_now();
        Self::with_acceleration(Acceleration { real_origin: now, shows: now, factor })
    }

    /// An accelerated clock that agrees with another process's clock of the same numbers.
    pub const fn with_acceleration(acceleration: Acceleration) -> Self {
        Self(Kind::Accelerated(acceleration))
    }

    /// A clock that moves only by [`Clock::set`].
    pub fn manual(shows: Timestamp) -> Self {
        Self(Kind::Manual(Arc::new(watch::Sender::new(shows))))
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Kind::Real => machine_now(),
            Kind::Accelerated(a) => {
                let elapsed = (machine_now() - a.real_origin).as_us() as f64 * a.factor;
                a.shows + Span::from_us(elapsed as i64)
            }
            Kind::Manual(shown) => *shown.borrow(),
        }
    }

    /// The numbers of an accelerated clock, for a process that has to agree with it.
    pub const fn acceleration(&self) -> Option<Acceleration> {
        match &self.0 {
            Kind::Accelerated(a) => Some(*a),
            Kind::Real | Kind::Manual(_) => None,
        }
    }

    /// Whether it is the machine's own, neither accelerated nor set by hand.
    pub const fn is_real(&self) -> bool {
        matches!(self.0, Kind::Real)
    }

    /// Sets a manual clock; never backwards. Other clocks cannot be set and stay as they are.
    pub fn set(&self, instant: Timestamp) {
        if let Kind::Manual(shown) = &self.0 {
            shown.send_if_modified(|t| {
                let later = instant > *t;
                *t = instant.max(*t);
                later
            });
        }
    }

    /// Waits until this clock shows `instant` or later.
    pub async fn sleep_until(&self, instant: Timestamp) {
        match &self.0 {
            Kind::Real => real_sleep(instant - machine_now(), 1.0).await,
            Kind::Accelerated(a) => real_sleep(instant - self.now(), a.factor).await,
            Kind::Manual(shown) => {
                let mut watcher = shown.subscribe();
                let reached = watcher.wait_for(|t| *t >= instant).await;
                debug_assert!(reached.is_ok(), "the sender lives as long as this clock");
            }
        }
    }

    /// Waits for `span` of this clock's time.
    pub async fn sleep(&self, span: Span) {
        self.sleep_until(self.now() + span).await;
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
fn machine_now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Timestamp::from_us(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
}

#[expect(clippy::disallowed_methods, reason = "the one place that waits for the machine's clock")]
async fn real_sleep(shown: Span, factor: f64) {
    let us = (shown.as_us() as f64 / factor).max(0.0);
    tokio::time::sleep(Duration::from_micros(us as u64)).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_manual_clock_wakes_its_sleepers_when_it_is_set() {
        let clock = Clock::manual(Timestamp::from_s(0));
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move {
                clock.sleep(Span::from_min(10)).await;
                clock.now()
            }
        });
        tokio::task::yield_now().await;
        clock.set(Timestamp::from_s(599));
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        clock.set(Timestamp::from_s(600));
        assert_eq!(sleeper.await.unwrap(), Timestamp::from_s(600));
    }

    #[test]
    fn a_manual_clock_never_goes_back() {
        let clock = Clock::manual(Timestamp::from_s(10));
        clock.set(Timestamp::from_s(5));
        assert_eq!(clock.now(), Timestamp::from_s(10));
    }

    #[test]
    fn two_processes_with_the_same_acceleration_tell_the_same_time() {
        let ours = Clock::accelerated(120.0);
        let theirs = Clock::with_acceleration(ours.acceleration().unwrap());
        let (a, b, c) = (ours.now(), theirs.now(), ours.now());
        assert!(a <= b && b <= c);
    }
}
