//! Checks what only some stores have: tenants, and replicas that a query merges.
//!
//! A key that the store would ignore is refused: who names a tenant means that nobody else's series are counted.

use super::dialect::Dialect;
use super::refusal::Refusals;
use super::source_draft::PrometheusDraft;

/// The dialect that `draft` names; refused with the list where there is no such.
pub(super) fn dialect(path: &str, draft: &PrometheusDraft, refusals: &mut Refusals) -> Dialect {
    let Some(name) = draft.dialect.as_deref() else { return Dialect::default() };
    Dialect::ALL.into_iter().find(|dialect| dialect.name() == name).unwrap_or_else(|| {
        let names = Dialect::ALL.map(Dialect::name).join(", ");
        let problem = format!("unknown dialect {name:?}");
        refusals.add(format!("{path}.dialect"), problem, format!("write one of {names}"));
        Dialect::default()
    })
}

/// The header that `tenant` stands for.
pub(super) fn tenant(
    path: &str,
    draft: &PrometheusDraft,
    dialect: Dialect,
    refusals: &mut Refusals,
) -> Option<(String, String)> {
    let tenant = draft.tenant.as_deref()?;
    let path = format!("{path}.tenant");
    let Some(header) = dialect.tenant_header() else {
        let cure = match dialect {
            Dialect::VictoriaMetrics => {
                "write it in the url, such as http://vmselect:8481/select/7/prometheus"
            }
            Dialect::Prometheus | Dialect::Thanos | Dialect::Mimir => {
                "write dialect: mimir or dialect: thanos, or leave it out"
            }
        };
        refusals.add(path, format!("{dialect} takes no tenant"), cure);
        return None;
    };
    if tenant.trim().is_empty() {
        refusals.add(&path, "it is empty", "write the tenant's name, or leave it out");
    }
    if draft.headers.keys().any(|name| name.eq_ignore_ascii_case(header)) {
        refusals.add(path, format!("headers name {header}, too"), "keep one of them");
    }
    Some((header.to_owned(), tenant.to_owned()))
}

pub(super) fn replica_labels(path: &str, draft: &PrometheusDraft, dialect: Dialect, refusals: &mut Refusals) {
    let path = format!("{path}.replicaLabels");
    if !draft.replica_labels.is_empty() && dialect != Dialect::Thanos {
        let cure = "write dialect: thanos; elsewhere replicas are merged by the store, or chosen by labels: {replica: a}";
        refusals.add(&path, format!("{dialect} merges no replicas in a query"), cure);
    }
    for name in draft.replica_labels.iter().filter(|name| !is_label(name)) {
        refusals.add(&path, format!("{name:?} is no label"), "write it like [replica]");
    }
}

pub(super) fn is_label(name: &str) -> bool {
    let first = name.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    first && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
