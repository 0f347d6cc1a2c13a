//! What one piece of an input does.

use super::credential::Who;
use super::world::{AWAY, HOME};
use crate::pieces::first;
use axum::http::Method;
use haldane_core::answer::Hook;

/// One thing that happens.
pub(super) enum Act<'a> {
    /// Somebody calls.
    Call(Call<'a>),
    /// Thirty seconds later every region is polled; this often.
    Poll(Traffic, u8),
    /// Time passes and nothing else does, in seconds.
    Pause(u8),
}

/// What the pods did since the last poll.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Traffic {
    Healthy,
    Sick,
    Silent,
}

/// One call.
pub(super) struct Call<'a> {
    pub(super) who: Who,
    pub(super) what: What<'a>,
    pub(super) body: &'a [u8],
}

/// What is called.
#[derive(Clone)]
pub(super) enum What<'a> {
    /// A hook of a region.
    Hook(&'static str, Hook),
    /// The gate of that kind, with any action.
    Gate(&'static str, &'static str),
    /// An order to the current rollout of a region.
    Order(&'static str),
    /// A page or an endpoint, by its address.
    Get(&'static str),
    /// Two addresses of the current rollout of a region, by what stands before its id.
    Rollout(&'static str, &'static str),
    /// Any address.
    Any(Method, &'a str),
}

const GATES: [&str; 6] = ["check", "open", "close", "approve", "halt", "x"];
const PAGES: [&str; 5] = ["/", "/metrics", "/healthz", "/readyz", "/api/v1/rollouts"];
const METHODS: [Method; 6] =
    [Method::GET, Method::POST, Method::PUT, Method::HEAD, Method::OPTIONS, Method::DELETE];

impl<'a> Act<'a> {
    /// Reads a piece. `0` to `7` are the hooks of the first region and `A` to `H` of the second; other letters are the
    /// rest, and what is no letter of this alphabet does nothing.
    pub(super) fn read(piece: &'a [u8]) -> Option<Self> {
        let (what, rest) = first(piece)?;
        let number = || rest.first().map_or(1, |b| b % 8);
        match what {
            b'p' => return Some(Self::Poll(Traffic::Healthy, number())),
            b'q' => return Some(Self::Poll(Traffic::Sick, number())),
            b'r' => return Some(Self::Poll(Traffic::Silent, number())),
            b't' => return Some(Self::Pause(rest.first().copied().unwrap_or(1))),
            _ => {}
        }
        let (who, rest) = first(rest)?;
        let of = |list: &[&'static str], from: u8| list.get(usize::from(what - from)).copied();
        let (what, body) = match what {
            b'0'..=b'7' => (What::Hook(HOME, Hook::ALL[usize::from(what - b'0')]), rest),
            b'A'..=b'H' => (What::Hook(AWAY, Hook::ALL[usize::from(what - b'A')]), rest),
            b'a'..=b'f' => (What::Gate("gate", of(&GATES, b'a')?), rest),
            b'I'..=b'N' => (What::Gate("rollback", of(&GATES, b'I')?), rest),
            b'o' => (What::Order(HOME), rest),
            b'O' => (What::Order(AWAY), rest),
            b'g'..=b'k' => (What::Get(of(&PAGES, b'g')?), rest),
            b'u' => (What::Rollout(HOME, "/api/v1/rollouts/"), rest),
            b'v' => (What::Rollout(HOME, "/rollouts/"), rest),
            b'/' => any(rest)?,
            _ => return None,
        };
        Some(Self::Call(Call { who: Who::of(who), what, body }))
    }
}

/// A method, and an address up to the end of its line; the body follows.
fn any(rest: &[u8]) -> Option<(What<'_>, &[u8])> {
    let (method, rest) = first(rest)?;
    let end = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
    let address = std::str::from_utf8(rest.get(..end)?).ok()?;
    let method = METHODS[usize::from(method) % METHODS.len()].clone();
    Some((What::Any(method, address), rest.get(end + 1..).unwrap_or_default()))
}
