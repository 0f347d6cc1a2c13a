//! Checks a region's probes: addresses without secrets, patience with an end, and a name each.

use super::names::is_kubernetes_name;
use super::probe::{ProbeSource, ProbeWhat};
use super::probe_draft::ProbeDraft;
use super::refusal::Refusals;
use super::source_validate::address;
use super::units;
use crate::time::Span;
use std::net::IpAddr;

const TIMEOUT: Span = Span::from_s(2);
const LONGEST: Span = Span::from_s(30);

/// More than a person can oversee, and a bound on what one poll asks.
const MOST: usize = 50;

/// The probes of the region at `path`.
pub(super) fn probes(path: &str, drafts: &[ProbeDraft], refusals: &mut Refusals) -> Vec<ProbeSource> {
    let path = format!("{path}.probes");
    if drafts.len() > MOST {
        let cure = format!("keep {MOST}; a page of the service itself can answer for many");
        refusals.add(&path, format!("there are {} probes", drafts.len()), cure);
    }
    let mut probes: Vec<ProbeSource> = Vec::new();
    for (i, draft) in drafts.iter().enumerate() {
        let path = format!("{path}[{i}]");
        let Some(probe) = probe(&path, draft, refusals) else { continue };
        if probes.iter().any(|known| known.name == probe.name) {
            let cure = "give each a name: of its own";
            refusals.add(&path, format!("{:?} is there before", probe.name), cure);
        }
        probes.push(probe);
    }
    probes
}

fn probe(path: &str, draft: &ProbeDraft, refusals: &mut Refusals) -> Option<ProbeSource> {
    let (what, asks) = match (&draft.http, &draft.tcp) {
        (Some(url), None) => http(path, url, draft, refusals),
        (None, Some(text)) => tcp(path, text, draft, refusals),
        (None, None) => {
            let cure = "write {http: \"http://api.fnp.svc:8080/health\"} or {tcp: \"db:5432\"}";
            refusals.add(path, "nobody says what is asked", cure);
            return None;
        }
        (Some(_), Some(_)) => {
            refusals.add(path, "it asks two things", "keep either http or tcp, and make two probes of it");
            return None;
        }
    };
    if draft.name.as_deref().is_some_and(|n| !is_kubernetes_name(n)) {
        let cure = "use lower-case letters, digits, - and ., such as checkout-health";
        refusals.add(format!("{path}.name"), "it cannot stand in a report", cure);
    }
    let timeout = match &draft.timeout {
        None => TIMEOUT,
        Some(text) => refusals.take(&format!("{path}.timeout"), units::span(text)).unwrap_or(TIMEOUT),
    };
    if timeout > LONGEST {
        let cure = format!("write {LONGEST} or less: users do not wait that long either");
        refusals.add(format!("{path}.timeout"), format!("{timeout} is out of range"), cure);
    }
    Some(ProbeSource { name: draft.name.clone().unwrap_or(asks), what, timeout })
}

fn http(path: &str, url: &str, draft: &ProbeDraft, refusals: &mut Refusals) -> (ProbeWhat, String) {
    let like = "http://api.fnp.svc:8080/health";
    address(&format!("{path}.http"), url, &["http://", "https://"], like, refusals);
    if draft.ca_file.is_some() && !url.starts_with("https://") {
        refusals.add(
            format!("{path}.caFile"),
            "plain http shows no certificate",
            "write https://, or leave it out",
        );
    }
    for code in draft.status.iter().filter(|code| !(200..=599).contains(*code)) {
        let cure = "write codes between 200 and 599; leave status out for every 2xx";
        refusals.add(format!("{path}.status"), format!("{code} is no final status"), cure);
    }
    for key in draft.expect.keys() {
        if key.split('.').any(str::is_empty) || key.chars().any(char::is_control) {
            let cure = "write the names of fields, with dots between them: db.status";
            refusals.add(format!("{path}.expect"), format!("{key:?} names no field"), cure);
        }
    }
    let what = ProbeWhat::Http {
        url: url.to_owned(),
        status: draft.status.clone(),
        expect: draft.expect.iter().map(|(key, plain)| (key.clone(), plain.0.clone())).collect(),
        ca_file: draft.ca_file.clone(),
    };
    // Neither query nor fragment: results are shown, and a query may hold a key.
    let shown = url.split(['?', '#']).next().unwrap_or_default();
    (what, shown.split_once("://").map_or(shown, |(_, rest)| rest).to_owned())
}

