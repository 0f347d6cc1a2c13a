//! From a policy's guards to questions: the author's query where there is one, else the shipped selectors.

use super::ask::{Ask, Words};
use super::capacity::Workload;
use super::error::GuardError;
use super::fresh;
use super::freshness::{self, Age};
use super::own::Own;
use super::plan::{How, Plan, Planned};
use super::shipped::{self, BYTES, LAG, MOST, READY, RECEIVER, ROLE};
use super::writers::Says;
use crate::further::questions::LEVEL_WINDOW;
use crate::prometheus::Selector;
use crate::reason::snippet;
use crate::templates::{TemplateError, What, signal_queries};
use haldane_core::guard::{Guard, Rule};
use haldane_core::policy::{AgeOf, Dialect, GuardSource, PrometheusSource};
use haldane_core::signal::Signal;
use haldane_core::time::Span;
use std::collections::BTreeMap;

type Made = Result<(How, Vec<Ask>), GuardError>;

impl Plan {
    /// What `guards` ask in the region whose series are called as `source` says; `said` is what the policy says of guards
    /// beside their names.
    ///
    /// # Errors
    ///
    /// A query that cannot be asked, none where one is needed, or one where none is asked.
    pub fn new(
        guards: Vec<Guard>,
        said: &BTreeMap<String, GuardSource>,
        source: &PrometheusSource,
    ) -> Result<Self, GuardError> {
        let planned = |guard: Guard| {
            let maker = Maker { guard: &guard, said: said.get(&guard.name), source };
            let (how, mut asks) = maker.made()?;
            let ages = maker.ages(&how, &asks)?;
            let count = ages.len();
            asks.extend(ages);
            Ok(Planned { guard, how, asks, ages: count })
        };
        Ok(Self { guards: guards.into_iter().map(planned).collect::<Result<_, GuardError>>()? })
    }
}

struct Maker<'a> {
    guard: &'a Guard,
    said: Option<&'a GuardSource>,
    source: &'a PrometheusSource,
}

