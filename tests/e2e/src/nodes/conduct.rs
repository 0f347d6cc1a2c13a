//! What the program in an image does, as a test says it: in a variable of the container, for there are no images here.

use haldane_world::Behaviour;
use serde::{Deserialize, Serialize};

/// What a version does.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Conduct {
    /// It serves, in this way.
    Serves(Behaviour),
    /// Its image does not start: no process, and a status that stays unready.
    NeverReady,
}

impl Conduct {
    /// Serves fast and without failures.
    pub const FINE: Self = Self::Serves(Behaviour::FAST);
}
