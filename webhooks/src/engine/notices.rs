//! Writes every change of a decision beside the Canary, where Flagger's users look and Flagger says nothing.
//!
//! Nothing waits for it and nothing rests on it: a cluster that takes no Events costs a warning in the log.

use super::handle::Service;
use haldane_core::headline::headline;
use haldane_core::increment::Region;
use haldane_core::reason::Reason;
use haldane_core::report::{Decision, RegionLook};
use haldane_signals::kubernetes::{Notice, Notices};
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The annotation that says where the report is.
const REPORT: &str = "haldane.dev/report";

/// What was told last; the same again is not told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Told {
    rollout: String,
    decision: String,
    why: String,
    ended: bool,
}

/// Tells the cluster of `region` what `service` decides there; reports are at `public_url`.
pub(super) fn start(
    notices: Notices,
    region: Region,
    service: Service,
    public_url: Option<String>,
    mut stop: watch::Receiver<bool>,
) -> JoinHandle<()> {
    let tell = async move {
        let mut published = service.watch();
        // What stands when the process starts was told by the one before.
        let before = published.borrow_and_update().clone();
        let mut told = before.region(&region).1.map(what).unwrap_or_default();
        loop {
            if published.changed().await.is_err() {
                return;
            }
            let now = published.borrow_and_update().clone();
            if let (Some(rollout), Some(look)) = now.region(&region) {
                let new = what(look);
                if new != told {
                    let sentence = headline(look, &rollout.policy);
                    write(&notices, &told, &new, look, &sentence, public_url.as_deref()).await;
                    told = new;
                }
            }
        }
    };
    tokio::spawn(async move {
        tokio::select! {
            () = tell => {}
            _ = stop.wait_for(|stopped| *stopped) => {}
        }
    })
}

fn what(look: &RegionLook) -> Told {
    Told {
        rollout: look.rollout.0.clone(),
        decision: look.decision.name().to_owned(),
        why: look.decision.reasons().first().map(word).unwrap_or_default(),
        ended: look.stage.ended().is_some(),
    }
}

async fn write(
    notices: &Notices,
    before: &Told,
    new: &Told,
    look: &RegionLook,
    sentence: &str,
    public_url: Option<&str>,
) {
    if let Some(url) = public_url.filter(|_| before.rollout != new.rollout) {
        let report = format!("{}/rollouts/{}", url.trim_end_matches('/'), new.rollout);
        warn(notices.annotate(REPORT, &report).await);
    }
    let reason = if new.ended { "Ended".to_owned() } else { capitalised(&new.decision) };
    let action = if new.why.is_empty() { reason.clone() } else { new.why.clone() };
    let warning = matches!(look.decision, Decision::Rollback(_));
    warn(notices.tell(Notice { warning, reason: &reason, action: &action, note: sentence }).await);
}

fn warn(told: Result<(), String>) {
    if let Err(problem) = told {
        tracing::warn!(
            problem,
            "the cluster took no notice: check the permissions (events: create, patch; canaries: patch)"
        );
    }
}

/// The reason's own name, without its numbers: `not-proved` becomes `NotProved`.
fn word(reason: &Reason) -> String {
    let value = serde_json::to_value(reason).unwrap_or(Value::Null);
    let name = value["cluster"].as_str().or(value["reason"].as_str()).unwrap_or("unknown");
    name.split('-').map(capitalised).collect()
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use haldane_core::reason::ClusterHold;

    #[test]
    fn a_reason_is_named_in_the_words_of_kubernetes_and_without_its_numbers() {
        assert_eq!(word(&Reason::WeightOffLadder { weight: 7 }), "WeightOffLadder");
        assert_eq!(word(&Reason::Cluster(ClusterHold::Suspended)), "Suspended");
        assert_eq!(capitalised("hold"), "Hold");
    }
}
