//! Checks the guards of a policy: rules that exist, each name once, and something to ask wherever one is to stand.

use super::guard_draft::{GuardDraft, GuardFieldsDraft};
use super::known::known_regions;
use super::near::near;
use super::refusal::Refusals;
use super::sources::{AgeOf, GuardSource, Source, Sources};
use super::{RegionPolicy, guard_rule, is_kubernetes_name, units};
use crate::guard::{Guard, Reach, Rule};
use crate::increment::Region;
use crate::time::Span;

/// The keys of every guard.
const COMMON: [&str; 4] = ["name", "for", "regions", "reach"];

/// The guards of `spec.guards`; how each is asked goes into `sources`.
pub(super) fn guards(
    drafts: &[GuardDraft],
    regions: &[RegionPolicy],
    sources: &mut Sources,
    refusals: &mut Refusals,
) -> Vec<Guard> {
    let mut guards: Vec<Guard> = Vec::new();
    for (i, draft) in drafts.iter().enumerate() {
        let entry = format!("spec.guards[{i}]");
        let path = format!("{entry}.{}", draft.rule);
        let Some(guard) = guard(&entry, &path, draft, regions, sources, refusals) else { continue };
        if guards.iter().any(|known| known.name == guard.name) {
            let cure = "give one of them a name: of its own";
            refusals.add(&entry, format!("{} is there before", guard.name), cure);
            continue;
        }
        let source = source(&path, draft, refusals);
        if source != GuardSource::default() {
            sources.guards.insert(guard.name.clone(), source);
        }
        guards.push(guard);
    }
    guards
}

fn guard(
    entry: &str,
    path: &str,
    draft: &GuardDraft,
    regions: &[RegionPolicy],
    sources: &Sources,
    refusals: &mut Refusals,
) -> Option<Guard> {
    let GuardDraft { rule, fields } = draft;
    let Some(own) = guard_rule::own_keys(rule) else {
        let meant = near(rule, guard_rule::NAMES.into_iter());
        let cure = meant.first().map_or_else(|| guard_rule::NAMES.join(", "), |meant| (*meant).to_owned());
        refusals.add(entry, format!("there is no guard {rule:?}"), format!("write {cure}"));
        return None;
    };
    let strange = |key: &&str| !COMMON.contains(key) && !own.contains(key);
    for key in fields.given().into_iter().filter(strange) {
        let known = COMMON.iter().chain(own).copied().collect::<Vec<_>>().join(", ");
        refusals.add(format!("{path}.{key}"), format!("{rule} knows no {key}"), format!("it knows {known}"));
    }
    let names: Vec<&Region> = regions.iter().map(|region| &region.name).collect();
    let asked = known_regions(&format!("{path}.regions"), &fields.regions, &names, refusals);
    let (name, wait) = (name(path, draft, refusals), wait(path, fields, refusals));
    let read = guard_rule::rule(path, rule, fields, refusals)?;
    let reach = reach(path, fields, refusals).unwrap_or_else(|| guard_rule::reach(&read));
    let mut guard = Guard { name, rule: read, wait, regions: asked, reach };
    lag(path, fields, &mut guard, regions, refusals);
    answerable(path, fields, &guard, regions, sources, refusals);
    Some(guard)
}

fn name(path: &str, draft: &GuardDraft, refusals: &mut Refusals) -> String {
    let Some(name) = &draft.fields.name else { return draft.rule.clone() };
    if !is_kubernetes_name(name) {
        let cure = "use lower-case letters, digits, - and ., such as model-sync";
        refusals.add(format!("{path}.name"), format!("{name:?} cannot stand in a report"), cure);
    }
    name.clone()
}

fn wait(path: &str, fields: &GuardFieldsDraft, refusals: &mut Refusals) -> Span {
    let Some(text) = &fields.wait else { return Span::ZERO };
    refusals.take(&format!("{path}.for"), units::span(text)).unwrap_or(Span::ZERO)
}

fn reach(path: &str, fields: &GuardFieldsDraft, refusals: &mut Refusals) -> Option<Reach> {
    match fields.reach.as_deref()? {
        "here" => Some(Reach::Here),
        "everywhere" => Some(Reach::Everywhere),
        other => {
            let problem = format!("{other:?} is no reach");
            refusals.add(format!("{path}.reach"), problem, "write here or everywhere");
            None
        }
    }
}

