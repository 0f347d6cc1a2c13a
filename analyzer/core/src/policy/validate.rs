//! From a draft to a policy, or to the list of everything that is wrong with it.

use super::across_validate::{Read, across};
use super::draft::{PolicyDraft, StepDraft};
use super::gates::Gates;
use super::names::is_kubernetes_name;
use super::refusal::{Refusal, Refusals};
use super::{Mode, OnInconclusive, Policy, Sources, gates, regions, steps, units};
use crate::cluster::Strategy;
use crate::time::Span;

const API_VERSION: &str = "haldane.dev/v1alpha1";
const KIND: &str = "AnalysisPolicy";

/// The policy and its sources, or every refusal with its place and its cure.
pub fn validate(draft: &PolicyDraft) -> Result<(Policy, Sources), Vec<Refusal>> {
    let mut refusals = Refusals::default();
    identity(draft, &mut refusals);
    let spec = &draft.spec;
    let mode = mode(spec.mode.as_deref(), &mut refusals);
    let on_inconclusive = on_inconclusive(spec.on_inconclusive.as_deref(), &mut refusals);
    let false_rollback = false_rollback(spec.false_rollback.as_deref(), &mut refusals);
    let scrape_interval = scrape_interval(spec.scrape_interval.as_deref(), &mut refusals);
    let steps = steps::validate(&spec.steps, scrape_interval + scrape_interval, &mut refusals);
    let strategy = strategy(spec.strategy.as_deref(), &spec.steps, &mut refusals);
    let Gates { gates, templates } = gates::validate(&spec.gates, &spec.service, &mut refusals);
    let (regions, sources) =
        regions::validate(&spec.regions, &gates, &spec.metrics, &spec.service, &mut refusals);
    let mut sources = Sources { templates, ..sources };
    let read = Read { regions: &regions, gates: &gates, steps: &steps };
    let across = across(spec, &read, &mut sources, &mut refusals);
    if !refusals.0.is_empty() {
        return Err(refusals.0);
    }
    let policy = Policy {
        name: draft.metadata.name.clone(),
        service: spec.service.clone(),
        mode,
        strategy,
        false_rollback,
        steps,
        gates,
        on_inconclusive,
        scrape_interval,
        regions,
        across,
    };
    Ok((policy, sources))
}

fn identity(draft: &PolicyDraft, refusals: &mut Refusals) {
    if draft.api_version != API_VERSION {
        let problem = format!("unknown version {:?}", draft.api_version);
        refusals.add("apiVersion", problem, format!("write {API_VERSION}"));
    }
    if draft.kind != KIND {
        refusals.add("kind", format!("unknown kind {:?}", draft.kind), format!("write {KIND}"));
    }
    if !is_kubernetes_name(&draft.metadata.name) {
        let problem = format!("{:?} is no object name", draft.metadata.name);
        refusals.add("metadata.name", problem, "use lower-case letters, digits, - and .");
    }
    let named = draft.spec.service.split_once('/');
    if !named.is_some_and(|(ns, name)| is_kubernetes_name(ns) && is_kubernetes_name(name)) {
        let problem = format!("{:?} names no Canary", draft.spec.service);
        refusals.add("spec.service", problem, "write namespace/name of the Canary, such as fnp/api");
    }
}

/// Blue/green and A/B have no ladder: one step, which is everybody whom they are about.
fn strategy(text: Option<&str>, steps: &[StepDraft], refusals: &mut Refusals) -> Strategy {
    let Some(text) = text else { return Strategy::Canary };
    let Some(strategy) = Strategy::ALL.into_iter().find(|s| s.to_string() == text) else {
        let cure = format!("write {}", Strategy::ALL.map(|s| s.to_string()).join(", "));
        refusals.add("spec.strategy", format!("{text:?} is no strategy"), cure);
        return Strategy::Canary;
    };
    let weights: Vec<u32> = steps.iter().map(|s| s.weight).collect();
    if !strategy.is_canary() && weights != [100] {
        let cure =
            "write one step with weight: 100, how long to observe the new version before it is promoted";
        refusals.add("spec.steps", format!("{text} has no weights to go through"), cure);
    }
    strategy
}

fn mode(text: Option<&str>, refusals: &mut Refusals) -> Mode {
    match text {
        None | Some("shadow") => Mode::Shadow,
        Some("guard") => Mode::Guard,
        Some("enforce") => Mode::Enforce,
        Some(other) => {
            refusals.add("spec.mode", format!("{other:?} is no mode"), "write shadow, guard or enforce");
            Mode::Shadow
        }
    }
}