impl Maker<'_> {
    fn made(&self) -> Made {
        match &self.guard.rule {
            Rule::Health => self.without_query("health").map(|()| (How::Health, Vec::new())),
            Rule::RegionUp => match self.own()? {
                Some(own) => Ok((How::RegionUp, vec![asked(own)])),
                None => self.plain(
                    How::RegionUp,
                    "probe_success",
                    shipped::signal(self.source, Signal::RegionUp.name())?,
                ),
            },
            Rule::ReplicationLag { bytes, .. } => self.lag(*bytes),
            Rule::Failover { .. } => self.writers(),
            Rule::Capacity { .. } => self.without_query("capacity").and_then(|()| self.capacity()),
            Rule::Alerts => self.alerts(),
            Rule::ErrorBudget { .. } => self.needed("error-budget").map(|own| (How::Level, vec![asked(own)])),
            Rule::Level { .. } => self.needed("level").map(|own| (How::Level, vec![asked(own)])),
            Rule::Freshness { most } => self.age(*most),
        }
    }

    fn lag(&self, bytes: bool) -> Made {
        let source = self.source;
        match (self.own()?, bytes) {
            (Some(own), _) => Ok((How::Level, vec![asked(own)])),
            (None, true) => self.plain(How::Level, BYTES, shipped::behind(source)?),
            (None, false) => {
                let lag = shipped::signal(source, Signal::ReplicationLag.name())?;
                let all =
                    [(LAG, lag), (ROLE, shipped::roles(source)?), (RECEIVER, shipped::receivers(source)?)];
                self.all(How::Lag, all.into())
            }
        }
    }

    fn writers(&self) -> Made {
        match self.own()? {
            Some(own) if own.keeps_zeros() => {
                let why = "keeps the series that are 0; a series must be 1 for who writes and 0 for who does not: write == bool 0";
                Err(self.refused(why.to_owned()))
            }
            Some(own) => Ok((How::Writers(Says::Writes), vec![asked(own)])),
            None => self.plain(How::Writers(Says::IsCopy), ROLE, shipped::roles(self.source)?),
        }
    }

    fn alerts(&self) -> Made {
        let (name, text) = match self.own()? {
            Some(own) => (snippet(&own.text), own.text),
            None => ("ALERTS".to_owned(), shipped::alerts(self.source, self.said)),
        };
        Ok((How::Alerts, vec![Ask { name, words: Words::Query(text) }]))
    }

    fn age(&self, most: Span) -> Made {
        let of = self.said.map(|said| said.age_of).unwrap_or_default();
        match (self.own()?, of) {
            (Some(own), AgeOf::Value) => Ok((How::Age(Age::Value), vec![asked(own)])),
            (Some(Own { plain: Some(selector), .. }), AgeOf::Sample) => Ok(aged(selector, most)),
            (Some(Own { plain: None, .. }), AgeOf::Sample) => {
                let why = "is more than a selector, and what it gives is always of now: leave out functions and operators, or of: sample";
                Err(self.refused(why.to_owned()))
            }
            (None, of) => {
                let text = shipped::signal(self.source, Signal::Freshness.name())?;
                let selector = self.selector(&text)?;
                match of {
                    AgeOf::Value => self.plain(How::Age(Age::Value), &selector.metric, text),
                    AgeOf::Sample => Ok(aged(selector, most)),
                }
            }
        }
    }

    fn capacity(&self) -> Made {
        let source = self.source;
        let What::Gauge { canary, primary } = signal_queries(source, Signal::Cpu.name())?.what else {
            return Err(TemplateError::NoTemplate { signal: Signal::Cpu.name().to_owned() }.into());
        };
        let per = |query: &crate::templates::GaugeQuery| {
            let missing = || TemplateError::NoTemplate { signal: "cpu requests".to_owned() };
            query.per.clone().ok_or_else(missing)
        };
        let ((canary_per, per_of), (primary_per, _)) = (per(&canary)?, per(&primary)?);
        let usage = self.selector(&primary.value)?.metric.clone();
        let workload =
            Workload { target: source.target.clone(), of: [canary.of, per_of], usage: usage.clone() };
        let all = vec![
            (READY, shipped::deployments(source)?),
            (MOST, shipped::autoscalers(source)?),
            (usage.as_str(), canary.value),
            (usage.as_str(), canary_per),
            (usage.as_str(), primary.value),
            (usage.as_str(), primary_per),
        ];
        self.all(How::Capacity(workload), all)
    }

    /// How old what an author's whole query rests on is: where the source may not know that it is to look back two minutes
    /// only (a Prometheus of before 2.46), and where silence would not do. An alert that lingers holds, which is safe.
    fn ages(&self, how: &How, asks: &[Ask]) -> Result<Vec<Ask>, GuardError> {
        let whole = asks.first().is_some_and(Ask::is_query);
        let told = matches!(how, How::Alerts | How::Age(Age::Stamp));
        if !whole || told || self.source.dialect == Dialect::VictoriaMetrics {
            return Ok(Vec::new());
        }
        let Some(own) = self.own()? else { return Ok(Vec::new()) };
        let ask =
            |(selector, name): (String, String)| Ask { name, words: Words::Query(fresh::oldest(&selector)) };
        Ok(own.instants.into_iter().map(ask).collect())
    }

    fn own(&self) -> Result<Option<Own>, GuardError> {
        let query = self.said.and_then(|said| said.query.as_deref());
        query.map(|text| Own::read(text, &self.source.labels).map_err(|why| self.refused(why))).transpose()
    }

    fn needed(&self, rule: &'static str) -> Result<Own, GuardError> {
        self.own()?.ok_or_else(|| GuardError::NoQuery { guard: self.guard.name.clone(), rule })
    }

    fn without_query(&self, rule: &'static str) -> Result<(), GuardError> {
        match self.said.and_then(|said| said.query.as_ref()) {
            Some(_) => Err(GuardError::NeedlessQuery { guard: self.guard.name.clone(), rule }),
            None => Ok(()),
        }
    }

    fn plain(&self, how: How, name: &str, text: String) -> Made {
        self.all(how, vec![(name, text)])
    }

    fn all(&self, how: How, all: Vec<(&str, String)>) -> Made {
        let ask = |(name, text): (&str, String)| {
            let words = Words::Samples(self.selector(&text)?, LEVEL_WINDOW);
            Ok(Ask { name: name.to_owned(), words })
        };
        Ok((how, all.into_iter().map(ask).collect::<Result<_, GuardError>>()?))
    }

    fn selector(&self, text: &str) -> Result<Selector, GuardError> {
        Selector::parse(text).map_err(|why| self.refused(why))
    }

    fn refused(&self, why: String) -> GuardError {
        GuardError::Query { guard: self.guard.name.clone(), why }
    }
}

/// A query of the author's: for raw samples where it is a selector, so that their age is known and they merge.
fn asked(own: Own) -> Ask {
    match own.plain {
        Some(selector) => {
            Ask { name: selector.metric.clone(), words: Words::Samples(selector, LEVEL_WINDOW) }
        }
        None => Ask { name: snippet(&own.text), words: Words::Query(own.text) },
    }
}

/// The age of samples themselves.
fn aged(selector: Selector, most: Span) -> (How, Vec<Ask>) {
    let name = selector.metric.clone();
    match freshness::reach(most) {
        (reach, false) => (How::Age(Age::Sample), vec![Ask { name, words: Words::Samples(selector, reach) }]),
        (reach, true) => {
            let text = freshness::stamps(selector.text(), reach);
            (How::Age(Age::Stamp), vec![Ask { name, words: Words::Query(text) }])
        }
    }
}
