//! The phases of a Canary, spelled as in its status and in the payloads.

use serde::Serialize;
use std::fmt;

/// The phase of a Canary. Those before `Initialized` and those of its deletion are not modelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Phase {
    /// Installed: the primary serves, no rollout has run yet.
    Initialized,
    /// A new revision waits for confirm-rollout; the canary has no pods.
    Waiting,
    /// The canary is analysed, from weight 0 up to the top weight.
    Progressing,
    /// At the top weight, held by confirm-promotion.
    WaitingPromotion,
    /// The primary gets the new revision.
    Promoting,
    /// All traffic is on the primary again; the canary is about to go.
    Finalising,
    /// Promoted.
    Succeeded,
    /// Rolled back, or a promotion whose primary did not come up.
    Failed,
}

impl Phase {
    /// Whether a run is under way past confirm-rollout.
    pub const fn is_running(self) -> bool {
        matches!(self, Self::Progressing | Self::WaitingPromotion | Self::Promoting | Self::Finalising)
    }

    /// Whether the canary is being judged: the only phases with rollback hooks, threshold and restart.
    pub const fn is_analysed(self) -> bool {
        matches!(self, Self::Progressing | Self::WaitingPromotion)
    }

    /// The name in the status and in payloads.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Initialized => "Initialized",
            Self::Waiting => "Waiting",
            Self::Progressing => "Progressing",
            Self::WaitingPromotion => "WaitingPromotion",
            Self::Promoting => "Promoting",
            Self::Finalising => "Finalising",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
