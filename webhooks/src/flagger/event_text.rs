//! What Flagger's event texts mean. They are the only webhook channel that carries the weight.
//!
//! Read from the texts of Flagger 1.44. A text that is not known means nothing but that the channel is alive.

/// What an event says about the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The canary's weight was raised to this (percent).
    Weight(u32),
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

/// Reads the text of an event about the Canary `name` in `namespace`.
pub fn meaning(text: &str, namespace: &str, name: &str) -> Meaning {
    let whom = format!("{name}.{namespace}");
    if let Some(weight) = text.strip_prefix(&format!("Advance {whom} canary weight ")) {
        return weight.trim().parse().ok().filter(|w| *w <= 100).map_or(Meaning::Other, Meaning::Weight);
    }
    let about = |prefix: &str| text.starts_with(prefix) && text.contains(&whom);
    if about("New revision detected! Restarting analysis for") {
        Meaning::Restarting
    } else if about("Starting canary analysis for") {
        Meaning::Starting
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
