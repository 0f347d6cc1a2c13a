//! One entry of a Canary's `analysis.webhooks`.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// Flagger's default when a webhook names no timeout.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// When a hook is called, and what its answer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HookKind {
    /// Before the canary gets pods; a no waits.
    ConfirmRollout,
    /// On every tick at weight 0; a no is a failed check.
    PreRollout,
    /// On every tick with traffic; a no is a failed check.
    Rollout,
    /// Before each step, the first included, and once more at the top; a no holds.
    ConfirmTrafficIncrease,
    /// At the top weight; a no holds in `WaitingPromotion`.
    ConfirmPromotion,
    /// Once at the end.
    PostRollout,
    /// On every tick of the analysis; a *yes* rolls back.
    Rollback,
    /// With every event.
    Event,
}

impl HookKind {
    /// Every kind, in the order of a rollout.
    pub const ALL: [Self; 8] = [
        Self::ConfirmRollout,
        Self::PreRollout,
        Self::Rollout,
        Self::ConfirmTrafficIncrease,
        Self::ConfirmPromotion,
        Self::PostRollout,
        Self::Rollback,
        Self::Event,
    ];

    /// The `type` in a Canary, which is also the last segment of the URL.
    pub const fn path_name(self) -> &'static str {
        match self {
            Self::ConfirmRollout => "confirm-rollout",
            Self::PreRollout => "pre-rollout",
            Self::Rollout => "rollout",
            Self::ConfirmTrafficIncrease => "confirm-traffic-increase",
            Self::ConfirmPromotion => "confirm-promotion",
            Self::PostRollout => "post-rollout",
            Self::Rollback => "rollback",
            Self::Event => "event",
        }
    }
}

impl fmt::Display for HookKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.path_name())
    }
}

/// A webhook of a Canary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// When it is called.
    pub kind: HookKind,
    /// Its name, as Flagger's events spell it.
    pub name: String,
    /// Where; user and password in it become Basic authentication.
    pub url: String,
    /// Real time for one attempt.
    pub timeout: Duration,
    /// Attempts after the first, for connection errors, timeouts, 429 and 5xx (not 501).
    pub retries: u32,
    /// Copied into the payload; absent there when empty.
    pub metadata: BTreeMap<String, String>,
}

impl Webhook {
    /// A hook named after its kind, with Flagger's defaults: 10 s, no retries, no metadata.
    pub fn new(kind: HookKind, url: impl Into<String>) -> Self {
        Self {
            kind,
            name: kind.path_name().to_owned(),
            url: url.into(),
            timeout: DEFAULT_TIMEOUT,
            retries: 0,
            metadata: BTreeMap::new(),
        }
    }

    /// The hooks that a rollout judged by Haldane has, at `{base_url}/hooks/{region}/{hook}`.
    ///
    /// Without `pre-rollout` and `rollout`: one refused connection there is a failed check that is never forgotten.
    /// A `release` goes into the metadata of each.
    pub fn haldane_set(base_url: &str, region: &str, release: Option<&str>) -> Vec<Self> {
        let mut hooks = Self::all(base_url, region, release);
        hooks.retain(|hook| !matches!(hook.kind, HookKind::PreRollout | HookKind::Rollout));
        hooks
    }

    /// All eight kinds, else as [`Webhook::haldane_set`].
    pub fn all(base_url: &str, region: &str, release: Option<&str>) -> Vec<Self> {
        let base = base_url.trim_end_matches('/');
        let metadata: BTreeMap<_, _> =
            release.map(|r| ("release".to_owned(), r.to_owned())).into_iter().collect();
        HookKind::ALL
            .into_iter()
            .map(|kind| Self {
                metadata: metadata.clone(),
                ..Self::new(kind, format!("{base}/hooks/{region}/{kind}"))
            })
            .collect()
    }
}
