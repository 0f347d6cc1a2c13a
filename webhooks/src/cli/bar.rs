//! How far a simulation has come, for whoever waits at a terminal.

use haldane_clock::Clock;
use haldane_core::time::{Span, Timestamp};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Shown on standard error after two seconds, where that is a terminal: a quick answer needs no bar.
pub(super) struct Bar {
    bar: ProgressBar,
    what: &'static str,
    clock: Clock,
    begun: Timestamp,
}

impl Bar {
    const PATIENCE: Span = Span::from_s(2);

    /// Counts `what` (`gates`).
    pub(super) fn of(what: &'static str) -> Self {
        let clock = Clock::real();
        Self { bar: ProgressBar::hidden(), what, begun: clock.now(), clock }
    }

    pub(super) fn show(&self, done: usize, of: usize) {
        self.bar.set_length(of as u64);
        self.bar.set_position(done as u64);
        if self.bar.is_hidden() && self.clock.now() - self.begun > Self::PATIENCE {
            let template = format!("simulating {{bar:24}} {{pos}}/{{len}} {}", self.what);
            if let Ok(style) = ProgressStyle::with_template(&template) {
                self.bar.set_style(style.progress_chars("━╸ "));
            }
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }

    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
