//! Steps of the draft: the Canary's own weights, the first observed longest because it has the least traffic.

/// One step.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) weight: u32,
    pub(super) observe: &'static str,
    pub(super) extend_up_to: &'static str,
}

/// The weights where the Canary has none.
const USUAL: [u32; 3] = [5, 50, 100];

/// Steps that take longer together than most people expect.
const MANY: usize = 5;

/// The steps of `ladder`, with a comment where that needs one.
pub(super) fn of(ladder: &[u32]) -> (Vec<Step>, Option<&'static str>) {
    // A policy's weights only rise; Flagger's list may do anything.
    let mut weights: Vec<u32> = Vec::new();
    for weight in ladder.iter().copied().filter(|w| (1..=100).contains(w)) {
        if weights.last().is_none_or(|last| weight > *last) {
            weights.push(weight);
        }
    }
    let comment = if weights.is_empty() {
        weights.extend(USUAL);
        Some("The Canary has no weights; these are usual ones, and haldane render writes them into it.")
    } else if weights.len() > MANY {
        Some(
            "Each step is observed on its own; with fewer of them a rollout is shorter, and each proves more.",
        )
    } else {
        None
    };
    let step = |(index, weight)| match index {
        0 => Step { weight, observe: "10m", extend_up_to: "30m" },
        _ => Step { weight, observe: "5m", extend_up_to: "15m" },
    };
    (weights.into_iter().enumerate().map(step).collect(), comment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_only_rise_whatever_the_canary_says() {
        let weights = |ladder: &[u32]| of(ladder).0.iter().map(|step| step.weight).collect::<Vec<_>>();
        assert_eq!(weights(&[5, 50, 100]), [5, 50, 100]);
        assert_eq!(weights(&[0, 20, 10, 20, 400]), [20]);
        assert_eq!(weights(&[]), [5, 50, 100]);
        assert!(of(&[]).1.is_some() && of(&[10, 20, 30, 40, 50, 60]).1.is_some() && of(&[5]).1.is_none());
    }
}
