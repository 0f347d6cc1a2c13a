//! What guards ask where their authors say nothing more: the series that exporters bring, narrowed to the service.
//!
//! A selector of a guard that is a signal, too, is that signal's (`metric-templates/plain`); these are the others. Every one
//! is plain, so that what a thousand services ask is asked in one question.

use super::error::GuardError;
use crate::templates::{What, matcher, place, signal_queries};
use haldane_core::policy::{GuardSource, PrometheusSource};

/// The role of a database server, as reasons call it.
pub(super) const ROLE: &str = "pg_replication_is_replica or cnpg_pg_replication_in_recovery";

/// Whether a copy receives anything, as reasons call it.
pub(super) const RECEIVER: &str = "cnpg_pg_replication_is_wal_receiver_up";

/// The lag of copies in seconds, as reasons call it.
pub(super) const LAG: &str = "pg_replication_lag_seconds or cnpg_pg_replication_lag";

/// What a copy has not replayed yet, and what a slot keeps for it, as reasons call them.
pub(super) const BYTES: &str =
    "pg_stat_replication_pg_wal_lsn_diff, pg_replication_slots_pg_wal_lsn_diff or CloudNativePG's of both";

/// Pods that serve, as reasons call them.
pub(super) const READY: &str = "kube_deployment_status_replicas_ready";

/// The most that the autoscaler may ask for.
pub(super) const MOST: &str = "kube_horizontalpodautoscaler_spec_max_replicas";

const ROLES: &str =
    r#"{__name__=~"pg_replication_is_replica|cnpg_pg_replication_in_recovery",namespace="{{ namespace }}"}"#;

const RECEIVERS: &str = r#"cnpg_pg_replication_is_wal_receiver_up{namespace="{{ namespace }}"}"#;

const BEHIND: &str = r#"{__name__=~"pg_stat_replication_pg_wal_lsn_diff|pg_replication_slots_pg_wal_lsn_diff|cnpg_pg_stat_replication_replay_diff_bytes|cnpg_pg_replication_slots_pg_wal_lsn_diff",namespace="{{ namespace }}"}"#;

const DEPLOYMENTS: &str = r#"{__name__=~"kube_deployment_status_replicas_ready|kube_deployment_status_replicas_available",namespace="{{ namespace }}",deployment=~"{{ target }}|{{ target }}-primary"}"#;

/// KEDA calls the autoscaler of a ScaledObject by a prefix.
const AUTOSCALERS: &str = r#"kube_horizontalpodautoscaler_spec_max_replicas{namespace="{{ namespace }}",horizontalpodautoscaler=~"{{ target }}|{{ target }}-primary|keda-hpa-{{ target }}|keda-hpa-{{ target }}-primary"}"#;

/// The severity that is asked for where nothing is said.
const CRITICAL: &str = "critical";

/// The selector of a signal of the place.
pub(super) fn signal(source: &PrometheusSource, name: &str) -> Result<String, GuardError> {
    match signal_queries(source, name)?.what {
        What::Place { value, .. } => Ok(value),
        What::Counts { .. } | What::Buckets { .. } | What::Gauge { .. } | What::Scalar { .. } => {
            Err(crate::templates::TemplateError::NoTemplate { signal: name.to_owned() }.into())
        }
    }
}

/// Who is a copy.
pub(super) fn roles(source: &PrometheusSource) -> Result<String, GuardError> {
    Ok(place(source, ROLES)?)
}

/// Which copies receive.
pub(super) fn receivers(source: &PrometheusSource) -> Result<String, GuardError> {
    Ok(place(source, RECEIVERS)?)
}

/// How many bytes copies are behind.
pub(super) fn behind(source: &PrometheusSource) -> Result<String, GuardError> {
    Ok(place(source, BEHIND)?)
}

/// The pods that serve, of both versions.
pub(super) fn deployments(source: &PrometheusSource) -> Result<String, GuardError> {
    Ok(place(source, DEPLOYMENTS)?)
}

/// The most that the autoscalers may ask for.
pub(super) fn autoscalers(source: &PrometheusSource) -> Result<String, GuardError> {
    Ok(place(source, AUTOSCALERS)?)
}

/// The alerts that fire: of the severity, of the names, or of both; critical ones where neither is said. Asked as it
/// stands and not for raw samples, because an alert that is over leaves some behind.
pub(super) fn alerts(source: &PrometheusSource, said: Option<&GuardSource>) -> String {
    let names = said.map(|s| s.names.as_slice()).unwrap_or_default();
    let severity = said.and_then(|s| s.severity.as_deref());
    let mut all = vec![matcher("alertstate", &["firing".to_owned()])];
    if severity.is_some() || names.is_empty() {
        all.push(matcher("severity", &[severity.unwrap_or(CRITICAL).to_owned()]));
    }
    if !names.is_empty() {
        all.push(matcher("alertname", names));
    }
    let labels = source.labels.iter().map(|(name, value)| matcher(name, std::slice::from_ref(value)));
    all.extend(labels);
    format!("ALERTS{{{}}}", all.join(","))
}
