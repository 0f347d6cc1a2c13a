//! One hook call of Flagger's, checked. Whatever gets past here may be stored and shown.
//!
//! The payload names neither the hook, nor the weight, nor the region: those come from the address. Unknown keys are
//! ignored (later Flaggers may add some), a missing checksum is too (older ones have none).

use haldane_core::answer::Hook;
use haldane_core::increment::Region;
use haldane_core::policy::is_kubernetes_name;
use haldane_core::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use thiserror::Error;

/// The longest body that is read, in bytes.
pub const LONGEST_BODY: usize = 64 * 1024;

/// The longest release name or checksum that is kept, in bytes.
const LONGEST_WORD: usize = 256;

/// How far an event's instant may lie ahead of its arrival: clocks differ. One further ahead would make every event
/// after it look late, so it is none.
const MOST_AHEAD: Span = Span::from_s(60);

/// The longest explanation of what is wrong with a body, in characters.
const LONGEST_DETAIL: usize = 200;

/// A hook call, from a region, for a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookCall {
    /// When it arrived.
    pub at: Timestamp,
    /// Which region's Flagger.
    pub region: Region,
    /// Which hook.
    pub hook: Hook,
    /// `namespace/name` of the Canary.
    pub service: String,
    /// The Canary's phase, as far as Flagger tells (constant for several hooks).
    pub phase: String,
    /// Names a spec, not a run; at confirm-rollout still the previous one.
    pub checksum: Option<String>,
    /// `metadata.release`, if the Canary's hooks carry it.
    pub release: Option<String>,
    /// `metadata.eventMessage` of the event hook.
    pub event_message: Option<String>,
    /// `metadata.timestamp` of the event hook: when the event happened, by Flagger's clock.
    pub said: Option<Timestamp>,
    /// What is recorded of it: everything but `metadata.token`, which may be a credential.
    pub recorded: String,
}

