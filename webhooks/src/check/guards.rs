//! What every guard sees today: one line each, with what it asked where that has to be looked at.
//!
//! A guard that is unknown would hold every rollout, and one that stands would hold one now: the first is wrong, the second is
//! worth knowing and no fault of the policy.

use super::findings::Finding;
use haldane_core::guard::{Pods, Rule, Seen};
use haldane_signals::guards::{AskProbe, GuardProbe};

/// One line for each guard; probes have their own lines.
pub(super) fn findings(probes: &[GuardProbe]) -> Vec<Finding> {
    let asked = probes.iter().filter(|probe| !matches!(probe.watched.guard.rule, Rule::Health));
    asked.map(finding).collect()
}

fn finding(probe: &GuardProbe) -> Finding {
    let what = format!("guard {}", probe.watched.guard.name);
    let rule = &probe.watched.guard.rule;
    let finding = match &probe.watched.seen {
        Seen::Unknown { why } => Finding::missing(&what, why),
        Seen::Level { level, what: at } => {
            let at = at.as_ref().map(|at| format!(" ({at})")).unwrap_or_default();
            let says = format!("{}{at}", told(rule, *level));
            if is_over(rule, *level) { standing(&what, says) } else { Finding::ok(&what, says) }
        }
        Seen::Names { names } => {
            let list = names.iter().cloned().collect::<Vec<_>>().join(", ");
            match (rule, names.is_empty()) {
                (Rule::Alerts, true) => Finding::ok(&what, "none fires"),
                (Rule::Alerts, false) => standing(&what, format!("{list} fires")),
                (_, true) => Finding::ok(&what, "nobody writes here"),
                (_, false) => Finding::ok(&what, format!("{list} writes here")),
            }
        }
        Seen::Pods(Pods { current, primary, utilisation, most }) => {
            let primary =
                primary.map(|pods| format!(", {pods:.0} of them the primary's")).unwrap_or_default();
            let used = utilisation * 100.0;
            Finding::ok(
                &what,
                format!("{current:.0} pods{primary}, {used:.0} % busy; there may be {most:.0}"),
            )
        }
    };
    // Of several questions the one that finds nothing is the one to look at.
    let empty = |ask: &&AskProbe| ask.series.is_none_or(|series| series == 0);
    let ask = probe.asks.iter().find(empty).or_else(|| probe.asks.first());
    match ask {
        Some(ask) if finding.level != super::findings::Level::Ok => finding.with_query(&ask.text),
        Some(_) | None => finding,
    }
}

fn standing(what: &str, says: String) -> Finding {
    Finding::note(what, says, "it stands now: a rollout would be held until it clears")
}

/// Whether the region's own answer is over what is allowed; what takes other regions to tell is told in a rollout.
fn is_over(rule: &Rule, level: f64) -> bool {
    match rule {
        Rule::RegionUp | Rule::Health => level > 0.0,
        Rule::ReplicationLag { most, .. } | Rule::ErrorBudget { most } | Rule::Level { most } => {
            level > *most
        }
        Rule::Freshness { most } => level > most.as_s(),
        Rule::Failover { .. } | Rule::Capacity { .. } | Rule::Alerts => false,
    }
}

fn told(rule: &Rule, level: f64) -> String {
    match rule {
        Rule::RegionUp | Rule::Health if level <= 0.0 => "all of it answers".to_owned(),
        Rule::RegionUp | Rule::Health => format!("{:.0} % is down", level * 100.0),
        Rule::ReplicationLag { most, bytes: true } => format!("{level:.0} bytes behind, at most {most:.0}"),
        Rule::ReplicationLag { most, bytes: false } => format!("{level:.1} s behind, at most {most:.1} s"),
        Rule::ErrorBudget { most } => format!("{:.0} % spent, at most {:.0} %", level * 100.0, most * 100.0),
        Rule::Freshness { most } => format!("{level:.0} s old, at most {:.0} s", most.as_s()),
        Rule::Level { most } => format!("{level}, at most {most}"),
        Rule::Failover { .. } | Rule::Capacity { .. } | Rule::Alerts => format!("{level}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::findings::Level;
    use super::*;
    use haldane_core::guard::{Guard, Reach, Watched};
    use haldane_core::increment::Missing;
    use haldane_core::time::Span;

    fn probe(rule: Rule, seen: Seen, series: &[Option<usize>]) -> GuardProbe {
        let guard =
            Guard { name: "g".into(), rule, wait: Span::ZERO, regions: Vec::new(), reach: Reach::Here };
        let ask = |(n, series): (usize, &Option<usize>)| AskProbe {
            text: format!("q{n}"),
            series: *series,
            newest_age_s: None,
        };
        let asks = series.iter().enumerate().map(ask).collect();
        GuardProbe { watched: Watched { guard, seen }, asks }
    }

    fn one(rule: Rule, seen: Seen) -> (Level, String, Option<String>) {
        let mut all = findings(&[probe(rule, seen, &[Some(1), Some(0)])]);
        let Finding { level, says, query, .. } = all.remove(0);
        (level, says, query)
    }

    #[test]
    fn what_is_unknown_is_wrong_and_shows_the_question_that_found_nothing() {
        let why = Missing::PlaceAbsent { series: "probe_success".into() };
        let (level, says, query) = one(Rule::RegionUp, Seen::Unknown { why });
        assert_eq!((level, query), (Level::Wrong, Some("q1".to_owned())));
        assert!(says.contains("probe_success"));
    }

    #[test]
    fn what_stands_is_worth_knowing_and_what_is_clear_is_well() {
        let lag = |level| Seen::Level { level, what: Some("db-2".into()) };
        let rule = || Rule::ReplicationLag { most: 5.0, bytes: false };
        let (level, says, _) = one(rule(), lag(7.0));
        assert_eq!((level, says.as_str()), (Level::Note, "7.0 s behind, at most 5.0 s (db-2)"));
        assert_eq!(one(rule(), lag(5.0)).0, Level::Ok);
        let firing = Seen::Names { names: ["DiskFull".to_owned()].into() };
        assert_eq!(one(Rule::Alerts, firing).0, Level::Note);
        assert_eq!(one(Rule::Alerts, Seen::Names { names: [].into() }).1, "none fires");
    }

    #[test]
    fn pods_and_writers_are_told_and_probes_are_not_told_twice() {
        let pods = Pods { current: 4.0, primary: Some(3.0), utilisation: 0.75, most: 6.0 };
        let capacity = Rule::Capacity { target: 0.6, carry: Vec::new() };
        let says = one(capacity, Seen::Pods(pods)).1;
        assert_eq!(says, "4 pods, 3 of them the primary's, 75 % busy; there may be 6");
        let failover = Rule::Failover { settle: Span::ZERO, writers: None };
        assert_eq!(one(failover, Seen::Names { names: ["db-1".to_owned()].into() }).1, "db-1 writes here");
        let healthy = probe(Rule::Health, Seen::Level { level: 0.0, what: None }, &[]);
        assert!(findings(&[healthy]).is_empty());
    }
}