fn tcp(path: &str, text: &str, draft: &ProbeDraft, refusals: &mut Refusals) -> (ProbeWhat, String) {
    let (host, port) = text.rsplit_once(':').unwrap_or((text, ""));
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    let is_host =
        is_kubernetes_name(host.strip_suffix('.').unwrap_or(host)) || bare.parse::<IpAddr>().is_ok();
    let number: u16 = port.parse().unwrap_or(0);
    if text.contains('@') {
        // The text itself is not repeated: refusals are logged.
        refusals.add(format!("{path}.tcp"), "it carries credentials", "write host:port alone");
    } else if !is_host || number == 0 || !port.bytes().all(|b| b.is_ascii_digit()) {
        refusals.add(format!("{path}.tcp"), format!("{text:?} is no host:port"), "write it like db:5432");
    }
    if !draft.status.is_empty() || !draft.expect.is_empty() || draft.ca_file.is_some() {
        let cure = "leave status, expect and caFile out, or ask a page: http:";
        refusals.add(path, "a port shows no page", cure);
    }
    (ProbeWhat::Tcp { host: bare.to_owned(), port: number }, text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::probe_draft::PlainDraft;
    use super::*;

    fn http(url: &str) -> ProbeDraft {
        ProbeDraft { http: Some(url.to_owned()), ..ProbeDraft::default() }
    }

    fn tcp(text: &str) -> ProbeDraft {
        ProbeDraft { tcp: Some(text.to_owned()), ..ProbeDraft::default() }
    }

    fn read(drafts: &[ProbeDraft]) -> (Vec<ProbeSource>, String) {
        let mut refusals = Refusals::default();
        let read = probes("r", drafts, &mut refusals);
        (read, refusals.0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn a_page_and_a_port_are_read_with_cautious_defaults() {
        let expect = [("status".to_owned(), PlainDraft("healthy".into()))].into();
        let health = ProbeDraft { expect, ..http("https://api.fnp.svc/health?key=s3cret") };
        let (probes, refused) = read(&[health, tcp("db:5432"), tcp("[::1]:5432")]);
        assert_eq!(refused, "");
        let names: Vec<&str> = probes.iter().map(|p| p.name.as_str()).collect();
        assert_eq!(names, ["api.fnp.svc/health", "db:5432", "[::1]:5432"], "and no secret among them");
        assert!(probes.iter().all(|p| p.timeout == Span::from_s(2)));
        let ProbeWhat::Http { status, expect, .. } = &probes[0].what else { panic!("{probes:?}") };
        assert_eq!((status.len(), expect["status"].as_str()), (0, "healthy"));
        assert_eq!(probes[2].what, ProbeWhat::Tcp { host: "::1".into(), port: 5432 });
    }

    #[test]
    fn each_impossible_probe_is_refused_at_its_place() {
        let secret = "http://user:hunter2@api/health";
        let odd = [(".a".to_owned(), PlainDraft::default())].into();
        let cases = [
            (ProbeDraft::default(), "r.probes[0]: nobody says"),
            (ProbeDraft { tcp: Some("db:1".into()), ..http("http://api") }, "r.probes[0]: it asks two"),
            (http("api:8080/health"), "r.probes[0].http: "),
            (http(secret), "r.probes[0].http: the address carries credentials"),
            (ProbeDraft { ca_file: Some("ca".into()), ..http("http://api") }, "r.probes[0].caFile: "),
            (ProbeDraft { status: vec![99], ..http("http://api") }, "r.probes[0].status: "),
            (ProbeDraft { expect: odd, ..http("http://api") }, "r.probes[0].expect: "),
            (ProbeDraft { timeout: Some("soon".into()), ..http("http://api") }, "r.probes[0].timeout: "),
            (ProbeDraft { timeout: Some("1m".into()), ..http("http://api") }, "r.probes[0].timeout: "),
            (ProbeDraft { name: Some("A b".into()), ..http("http://api") }, "r.probes[0].name: "),
            (tcp("db"), "r.probes[0].tcp: "),
            (tcp("db:0"), "r.probes[0].tcp: "),
            (tcp("tcp://db:5432"), "r.probes[0].tcp: "),
            (tcp("u:hunter2@db:5432"), "r.probes[0].tcp: it carries credentials"),
            (ProbeDraft { status: vec![200], ..tcp("db:5432") }, "r.probes[0]: a port shows no page"),
        ];
        for (draft, place) in cases {
            let (_, refused) = read(&[draft]);
            assert!(refused.starts_with(place) && !refused.contains("hunter2"), "{place}: {refused}");
        }
    }

    #[test]
    fn two_probes_of_one_name_are_refused() {
        let (_, refused) = read(&[http("http://api/health?a"), http("https://api/health?b")]);
        assert!(refused.starts_with("r.probes[1]: \"api/health\" is there before"), "{refused}");
    }
}
