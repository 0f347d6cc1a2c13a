//! A fake Prometheus with a place's series, and guards that read it.

use crate::fake::{Prom, at, config};
use crate::store::labels;
use haldane_clock::Clock;
use haldane_core::guard::{Carry, Guard, Reach, Rule, Seen};
use haldane_core::increment::{Missing, Region};
use haldane_core::policy::{GuardSource, PrometheusSource};
use haldane_core::time::Span;
use haldane_signals::guards::{GuardError, GuardReader, Plan};
use haldane_signals::prometheus::hub::Hubs;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// When everything is asked, in seconds.
pub(super) const NOW: f64 = 10_000.0;

/// One of each rule, of which those that need a query have `own`.
pub(super) fn rules() -> Vec<(&'static str, Rule)> {
    vec![
        ("region-up", Rule::RegionUp),
        ("replication-lag", Rule::ReplicationLag { most: 5.0, bytes: false }),
        ("lag-bytes", Rule::ReplicationLag { most: 5.0, bytes: true }),
        ("failover", Rule::Failover { settle: Span::from_min(10), writers: None }),
        ("capacity", Rule::Capacity { target: 0.6, carry: vec![Carry::Own] }),
        ("alerts", Rule::Alerts),
        ("error-budget", Rule::ErrorBudget { most: 1.0 }),
        ("freshness", Rule::Freshness { most: Span::from_min(30) }),
        ("level", Rule::Level { most: 2.0 }),
    ]
}

pub(super) fn rule(name: &str) -> Rule {
    rules().into_iter().find(|(known, _)| *known == name).unwrap().1
}

pub(super) fn guard(name: &str, rule: Rule) -> Guard {
    Guard { name: name.to_owned(), rule, wait: Span::ZERO, regions: Vec::new(), reach: Reach::Here }
}

/// What the policy says of a guard beside its name.
pub(super) fn query(text: &str) -> GuardSource {
    GuardSource { query: Some(text.to_owned()), ..GuardSource::default() }
}

/// The service `pay/api`.
pub(super) fn source() -> PrometheusSource {
    PrometheusSource::new("http://unused:9090", "pay", "api")
}

pub(super) fn plan(name: &str, said: Option<GuardSource>) -> Result<Plan, GuardError> {
    plan_of(name, said, &source())
}

pub(super) fn plan_of(
    name: &str,
    said: Option<GuardSource>,
    source: &PrometheusSource,
) -> Result<Plan, GuardError> {
    let said = said.map(|said| (name.to_owned(), said)).into_iter().collect();
    Plan::new(vec![guard(name, rule(name))], &said, source)
}

pub(super) struct Scene {
    pub(super) prom: Prom,
    pub(super) hubs: Hubs,
    clock: Clock,
}

impl Scene {
    pub(super) async fn start() -> Self {
        let (prom, clock) = (Prom::start().await, Clock::manual(at(NOW)));
        prom.lock().now = at(NOW);
        Self { prom, hubs: Hubs::new(clock.clone()), clock }
    }

    /// One series with one sample, so many seconds old.
    pub(super) fn add(&self, name: &str, pairs: &[(&str, &str)], value: &str, age_s: f64) {
        let mut labels = labels(&[("__name__", name), ("namespace", "pay")]);
        labels.extend(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self.prom.lock().store.add(labels, at(NOW - age_s), value);
    }

    /// What a whole query gives.
    pub(super) fn gives(&self, query: &str, series: &[(&[(&str, &str)], &str)]) {
        // The samples that a query rests on are fresh, unless a test says otherwise.
        if let Some(inside) = query.split(['(', ')']).rfind(|part| !part.trim().is_empty()) {
            let age = json!({"resultType": "vector", "result": [{"metric": {}, "value": [NOW, "5"]}]});
            let asked = format!("max(time() - timestamp({inside}))");
            self.prom.lock().numbers.entry(asked).or_insert(age);
        }
        let one = |(pairs, value): &(&[(&str, &str)], &str)| -> Value {
            json!({"metric": labels(pairs), "value": [NOW, value]})
        };
        let result: Vec<Value> = series.iter().map(one).collect();
        let data = json!({"resultType": "vector", "result": result});
        self.prom.lock().numbers.insert(query.to_owned(), data);
    }

    pub(super) fn reader(&self, region: &str, plan: Plan) -> GuardReader {
        let mut config = config(&self.prom);
        config.deadline = std::time::Duration::from_secs(5);
        self.clock.set(at(NOW));
        let hub = self.hubs.of(&config).unwrap();
        GuardReader::new(plan, &hub, Region::from(region), Span::from_s(15))
    }

    /// The clock that everything here lives on.
    pub(super) fn clock(&self) -> Clock {
        self.clock.clone()
    }

    /// The same source, of which nobody knows anything yet.
    pub(super) fn again(&self) -> Self {
        Self { prom: self.prom.clone(), hubs: Hubs::new(self.clock.clone()), clock: self.clock.clone() }
    }

    /// A reader that does not wait for long.
    pub(super) fn impatient(&self, region: &str, plan: Plan) -> GuardReader {
        let mut config = config(&self.prom);
        config.deadline = std::time::Duration::from_millis(500);
        let hub = self.hubs.of(&config).unwrap();
        GuardReader::new(plan, &hub, Region::from(region), Span::from_s(15))
    }

    /// What the one guard called `name` sees.
    pub(super) async fn sees(&self, name: &str, said: Option<GuardSource>) -> Seen {
        let reader = self.reader("us-east", plan(name, said).unwrap());
        let mut watched = reader.poll(at(NOW)).await;
        assert_eq!(watched.len(), 1);
        watched.remove(0).seen
    }

    /// What was asked beside the time, since this was last asked.
    pub(super) fn queries(&self) -> Vec<String> {
        let mut queries = std::mem::take(&mut self.prom.lock().queries);
        queries.retain(|query| query != "time()");
        queries
    }
}

pub(super) fn level(level: f64, what: Option<&str>) -> Seen {
    Seen::Level { level, what: what.map(str::to_owned) }
}

pub(super) fn names(names: &[&str]) -> Seen {
    Seen::Names { names: names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>() }
}

pub(super) fn unknown(seen: Seen) -> Missing {
    let Seen::Unknown { why } = seen else { panic!("{seen:?}") };
    why
}
