//! Who calls, and what they show for it. The secrets are fixed, long and strange, so that an answer which holds one has
//! leaked it.

use super::world::{AWAY, HOME};
use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

/// The secret of each region's Flagger, and the token of a person.
pub(super) const HOOK_SECRETS: [(&str, &str); 2] =
    [(HOME, "Zq7-home-secret-Zq7"), (AWAY, "Zq7-away-secret-Zq7")];
pub(super) const OPERATOR: (&str, &str) = ("alice", "Zq7-operators-token-Zq7");

/// What no answer may hold.
pub(super) const MARK: &str = "Zq7";

/// What a caller shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    /// The secret of the first region, as Flagger sends it from a URL.
    Home,
    /// The same of the second region.
    Away,
    /// A person's token.
    Operator,
    /// The secret of the first region in the body.
    InBody,
    /// A guess.
    Guess,
    /// A header that is no credential.
    Garbled,
    /// Two headers.
    Twice,
    /// Nothing.
    Nobody,
}

impl Who {
    /// `h`, `a`, `o`, `b`, `w`, `x`, `d`; nobody else has anything.
    pub(super) const fn of(byte: u8) -> Self {
        match byte {
            b'h' => Self::Home,
            b'a' => Self::Away,
            b'o' => Self::Operator,
            b'b' => Self::InBody,
            b'w' => Self::Guess,
            b'x' => Self::Garbled,
            b'd' => Self::Twice,
            _ => Self::Nobody,
        }
    }

    /// The headers of the call.
    pub(super) fn headers(self) -> HeaderMap {
        let [(_, home), (_, away)] = HOOK_SECRETS;
        let basic = |secret: &str| format!("Basic {}", BASE64_STANDARD.encode(format!("flagger:{secret}")));
        let values: Vec<String> = match self {
            Self::Home => vec![basic(home)],
            Self::Away => vec![basic(away)],
            Self::Operator => vec![format!("Bearer {}", OPERATOR.1)],
            Self::Guess => vec![basic("0123456789abcdef")],
            Self::Garbled => vec!["Basic !".to_owned()],
            Self::Twice => vec![basic(home), basic(home)],
            Self::InBody | Self::Nobody => Vec::new(),
        };
        let value = |text: String| HeaderValue::from_str(&text).expect("a credential is printable ASCII");
        values.into_iter().map(|text| (header::AUTHORIZATION, value(text))).collect()
    }

    /// The body of the call: with the token where Flagger's metadata carry it, if the body has a place for it.
    pub(super) fn body(self, body: &[u8]) -> (Vec<u8>, bool) {
        if self == Self::InBody
            && let Ok(Value::Object(mut payload)) = serde_json::from_slice(body)
            && let Some(metadata) =
                payload.entry("metadata").or_insert_with(|| Value::Object(Default::default())).as_object_mut()
        {
            metadata.insert("token".to_owned(), Value::String(HOOK_SECRETS[0].1.to_owned()));
            return (Value::Object(payload).to_string().into_bytes(), true);
        }
        (body.to_vec(), false)
    }

    /// Whether the caller may ask a hook of `region`; nothing where the body decides.
    pub(super) fn may_ask(self, region: &str) -> Option<bool> {
        match self {
            Self::Home => Some(region == HOME),
            Self::Away => Some(region == AWAY),
            Self::Guess | Self::Garbled | Self::Twice => Some(false),
            Self::Operator | Self::InBody | Self::Nobody => None,
        }
    }
}
