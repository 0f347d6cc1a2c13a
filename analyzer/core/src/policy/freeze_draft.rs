//! What a policy file says about windows in which nothing may go on, word for word.

use super::words::some;
use serde::Deserialize;

/// One entry of `spec.freeze`: `days`, or `since` and `until`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FreezeDraft {
    /// Every week: `Fri 18:00 - Mon 06:00`.
    pub days: Option<String>,
    /// Once, from: `2026-12-20T00:00`, as the clocks of the zone show it.
    pub since: Option<String>,
    /// Once, up to.
    pub until: Option<String>,
    /// IANA name of the zone.
    pub zone: Option<String>,
    /// Why, for people; default: when it is.
    pub reason: Option<String>,
    /// Only these regions; default all.
    #[serde(default, deserialize_with = "some")]
    pub regions: Vec<String>,
}
