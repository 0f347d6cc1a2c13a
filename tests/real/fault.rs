//! One fault in a running rollout, from its beginning to the row that it leaves in the operator's table.

use crate::scene::Scene;
use crate::table::{Row, flagger_saw, without_numbers};
use haldane_core::time::Span;
use haldane_world::{Arm, until};

/// Ticks of Flagger that a fault lasts: twelve seconds, longer than any step here is observed.
const TICKS: usize = 6;

/// Longer than anything here takes to be noticed.
const PATIENCE: Span = Span::from_min(2);

/// A fault that has been brought about and noticed.
pub(crate) struct Noticed {
    fault: &'static str,
    report: String,
    ticks_before: usize,
    weight: u32,
}

impl Scene {
    /// Waits until the canary gets `weight` percent, by Flagger and by Haldane.
    pub(crate) async fn at(&self, weight: u32) {
        self.until(&format!("at {weight} %"), |s| s.weight_percent == Some(weight)).await;
        assert_eq!(self.canary_weight(), weight);
    }

    /// Waits until the canary has served so many requests.
    pub(crate) async fn has_served(&self, requests: u64) {
        let served = async || {
            let truth = self.world.truth_of(Arm::Canary).await?;
            Ok((truth.requests() >= requests).then_some(()))
        };
        until("requests served by the canary", PATIENCE, served).await.unwrap();
    }

    /// Waits until the report gives a reason with this `cause`, at `weight` still.
    pub(crate) async fn notices(&self, fault: &'static str, weight: u32, cause: &str) -> Noticed {
        let is_it = |reason: &&String| reason.contains(cause);
        let told = self.until(cause, |s| s.reasons.iter().any(|reason| is_it(&reason))).await;
        assert_eq!((told.weight_percent, self.canary_weight()), (Some(weight), weight), "{told:?}");
        assert_eq!(told.decision.as_deref(), Some("hold"), "{told:?}");
        let report = without_numbers(told.reasons.iter().find(is_it).unwrap());
        Noticed { fault, report, ticks_before: self.ticks().len(), weight }
    }

    /// Lets the fault last while Flagger ticks, and asserts that nothing moved.
    pub(crate) async fn holds_through(&self, noticed: Noticed, end: &str) -> Row {
        self.holds_for(noticed, TICKS, end).await
    }

    /// The same for so many ticks.
    pub(crate) async fn holds_for(&self, noticed: Noticed, ticks: usize, end: &str) -> Row {
        let enough = noticed.ticks_before + ticks;
        let ticked = async || Ok((self.ticks().len() >= enough).then_some(()));
        until("Flagger's ticks", PATIENCE, ticked).await.unwrap();
        let ticks = self.ticks().split_off(noticed.ticks_before);
        let weight = noticed.weight;
        assert!(ticks.iter().all(|t| t.weight_before == weight && t.weight_after == weight), "{ticks:#?}");
        let failed_checks = self.status().failed_checks;
        assert_eq!(failed_checks, 0, "{ticks:#?}");
        Row {
            fault: noticed.fault,
            flagger: flagger_saw(&ticks, failed_checks),
            report: noticed.report,
            end: end.to_owned(),
        }
    }

    /// Waits until the release is promoted, by Flagger and by Haldane, and nothing was held against it on the way.
    pub(crate) async fn is_promoted(&self) {
        self.until("promoted", |s| s.standing == "promoted").await;
        assert_eq!(self.status().failed_checks, 0);
    }
}