fn on_inconclusive(text: Option<&str>, refusals: &mut Refusals) -> OnInconclusive {
    match text {
        None | Some("hold") => OnInconclusive::Hold,
        Some("promote-if-quiet") => OnInconclusive::PromoteIfQuiet,
        Some(other) => {
            let cure = "write hold or promote-if-quiet; missing evidence never rolls back";
            refusals.add("spec.onInconclusive", format!("{other:?} is no answer"), cure);
            OnInconclusive::Hold
        }
    }
}

fn false_rollback(text: Option<&str>, refusals: &mut Refusals) -> f64 {
    const DEFAULT: f64 = 0.01;
    const MOST: f64 = 0.2;
    let Some(text) = text else { return DEFAULT };
    let share = refusals.take("spec.falseRollback", units::percent(text)).unwrap_or(DEFAULT);
    if share > MOST {
        let problem = format!("{text} of the healthy releases would be rolled back");
        refusals.add("spec.falseRollback", problem, "write 20% or less; 1% is usual");
    }
    share
}

fn scrape_interval(text: Option<&str>, refusals: &mut Refusals) -> Span {
    const DEFAULT: Span = Span::from_s(15);
    let Some(text) = text else { return DEFAULT };
    let interval = refusals.take("spec.scrapeInterval", units::span(text)).unwrap_or(DEFAULT);
    if interval > Span::from_min(5) {
        refusals.add(
            "spec.scrapeInterval",
            format!("{interval} is out of range"),
            "write 1s to 5m; 15s is usual",
        );
        return DEFAULT;
    }
    interval
}

#[cfg(test)]
mod tests {
    use super::super::draft::{GateDraft, MetadataDraft, RegionDraft, SpecDraft, StepDraft};
    use super::super::source_draft::PrometheusDraft;
    use super::super::template_draft::TemplateDraft;
    use super::super::{Family, Role, ScrapeDraft, Source, SourceAuth, Step, Targets};
    use super::*;
    use crate::increment::Region;

    fn step(weight: u32, observe: &str, extend: Option<&str>) -> StepDraft {
        let extend_up_to = extend.map(str::to_owned);
        StepDraft { weight, settle: None, observe: observe.to_owned(), extend_up_to, prove: None }
    }

    fn gate(signal: &str, limit: Option<&str>, tolerate: Option<&str>) -> GateDraft {
        let own = |t: &str| t.to_owned();
        let (limit, tolerate) = (limit.map(own), tolerate.map(own));
        GateDraft { signal: Some(own(signal)), limit, tolerate, ..GateDraft::default() }
    }

    fn region(name: &str, after: &[&str]) -> RegionDraft {
        RegionDraft {
            name: name.to_owned(),
            role: "active".to_owned(),
            after: after.iter().map(|a| (*a).to_owned()).collect(),
            scrape: Some(ScrapeDraft {
                canary: vec!["http://c/metrics".into()].into(),
                primary: vec!["http://p/metrics".into()].into(),
            }),
            ..RegionDraft::default()
        }
    }

    fn draft() -> PolicyDraft {
        PolicyDraft {
            api_version: API_VERSION.to_owned(),
            kind: KIND.to_owned(),
            metadata: MetadataDraft { name: "fnp-api".to_owned() },
            spec: SpecDraft {
                service: "fnp/api".to_owned(),
                steps: vec![step(5, "10m", Some("30m")), step(50, "5m", None), step(100, "5m", None)],
                gates: vec![
                    gate("p99-latency", Some("200ms"), Some("1.5x")),
                    gate("error-rate", Some("0.1%"), None),
                ],
                regions: vec![region("us-east", &[]), region("apac", &["us-east"])],
                ..SpecDraft::default()
            },
        }
    }

    fn ask_prometheus(draft: &mut PolicyDraft, change: impl FnOnce(&mut PrometheusDraft)) {
        let url = "https://prometheus:9090/api/".to_owned();
        let mut prometheus = PrometheusDraft { url, ..PrometheusDraft::default() };
        change(&mut prometheus);
        let region = &mut draft.spec.regions[0];
        (region.scrape, region.prometheus) = (None, Some(prometheus));
    }

