//! A Canary held against its policy: what somebody wrote for Flagger, and what Haldane will be asked because of it.
//!
//! Everything here has gone wrong silently for somebody: Flagger takes a hook of the wrong type, an address of another
//! region and a check that fails without traffic, and says nothing until a release goes where nobody wanted it.

mod checks;
mod hooks;
mod kinds;
mod order;
mod pace;
mod whole;

pub(super) use order::unseen;

use super::findings::Finding;
use crate::canary::Found;
use haldane_core::policy::{ClusterSource, Policy, RegionPolicy, Source};
use haldane_signals::kubernetes::Analysis;

/// One Canary and everything that it is held against.
pub(super) struct Case<'a> {
    /// What it should do.
    pub(super) policy: &'a Policy,
    /// Where it is.
    pub(super) region: &'a RegionPolicy,
    /// Where that region's counts come from.
    pub(super) source: Option<&'a Source>,
    /// Whether Haldane sees that region's cluster.
    pub(super) cluster: Option<&'a ClusterSource>,
    /// The Canary.
    pub(super) found: &'a Found,
}

/// The findings about one Canary; one that is well if there is nothing else.
pub(super) fn findings(case: &Case<'_>) -> Vec<Finding> {
    let analysis = case.found.spec.analysis();
    let mut findings = whole::findings(case, &analysis);
    findings.extend(hooks::findings(case, &analysis));
    findings.extend(order::findings(case, &analysis));
    findings.extend(pace::findings(case.policy, &analysis));
    findings.extend(checks::findings(case, &analysis));
    if findings.is_empty() {
        findings.push(Finding::ok("canary", well(&analysis)));
    }
    findings
}

/// There is nothing to compare with.
pub(super) fn absent(service: &str) -> Finding {
    let cure = "check spec.service and the region's cluster; a Canary needs more than haldane render prints, so write it first";
    Finding::wrong("canary", format!("there is no Canary {service} in the region's cluster"), cure)
}

/// Nobody can look.
pub(super) fn unreadable(why: &str) -> Finding {
    let cure = "check the region's cluster: in the policy, and that haldane may get canaries.flagger.app in the namespace";
    Finding::wrong("cluster", format!("its Canary cannot be read: {}", shown(why)), cure)
}

fn well(analysis: &Analysis) -> String {
    let ladder: Vec<String> = analysis.ladder().iter().map(ToString::to_string).collect();
    let interval = analysis.interval.as_deref().unwrap_or("60s");
    format!("asks what the policy needs, at {} %, every {}", ladder.join(", "), shown(interval))
}

/// A name out of the Canary, fit for a terminal.
fn shown(text: &str) -> String {
    const LONGEST: usize = 120;
    let fit = |c: char| if c.is_control() { '?' } else { c };
    let mut shown: String = text.chars().map(fit).take(LONGEST).collect();
    if text.chars().count() > LONGEST {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn a_name_that_is_shown_is_one_short_line() {
        assert_eq!(shown("a\u{1b}[2J\nb"), "a?[2J?b");
        assert_eq!(shown(&"é".repeat(500)).chars().count(), 121);
    }
}
