//! The guards of a service, what the recorded place shows each of them, and what a reader has to know of its series.

use haldane_core::guard::{Carry, Guard, Pods, Reach, Rule, Seen};
use haldane_core::policy::{AgeOf, GuardSource, PrometheusSource};
use haldane_core::time::Span;
use haldane_signals::guards::Plan;

/// One guard and its truth.
pub(crate) struct Case {
    pub(crate) guard: Guard,
    pub(crate) said: Option<GuardSource>,
    /// Ten seconds after the last scrape.
    pub(crate) seen: Seen,
    /// Which exporter brings its series, and what they cannot tell.
    pub(crate) about: &'static str,
}

/// The service that lives in the recorded place.
pub(crate) fn source() -> PrometheusSource {
    PrometheusSource::new("http://prometheus:9090", "pay", "api")
}

/// What one case asks.
pub(crate) fn plan(case: &Case) -> Plan {
    let said = case.said.clone().map(|said| (case.guard.name.clone(), said)).into_iter().collect();
    Plan::new(vec![case.guard.clone()], &said, &source()).unwrap()
}

fn query(text: &str) -> Option<GuardSource> {
    Some(GuardSource { query: Some(text.to_owned()), ..GuardSource::default() })
}

fn level(level: f64, what: Option<&str>) -> Seen {
    Seen::Level { level, what: what.map(str::to_owned) }
}

fn names(names: &[&str]) -> Seen {
    Seen::Names { names: names.iter().map(|name| (*name).to_owned()).collect() }
}

/// Every rule but `health`, which asks probes, in the order of the page.
pub(crate) fn cases() -> Vec<Case> {
    let all = [
        (
            "region-up",
            Rule::RegionUp,
            None,
            level(0.5, Some("https://login.example/health")),
            "The blackbox exporter, by a Probe in the service's namespace. A series that is 0 is down, and the level is the \
             share that is. Probe what the region's users reach. Where there is none, write a query of your own that is 1 \
             for up and 0 for down, such as `up{job=\"api\"}`: nothing is asked in its place by itself, because a blackbox \
             exporter that is gone must not be a region that is up.",
        ),
        (
            "replication-lag",
            Rule::ReplicationLag { most: 5.0, bytes: false },
            None,
            level(12.0, Some("reports:9187")),
            "CloudNativePG, or postgres_exporter; the worst copy counts. A server that says that it is none \
             (`cnpg_pg_replication_in_recovery`, `pg_replication_is_replica`: 0) is left out, whatever lag it tells; where a \
             role is not told, its lag counts. CloudNativePG's lag is 0 on a copy that has replayed all that it received, also \
             when it receives nothing any more; there such a 0 is not known (`cnpg_pg_replication_is_wal_receiver_up`). \
             Some versions of postgres_exporter do the same and tell nothing of the receiver: count bytes there, or watch a \
             heartbeat table by a query of your own.",
        ),
        (
            "replication-lag in bytes",
            Rule::ReplicationLag { most: 16_777_216.0, bytes: true },
            None,
            level(4096.0, Some("db-1")),
            "The same exporters, asked on the server that writes, where bytes are told: by connection, and by slot, \
             so that a copy that is gone still counts by its slot. In a region that only copies there are none; give the \
             guard `regions`.",
        ),
        (
            "failover",
            Rule::Failover { settle: Span::from_min(10), writers: None },
            None,
            names(&["db-1"]),
            "The roles of the same exporters: who is no copy writes, and is called by its pod, else by its instance. No \
             series at all is not known; a query of your own has to be 1 for who writes and 0 for who does not (`patroni_primary`, \
             `mysql_global_variables_read_only == bool 0`).",
        ),
        (
            "capacity",
            Rule::Capacity { target: 0.6, carry: vec![Carry::Own] },
            None,
            // 6 s of CPU a scrape of 15 s for the canary's pod, 12 s for each of the primary's two that are measured.
            Seen::Pods(Pods {
                current: 4.0,
                primary: Some(3.0),
                utilisation: (0.4 + 0.8 + 0.8) / 3.0,
                most: 8.0,
            }),
            "kube-state-metrics (ready pods of the Deployment and of its `-primary`; the most of the HorizontalPodAutoscaler that \
             is called as the primary is, with KEDA's prefix or without, else of the target's) and cAdvisor (the signal \
             [cpu](#cpu), the mean of all pods). At least half of the pods that are ready have to tell their use. What is \
             missing is named, and nothing is known.",
        ),
        (
            "alerts",
            Rule::Alerts,
            None,
            names(&["DiskFull"]),
            "Prometheus' own rules, or vmalert's written back to where they were asked. Those of severity `critical` that \
             fire, unless `severity` or `names` say otherwise; of the whole source, not of the service's namespace. It is the one \
             guard for which no series is an answer, once the source has answered whole.",
        ),
        (
            "error-budget",
            Rule::ErrorBudget { most: 1.0 },
            query("1 - slo:period_error_budget_remaining:ratio{sloth_service=\"api\"}"),
            level(0.75, None),
            "A query of your own for the share that is spent; here Sloth's recording rules.",
        ),
        (
            "freshness",
            Rule::Freshness { most: Span::from_min(30) },
            None,
            level(1070.0, Some("sync-a")),
            "Whatever has to happen regularly exposes `last_success_timestamp_seconds`, or a query of your own gives seconds \
             since 1970; the oldest counts. With `of: sample` it is the age of the newest sample itself, whatever its value.",
        ),
        (
            "freshness of samples",
            Rule::Freshness { most: Span::from_min(30) },
            Some(GuardSource { age_of: AgeOf::Sample, ..query("cross_region_seconds").unwrap() }),
            level(10.0, None),
            "Samples that may be old for longer are asked for their times alone, minute by minute, twice as far back.",
        ),
        (
            "level",
            Rule::Level { most: 2.0 },
            query("max by (to) (cross_region_seconds{from=\"us\"})"),
            level(0.9, None),
            "A query of your own; of several series the highest counts. Where it was seen is told by the usual \
             labels alone (`target`, `pod`, `instance`, `server`, `name`, `job`): any other may name a user.",
        ),
    ];
    let case =
        |(name, rule, said, seen, about): (&str, Rule, Option<GuardSource>, Seen, &'static str)| Case {
            guard: Guard {
                name: name.to_owned(),
                rule,
                wait: Span::ZERO,
                regions: Vec::new(),
                reach: Reach::Here,
            },
            said,
            seen,
            about,
        };
    all.into_iter().map(case).collect()
}
