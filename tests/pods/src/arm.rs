//! The two sides of a rollout that requests are split between.

/// Which Deployment a pod belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arm {
    /// The version on trial; its pods run only while a rollout is under way.
    Canary,
    /// The version that is trusted; its pods always run.
    Primary,
}

impl Arm {
    /// Both arms, in the order in which a second is drawn.
    pub const BOTH: [Self; 2] = [Self::Canary, Self::Primary];
}