    /// The refusals of the draft after a change, as `path: problem; cure` lines.
    fn refused(change: impl FnOnce(&mut PolicyDraft)) -> String {
        let mut changed = draft();
        change(&mut changed);
        let refusals = validate(&changed).expect_err("must be refused");
        refusals.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn what_a_file_leaves_out_gets_cautious_defaults() {
        let (policy, sources) = validate(&draft()).unwrap();
        assert_eq!((policy.mode, policy.on_inconclusive), (Mode::Shadow, OnInconclusive::Hold));
        assert_eq!((policy.false_rollback, policy.bin()), (0.01, Span::from_s(30)));
        let min = Span::from_min;
        assert_eq!(
            policy.steps[..2],
            [
                Step { weight: 5, settle: min(3), observe: min(10), extend_up_to: min(30), prove: 2 },
                Step { weight: 50, settle: min(3), observe: min(5), extend_up_to: min(15), prove: 1 },
            ]
        );
        assert_eq!(policy.regions[1].after, [Region::from("us-east")]);
        assert_eq!(policy.regions[0].role, Role::Active);
        let Source::Scrape(targets) = &sources.metrics[&Region::from("apac")] else { panic!("{sources:?}") };
        assert_eq!(targets.canary, Targets::Listed(vec!["http://c/metrics".into()]));
    }

    #[test]
    fn a_prometheus_is_asked_for_the_canary_s_own_deployment() {
        let mut draft = draft();
        draft.spec.metrics.family = Some("istio".into());
        draft.spec.regions.truncate(1);
        ask_prometheus(&mut draft, |p| p.bearer_token_file = Some("/secrets/token".into()));
        let (_, sources) = validate(&draft).unwrap();
        let Some(Source::Prometheus(source)) = sources.metrics.get(&Region::from("us-east")) else {
            panic!("{sources:?}")
        };
        assert_eq!((source.family, source.url.as_str()), (Family::Istio, "https://prometheus:9090/api"));
        assert_eq!((source.namespace.as_str(), source.target.as_str()), ("fnp", "api"));
        assert_eq!(source.auth, SourceAuth::Bearer { token_file: "/secrets/token".into() });
    }

    #[test]
    fn steps_out_of_order_are_refused_with_place_and_cure() {
        let text = refused(|d| d.spec.steps.swap(0, 1));
        assert_eq!(
            text,
            "spec.steps[1].weight: 5 comes after 50; put the steps in ascending order of weight, each once"
        );
    }

    #[test]
    fn a_circle_in_the_order_is_named_as_a_way() {
        let text = refused(|d| d.spec.regions[0].after = vec!["apac".into()]);
        assert!(
            text.contains(
                "spec.regions[0].after: the order runs in a circle: us-east after apac after us-east"
            ),
            "{text}"
        );
    }

    #[test]
    fn everything_wrong_is_refused_at_once() {
        let text = refused(|d| {
            d.spec.service = "api".into();
            d.spec.mode = Some("yolo".into());
            d.spec.steps[0].observe = "soon".into();
            d.spec.gates[1].limit = Some("0.1".into());
        });
        for path in ["spec.service", "spec.mode", "spec.steps[0].observe", "spec.gates[1].limit"] {
            assert!(text.contains(path), "{path} in\n{text}");
        }
    }

    #[test]
    fn each_impossible_value_is_refused_at_its_place() {
        type Change = fn(&mut PolicyDraft);
        let cases: [(&str, Change); 27] = [
            ("apiVersion", |d| d.api_version = "v1".into()),
            ("kind", |d| d.kind = "Canary".into()),
            ("metadata.name", |d| d.metadata.name = "FNP api".into()),
            ("spec.metrics", |d| d.spec.metrics.family = Some("statsd".into())),
            ("spec.regions[0].scrape", |d| d.spec.metrics.family = Some("istio".into())),
            ("spec.regions[0]", |d| d.spec.regions[0].scrape = None),
            ("spec.regions[0]", |d| d.spec.regions[0].prometheus = Some(PrometheusDraft::default())),
            ("spec.regions[0].prometheus.url", |d| ask_prometheus(d, |p| p.url = "prometheus:9090".into())),
            ("spec.regions[0].prometheus.headers", |d| {
                ask_prometheus(d, |p| p.headers = [("Authorization".into(), "x".into())].into());
            }),
            ("spec.regions[0].prometheus.labels", |d| {
                ask_prometheus(d, |p| p.labels = [("a-b".into(), "x".into())].into());
            }),
            ("spec.regions[0].prometheus", |d| ask_prometheus(d, |p| p.client_key_file = Some("k".into()))),
            ("spec.metrics.canary", |d| d.spec.metrics.canary = Some("{a=\"b\"}".into())),
            ("spec.metrics.target", |d| d.spec.metrics.target = Some("API".into())),
            ("spec.falseRollback", |d| d.spec.false_rollback = Some("50%".into())),
            ("spec.scrapeInterval", |d| d.spec.scrape_interval = Some("10m".into())),
            ("spec.onInconclusive", |d| d.spec.on_inconclusive = Some("rollback".into())),
            ("spec.steps", |d| d.spec.steps.clear()),
            ("spec.steps[0].weight", |d| d.spec.steps[0].weight = 0),
            ("spec.steps[0].observe", |d| d.spec.steps[0].observe = "30s".into()),
            ("spec.steps[0].extendUpTo", |d| d.spec.steps[0].extend_up_to = Some("5m".into())),
            ("spec.steps[0].settle", |d| d.spec.steps[0].settle = Some("10m".into())),
            ("spec.steps[0].prove", |d| d.spec.steps[0].prove = Some("3x".into())),
            ("spec.gates", |d| d.spec.gates.clear()),
            ("spec.gates[0].signal", |d| d.spec.gates[0].signal = Some("latency".into())),
            ("spec.gates[1].signal", |d| d.spec.gates[1] = gate("p99-latency", Some("1s"), None)),
            ("spec.regions[0].bake", |d| d.spec.regions[0].bake = Some("5m".into())),
            ("spec.regions[1].after", |d| d.spec.regions[1].after = vec!["mars".into()]),
        ];
        for (path, change) in cases {
            let text = refused(change);
            assert!(text.lines().any(|l| l.starts_with(&format!("{path}: "))), "{path} in\n{text}");
        }
    }

    #[test]
    fn an_address_with_credentials_is_refused_without_repeating_them() {
        let secret = "http://user:hunter2@pod/metrics";
        let pod = |d: &mut PolicyDraft| {
            d.spec.regions[0].scrape.as_mut().unwrap().canary = vec![secret.into()].into()
        };
        let server = |d: &mut PolicyDraft| ask_prometheus(d, |p| p.url = secret.into());
        for (place, text) in [("scrape.canary[0]", refused(pod)), ("prometheus.url", refused(server))] {
            assert!(text.contains(&format!("spec.regions[0].{place}: the address carries")), "{text}");
            assert!(!text.contains("hunter2"), "{text}");
        }
    }

    #[test]
    fn gates_beyond_requests_are_read_with_the_units_of_their_levels() {
        let mut changed = draft();
        let several = GateDraft {
            signals: vec!["error-logs".into(), "memory".into()],
            tolerate: Some("2x".into()),
            ..GateDraft::default()
        };
        let own = GateDraft {
            signal: Some("queue-age".into()),
            template: Some(TemplateDraft { file: Some("q.yaml".into()), ..TemplateDraft::default() }),
            limit: Some("512Mi".into()),
            ..GateDraft::default()
        };
        changed.spec.gates.extend([
            several,
            gate("cpu", Some("80%"), None),
            gate("replication-lag", Some("5s"), None),
            gate("region-up", None, None),
            own,
        ]);
        let (policy, sources) = validate(&changed).unwrap();
        let limits: Vec<(String, Option<f64>)> =
            policy.gates[2..].iter().map(|g| (g.signal.to_string(), g.limit)).collect();
        let expected = [
            ("error-logs", None),
            ("memory", None),
            ("cpu", Some(0.8)),
            ("replication-lag", Some(5.0)),
            ("region-up", Some(0.0)),
            ("queue-age", Some(536_870_912.0)),
        ];
        assert_eq!(limits, expected.map(|(name, limit)| (name.to_owned(), limit)));
        assert_eq!(sources.templates.len(), 1);
    }

    #[test]
    fn gates_that_cannot_be_judged_are_refused_with_what_to_write() {
        let both = |d: &mut PolicyDraft| d.spec.gates[0].signals = vec!["cpu".into()];
        assert!(refused(both).contains("both signal and signals"));
        let lag = |d: &mut PolicyDraft| d.spec.gates.push(gate("replication-lag", None, Some("2x")));
        assert!(refused(lag).contains("which has no primary to compare with; write a limit instead"));
        let unknown = |d: &mut PolicyDraft| d.spec.gates.push(gate("cpus", Some("80%"), None));
        assert!(refused(unknown).contains("or add template: with a MetricTemplate of your own"));
        let health = |d: &mut PolicyDraft| d.spec.gates.push(gate("health", None, None));
        assert!(
            refused(health).contains("spec.regions[0].probes: health is gated, and nothing here is probed")
        );
        let only = |d: &mut PolicyDraft| d.spec.gates = vec![gate("cpu", Some("80%"), None)];
        assert!(refused(only).contains("no gate has a limit that could be proved"));
        let share = |d: &mut PolicyDraft| d.spec.gates.push(gate("cpu", Some("80"), None));
        assert!(refused(share).contains("write a share such as 80%"));
    }

    #[test]
    fn a_policy_without_any_limit_is_refused() {
        let text = refused(|d| d.spec.gates = vec![gate("error-rate", None, Some("1.5x"))]);
        assert!(text.starts_with("spec.gates: no gate has a limit"), "{text}");
    }

    #[test]
    fn a_policy_whose_every_limit_is_report_only_is_refused_with_a_cure() {
        let every = |d: &mut PolicyDraft| d.spec.gates.iter_mut().for_each(|g| g.report_only = true);
        let cure = "spec.gates: every gate with a limit is report-only, so nothing would have to be proved; \
                    take reportOnly from at least one gate with a limit";
        assert_eq!(refused(every), cure);
        let mut one = draft();
        one.spec.gates[0].report_only = true;
        assert!(validate(&one).unwrap().0.gates[0].report_only);
    }
}