/// Why a payload cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UnusablePayload {
    /// Not JSON, or not of Flagger's shape.
    #[error("the body is no Flagger payload: {0}")]
    NotJson(String),
    /// A name that no Kubernetes object can have.
    #[error("the payload's {0} is no Kubernetes name")]
    BadName(&'static str),
    /// Longer than anything Flagger sends.
    #[error("the payload's {0} is longer than {LONGEST_WORD} bytes or not printable ASCII")]
    BadWord(&'static str),
}

#[derive(Serialize, Deserialize)]
struct Payload {
    name: String,
    namespace: String,
    #[serde(default)]
    phase: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    checksum: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    metadata: BTreeMap<String, String>,
}

/// Reads the body of a call to `hook` by `region`'s Flagger, arrived `at`.
pub fn read(body: &[u8], region: Region, hook: Hook, at: Timestamp) -> Result<HookCall, UnusablePayload> {
    let mut payload: Payload =
        serde_json::from_slice(body).map_err(|e| UnusablePayload::NotJson(short(&e.to_string())))?;
    for (what, name) in [("name", &payload.name), ("namespace", &payload.namespace)] {
        if !is_kubernetes_name(name) {
            return Err(UnusablePayload::BadName(what));
        }
    }
    payload.metadata.retain(|key, _| !key.eq_ignore_ascii_case("token"));
    let release = payload.metadata.get("release").filter(|r| !r.is_empty()).cloned();
    let checksum = payload.checksum.clone().filter(|c| !c.is_empty());
    let words =
        [("metadata.release", &release), ("checksum", &checksum), ("phase", &Some(payload.phase.clone()))];
    for (what, word) in words {
        if word
            .as_ref()
            .is_some_and(|w| w.len() > LONGEST_WORD || !w.bytes().all(|b| (b' '..=b'~').contains(&b)))
        {
            return Err(UnusablePayload::BadWord(what));
        }
    }
    let recorded = serde_json::to_string(&payload).map_err(|e| UnusablePayload::NotJson(e.to_string()))?;
    Ok(HookCall {
        at,
        region,
        hook,
        service: format!("{}/{}", payload.namespace, payload.name),
        phase: payload.phase,
        checksum,
        release,
        event_message: payload.metadata.get("eventMessage").cloned(),
        said: payload.metadata.get("timestamp").and_then(|unix_ms| instant(unix_ms, at)),
        recorded,
    })
}

/// The beginning of an explanation: it quotes the body, which may be one long text, and Flagger passes it on to chats.
fn short(detail: &str) -> String {
    match detail.char_indices().nth(LONGEST_DETAIL) {
        Some((end, _)) => format!("{}…", &detail[..end]),
        None => detail.to_owned(),
    }
}

/// An instant as Flagger writes it: milliseconds since the epoch in decimal. One that cannot be read, or that lies in
/// the future of its arrival `at`, is none.
fn instant(unix_ms: &str, at: Timestamp) -> Option<Timestamp> {
    let said = unix_ms.parse::<i64>().ok()?.checked_mul(1_000).map(Timestamp::from_us)?;
    (said <= at + MOST_AHEAD).then_some(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(body: &str) -> Result<HookCall, UnusablePayload> {
        read(body.as_bytes(), Region::from("us-east"), Hook::Rollback, Timestamp::from_s(1))
    }

    #[test]
    fn a_payload_of_any_flagger_is_read() {
        let old = read_text(r#"{"name":"api","namespace":"fnp","phase":"Progressing"}"#).unwrap();
        assert_eq!((old.service.as_str(), old.checksum, old.release), ("fnp/api", None, None));
        let new = r#"{"name":"api","namespace":"fnp","phase":"Progressing","checksum":"85d557f47b",
            "metadata":{"release":"2.0.0"},"later":{"keys":[1]}}"#;
        let new = read_text(new).unwrap();
        assert_eq!((new.checksum.as_deref(), new.release.as_deref()), (Some("85d557f47b"), Some("2.0.0")));
    }

    #[test]
    fn the_instant_of_an_event_is_read_and_one_that_is_none_is_no_refusal() {
        let said = |unix_ms: &str| {
            let metadata = format!(r#"{{"timestamp":"{unix_ms}"}}"#);
            read_text(&format!(r#"{{"name":"api","namespace":"fnp","metadata":{metadata}}}"#)).unwrap().said
        };
        assert_eq!(said("60123"), Some(Timestamp::from_us(60_123_000)));
        for none in ["", "soon", "9223372036854775807", "1800000000123", "61001"] {
            assert_eq!(said(none), None, "{none}");
        }
    }

    #[test]
    fn a_token_is_never_recorded() {
        let call = read_text(
            r#"{"name":"api","namespace":"fnp","metadata":{"token":"hunter2","Token":"hunter2","a":"b"}}"#,
        )
        .unwrap();
        assert!(!format!("{call:?}").contains("hunter2") && call.recorded.contains(r#""a":"b""#));
    }

    #[test]
    fn a_refusal_quotes_no_more_than_the_beginning_of_a_body() {
        let text = format!("\"{}\"", "é".repeat(30_000));
        let told = read_text(&text).unwrap_err().to_string();
        assert!(told.contains("\"éé") && told.chars().count() < 250, "{told}");
    }

    #[test]
    fn hostile_payloads_are_refused() {
        let long = format!(r#"{{"name":"api","namespace":"fnp","checksum":"{}"}}"#, "x".repeat(300));
        for body in [
            "",
            "null",
            "[]",
            "{",
            r#"{"name":"api"}"#,
            r#"{"name":"../etc","namespace":"fnp"}"#,
            r#"{"name":"api","namespace":"FNP"}"#,
            r#"{"name":"api","namespace":"fnp","metadata":{"release":"a\nb"}}"#,
            r#"{"name":"api","namespace":"fnp","metadata":{"release":"2.0\u202e"}}"#,
            r#"{"name":"api","namespace":"fnp","metadata":{"release":7}}"#,
            &long,
        ] {
            assert!(read_text(body).is_err(), "{body}");
        }
    }
}
