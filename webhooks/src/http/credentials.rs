//! Who may call a hook or a manual gate.
//!
//! Flagger has no field for a credential. What can carry one is the user-info of a webhook's URL, which arrives as
//! `Authorization: Basic`, and the metadata, which arrive in the body. The first is better: it is checked before the
//! body is read, and Flagger hides it in its own messages.

use super::edge::Edge;
use crate::secrets::{Operator, SecretDir};
use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;

/// The secrets that callers are held against.
#[derive(Clone, Debug)]
pub(super) struct Credentials {
    hooks: Option<SecretDir>,
    operators: Option<SecretDir>,
}

/// Why a caller is refused. For the metrics; the caller is not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// No credential at all.
    Absent,
    /// One, but not of this region.
    Wrong,
}

impl Cause {
    /// Both.
    pub(super) const ALL: [Self; 2] = [Self::Absent, Self::Wrong];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Wrong => "wrong",
        }
    }
}

/// What the head of a hook call says about its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// The caller may ask.
    Given,
    /// The body decides: [`Credentials::in_body`].
    InBody,
    /// The caller may not ask, whatever the body holds.
    Refused(Cause),
}

#[derive(Deserialize)]
struct Payload {
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Default, Deserialize)]
struct Metadata {
    token: Option<String>,
}

impl Credentials {
    pub(super) fn of(edge: &Edge) -> Self {
        Self { hooks: edge.hook_secrets.clone(), operators: edge.operators.clone() }
    }

    /// Whether hooks ask for credentials.
    pub(super) const fn are_asked_for(&self) -> bool {
        self.hooks.is_some()
    }

    /// What the head of a call to a hook of `region` proves. A Basic credential decides alone.
    pub(super) fn in_head(&self, region: &str, headers: &HeaderMap) -> Proof {
        let Some(secrets) = &self.hooks else {
            return Proof::Given;
        };
        match presented(headers) {
            Some(Presented::Password(password)) if secrets.matches(region, &password) => Proof::Given,
            Some(Presented::Password(_) | Presented::Unreadable) => Proof::Refused(Cause::Wrong),
            Some(Presented::Bearer(_)) | None => Proof::InBody,
        }
    }

    /// Whether the body of a call to a hook of `region` carries its secret as `metadata.token`.
    pub(super) fn in_body(&self, region: &str, body: Option<&[u8]>) -> Result<(), Cause> {
        let Some(secrets) = &self.hooks else {
            return Ok(());
        };
        let token =
            body.and_then(|b| serde_json::from_slice::<Payload>(b).ok()).and_then(|p| p.metadata.token);
        let token = token.ok_or(Cause::Absent)?;
        if secrets.matches(region, token.as_bytes()) { Ok(()) } else { Err(Cause::Wrong) }
    }

    /// Whether the caller of a manual gate is known: by any region's secret, or by an operator's token.
    pub(super) fn at_gate(&self, headers: &HeaderMap) -> Result<(), Cause> {
        let Some(hooks) = &self.hooks else {
            return Ok(());
        };
        let (secrets, presented) = match presented(headers).ok_or(Cause::Absent)? {
            Presented::Password(password) => (Some(hooks), password),
            Presented::Bearer(token) => (self.operators.as_ref(), token),
            Presented::Unreadable => return Err(Cause::Wrong),
        };
        let known = secrets.and_then(|s| s.owner_of(&presented)).is_some();
        if known { Ok(()) } else { Err(Cause::Wrong) }
    }
}

/// Why nobody is known as the giver of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoOperator {
    /// This service takes no orders.
    Nobody,
    /// The caller has no operator's token.
    Unknown,
}

impl Credentials {
    /// Whose bearer token the caller presents. A hook's secret gives no orders: Flagger must not approve what it asks.
    pub(super) fn operator(&self, headers: &HeaderMap) -> Result<Operator, NoOperator> {
        let operators = self.operators.as_ref().ok_or(NoOperator::Nobody)?;
        let Some(Presented::Bearer(token)) = presented(headers) else {
            return Err(NoOperator::Unknown);
        };
        operators.owner_of(&token).ok_or(NoOperator::Unknown)
    }
}

/// What stands in the `Authorization` header.
enum Presented {
    /// The password of Basic; the user's name means nothing.
    Password(Vec<u8>),
    /// A bearer token.
    Bearer(Vec<u8>),
    /// Several headers, another scheme, or no Base64.
    Unreadable,
}

fn presented(headers: &HeaderMap) -> Option<Presented> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let only = all.next()?;
    Some(all.next().is_none().then(|| read(only.as_bytes())).flatten().unwrap_or(Presented::Unreadable))
}

fn read(value: &[u8]) -> Option<Presented> {
    let value = std::str::from_utf8(value).ok()?;
    let (scheme, rest) = value.split_once(' ')?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(Presented::Bearer(rest.as_bytes().to_vec()));
    }
    let pair = scheme.eq_ignore_ascii_case("basic").then(|| BASE64_STANDARD.decode(rest).ok()).flatten()?;
    let colon = pair.iter().position(|b| *b == b':')?;
    pair.get(colon + 1..).map(|password| Presented::Password(password.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(value: &str) -> Option<Vec<u8>> {
        match read(value.as_bytes())? {
            Presented::Password(password) => Some(password),
            Presented::Bearer(_) | Presented::Unreadable => None,
        }
    }

    #[test]
    fn the_password_is_what_follows_the_first_colon() {
        let of = |text: &str| password(&format!("Basic {}", BASE64_STANDARD.encode(text)));
        assert_eq!(of("any:secret"), Some(b"secret".to_vec()));
        assert_eq!(of(":a:b"), Some(b"a:b".to_vec()));
        assert_eq!(of("no colon"), None);
        assert_eq!(password("basic YTpi"), Some(b"b".to_vec()), "the scheme's case means nothing");
        for value in ["Basic", "Basic ", "Basic !!", "Digest YTpi", "YTpi", ""] {
            assert_eq!(password(value), None, "{value:?}");
        }
    }

    #[test]
    fn a_token_is_read_from_the_metadata_and_from_nowhere_else() {
        let token = |body: &str| serde_json::from_str::<Payload>(body).ok().and_then(|p| p.metadata.token);
        assert_eq!(token(r#"{"name":"api","metadata":{"token":"t","x":"y"}}"#).as_deref(), Some("t"));
        for body in ["", "[]", r#"{"token":"t"}"#, r#"{"metadata":{"token":7}}"#, r#"{"metadata":null}"#] {
            assert_eq!(token(body), None, "{body}");
        }
    }
}