/// A lag without a limit of its own is asked where there is an RPO to hold it against, and nowhere else: the region that
/// the data is copied from has none.
fn lag(
    path: &str,
    fields: &GuardFieldsDraft,
    guard: &mut Guard,
    regions: &[RegionPolicy],
    refusals: &mut Refusals,
) {
    let Rule::ReplicationLag { most, .. } = &mut guard.rule else { return };
    if fields.max.is_some() {
        return;
    }
    let with_rpo = |region: &&RegionPolicy| region.aims.rpo.is_some();
    for region in &guard.regions {
        if regions.iter().any(|known| known.name == *region && known.aims.rpo.is_none()) {
            let cure = format!("add rpo: to {region}, or max: 30s here");
            refusals.add(path, format!("nobody says how far {region} may be behind"), cure);
        }
    }
    if guard.regions.is_empty() {
        guard.regions = regions.iter().filter(with_rpo).map(|region| region.name.clone()).collect();
        if guard.regions.is_empty() {
            let cure = "add rpo: to the regions that hold copies, or max: {replication-lag: {max: 30s}}";
            refusals.add(path, "nobody says how far a copy may be behind", cure);
        }
    }
    let rpos = regions.iter().filter_map(|region| Some(region.aims.rpo?.as_s()));
    *most = rpos.fold(0.0, f64::max);
}

/// What is to stand in a region must be something that can be asked there.
fn answerable(
    path: &str,
    fields: &GuardFieldsDraft,
    guard: &Guard,
    regions: &[RegionPolicy],
    sources: &Sources,
    refusals: &mut Refusals,
) {
    let is_here = |region: &&RegionPolicy| guard.regions.is_empty() || guard.regions.contains(&region.name);
    for RegionPolicy { name, .. } in regions.iter().filter(is_here) {
        if guard.rule == Rule::Health && !sources.probes.contains_key(name) {
            let cure = format!(
                "add probes: to {name}, or name the regions that have some: {{health: {{regions: […]}}}}"
            );
            refusals.add(path, format!("nothing in {name} is probed"), cure);
        }
        let scrapes = matches!(sources.metrics.get(name), Some(Source::Scrape(_)));
        let what = match (&guard.rule, &fields.query) {
            (Rule::Alerts, _) => "knows its alerts",
            (_, Some(_)) => "answers a query",
            (_, None) => continue,
        };
        if scrapes {
            let cure = format!("give {name} a prometheus:, or name the regions that have one: regions: […]");
            let place = if fields.query.is_some() { format!("{path}.query") } else { path.to_owned() };
            refusals.add(place, format!("{name} scrapes its pods, and only a Prometheus {what}"), cure);
        }
    }
}

/// How a guard is asked beyond its name.
fn source(path: &str, draft: &GuardDraft, refusals: &mut Refusals) -> GuardSource {
    let GuardDraft { rule, fields } = draft;
    let only_query = matches!(rule.as_str(), "error-budget" | "freshness" | "level");
    match &fields.query {
        None if only_query => {
            let cure = "add query: with PromQL that gives the number";
            refusals.add(path, format!("nobody says where {rule} is read"), cure);
        }
        Some(query) if query.trim().is_empty() => {
            let cure = "write PromQL, or leave it out";
            refusals.add(format!("{path}.query"), "it is empty", cure);
        }
        None | Some(_) => {}
    }
    let age_of = match fields.of.as_deref() {
        None | Some("value") => AgeOf::Value,
        Some("sample") => AgeOf::Sample,
        Some(other) => {
            let problem = format!("nobody knows the age of {other:?}");
            let cure = "write value (an instant in seconds since 1970) or sample (when it was written)";
            refusals.add(format!("{path}.of"), problem, cure);
            AgeOf::Value
        }
    };
    for (key, text) in [("severity", fields.severity.as_ref()), ("names", fields.names.first())] {
        let any = |text: &String| text.trim().is_empty() || text.chars().any(char::is_control);
        if text.is_some_and(any) {
            refusals.add(format!("{path}.{key}"), "no alert has such a label", "write one such as critical");
        }
    }
    // Whoever names alerts means those, however grave their rule says they are.
    let critical = || (rule == "alerts" && fields.names.is_empty()).then(|| "critical".to_owned());
    let severity = fields.severity.clone().or_else(critical);
    GuardSource { query: fields.query.clone(), age_of, names: fields.names.clone(), severity }
}
