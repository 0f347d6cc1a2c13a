//! What Flagger's event texts mean. They are the only webhook channel that carries the weight.
//!
//! Read from the texts of Flagger 1.44. A text that is not known means nothing but that the channel is alive.

/// Blue/green with mirroring.
const STOPPED_MIRRORING: &str = "Stop traffic mirroring and route all traffic to canary";

/// What an event says about the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The canary's weight was raised to this (percent).
    Weight(u32),
    /// Blue/green: all traffic goes to the canary.
    AllTraffic,
    /// Blue/green or A/B: an iteration passed. In an A/B test the matched users are on the canary from the first on.
    Iteration,
    /// The analysis begins; the weight is 0. Sent on every tick at weight 0.
    Starting,
    /// A new revision arrived mid-run: routes and counters are reset, confirm-rollout is not asked again.
    Restarting,
    /// The canary's spec is copied to the primary.
    Promoting,
    /// The run ended well.
    Succeeded,
    /// The run ended with all traffic on the primary.
    Failed,
    /// Something else.
    Other,
}

/// Reads the text of an event about the Canary `name` in `namespace`. The payload says whose event it is; in the text Flagger
/// sometimes writes the Canary's name and sometimes its target's, which may differ.
pub fn meaning(text: &str, namespace: &str, name: &str) -> Meaning {
    let whom = format!("{name}.{namespace}");
    if let Some(weight) = text.strip_prefix(&format!("Advance {whom} canary weight ")) {
        return weight.trim().parse().ok().filter(|w| *w <= 100).map_or(Meaning::Other, Meaning::Weight);
    }
    let ours = text.ends_with(&format!(".{namespace}")) || text.contains(&whom);
    let about = |prefix: &str| text.starts_with(prefix) && ours;
    if about("New revision detected! Restarting analysis for") {
        Meaning::Restarting
    } else if about("Starting canary analysis for") {
        Meaning::Starting
    } else if text.starts_with(&format!("Advance {whom} canary iteration ")) {
        Meaning::Iteration
    } else if matches!(text, "Routing all traffic to canary" | STOPPED_MIRRORING) {
        Meaning::AllTraffic
    } else if text.starts_with("Copying ") && text.contains(" template spec to ") {
        Meaning::Promoting
    } else if about("Promotion completed!") {
        Meaning::Succeeded
    } else if about("Rolling back ") || about("Canary failed!") {
        Meaning::Failed
    } else {
        Meaning::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flaggers_texts_are_understood() {
        let read = |text: &str| meaning(text, "fnp", "api");
        assert_eq!(read("Advance api.fnp canary weight 50"), Meaning::Weight(50));
        assert_eq!(read("Starting canary analysis for api.fnp"), Meaning::Starting);
        assert_eq!(read("New revision detected! Restarting analysis for api.fnp"), Meaning::Restarting);
        assert_eq!(read("New revision detected! Scaling up api.fnp"), Meaning::Other);
        assert_eq!(read("Starting canary analysis for backend.fnp"), Meaning::Starting, "the target's name");
        assert_eq!(read("New revision detected! Restarting analysis for backend.fnp"), Meaning::Restarting);
        assert_eq!(read("Promotion completed! Scaling down backend.fnp"), Meaning::Succeeded);
        assert_eq!(
            read("Promotion completed! Canary analysis was skipped for backend.fnp"),
            Meaning::Succeeded
        );
        assert_eq!(read("Advance api.fnp canary iteration 1/5"), Meaning::Iteration);
        assert_eq!(read("Routing all traffic to canary"), Meaning::AllTraffic);
        assert_eq!(read("Routing all traffic to primary"), Meaning::Other);
        assert_eq!(read("Copying api.fnp template spec to api-primary.fnp"), Meaning::Promoting);
        assert_eq!(read("Promotion completed! Scaling down api.fnp"), Meaning::Succeeded);
        assert_eq!(read("Rolling back api.fnp failed checks threshold reached 5"), Meaning::Failed);
        assert_eq!(read("Canary failed! Scaling down api.fnp"), Meaning::Failed);
    }

    #[test]
    fn texts_about_others_or_out_of_range_mean_nothing() {
        for text in [
            "Advance web.fnp canary weight 50",
            "Advance api.fnp canary weight 500",
            "Advance api.fnp canary weight x",
            "",
        ] {
            assert_eq!(meaning(text, "fnp", "api"), Meaning::Other, "{text}");
        }
    }
}
