//! What every answer has to satisfy: the contract with Flagger, read as prohibitions.

use super::act::{Call, What};
use super::credential::{MARK, Who};
use super::world::World;
use axum::http::{HeaderName, StatusCode, header, response::Parts};
use haldane_core::answer::Hook;
use haldane_core::increment::Region;
use haldane_core::policy::Mode;
use haldane_core::report::Decision;

/// The longest line that Flagger is answered with, in bytes: it goes into events and chats.
const LONGEST_LINE: usize = 1_000;

/// What Flagger would understand as something else, or follow.
const NEVER: [HeaderName; 2] = [header::LOCATION, header::RETRY_AFTER];

/// A call, and what came back.
pub(super) struct Heard<'a> {
    pub(super) call: &'a Call<'a>,
    /// Whether the body carried the first region's secret.
    pub(super) has_token: bool,
    pub(super) head: &'a Parts,
    pub(super) body: &'a [u8],
}

/// Whether a secret stands in `text`.
pub(super) fn has_mark(text: &[u8]) -> bool {
    text.windows(MARK.len()).any(|window| window == MARK.as_bytes())
}

/// Fails if the answer breaks a rule.
pub(super) fn holds(world: &World, heard: &Heard<'_>) {
    let status = heard.head.status;
    let allowed: &[u16] = match &heard.call.what {
        What::Hook(region, hook) => return hook_holds(world, heard, region, *hook),
        What::Gate(..) => &[200, 202, 400, 401, 403, 404],
        What::Order(_) => &[200, 400, 401, 403, 404, 409, 413],
        What::Get(_) | What::Rollout(..) => &[200],
        What::Any(_, address) if world.asks_for_credentials() && is_a_strangers_hook(heard, address) => {
            &[401, 404, 405]
        }
        What::Any(..) => &[200, 202, 400, 401, 403, 404, 405, 409, 413],
    };
    assert!(allowed.contains(&status.as_u16()), "{status} to {}", shown(heard));
    always_holds(world, heard);
}

/// Whether this is an address below `/hooks/`, called by somebody who may ask none of them. Who may not ask learns
/// nothing: not even what is wrong with the address.
fn is_a_strangers_hook(heard: &Heard<'_>, address: &str) -> bool {
    let strangers = [Who::Nobody, Who::Guess, Who::Garbled, Who::Twice, Who::Operator];
    address.starts_with("hooks/") && strangers.contains(&heard.call.who)
}

fn always_holds(world: &World, heard: &Heard<'_>) {
    assert!(NEVER.iter().all(|name| !heard.head.headers.contains_key(name)), "{:?}", heard.head);
    let text = std::str::from_utf8(heard.body);
    assert!(text.is_ok(), "an answer that is no text, to {}", shown(heard));
    assert!(world.sent_mark() || !has_mark(heard.body), "a secret in the answer to {}", shown(heard));
    let is_json = heard
        .head
        .headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|t| t.as_bytes().starts_with(b"application/json"));
    if is_json && !heard.body.is_empty() {
        let read = serde_json::from_slice::<serde_json::Value>(heard.body);
        assert!(read.is_ok(), "no JSON: {}", shown(heard));
    }
}

fn hook_holds(world: &World, heard: &Heard<'_>, region: &str, hook: Hook) {
    let status = heard.head.status;
    always_holds(world, heard);
    let text = String::from_utf8_lossy(heard.body);
    let is_line = text.len() <= LONGEST_LINE && !text.chars().any(char::is_control) && !text.is_empty();
    assert!(is_line, "{} bytes to {}", text.len(), shown(heard));
    let may_ask = !world.asks_for_credentials()
        || heard
            .call
            .who
            .may_ask(region)
            .unwrap_or(heard.has_token && heard.call.who == Who::InBody && region == super::world::HOME);
    if !may_ask {
        assert_eq!((status.as_u16(), &*text), (401, "this call has no valid credential"), "{}", shown(heard));
        return;
    }
    match status {
        StatusCode::OK => yes_holds(world, heard, &Region::from(region), hook),
        StatusCode::FORBIDDEN => no_holds(world, heard, &Region::from(region), hook),
        _ => assert!([400, 404, 413].contains(&status.as_u16()), "{status} to {}", shown(heard)),
    }
}

/// Nothing is given, and nothing taken back, that is not published.
fn yes_holds(world: &World, heard: &Heard<'_>, region: &Region, hook: Hook) {
    let published = world.service().published();
    let (rollout, look) = published.region(region);
    let enforced = rollout.is_some_and(|r| r.policy.mode == Mode::Enforce);
    match hook {
        Hook::Rollback => {
            let ordered = rollout.is_some_and(|r| r.orders.rollback.is_some());
            let held = look.is_some_and(|l| matches!(l.decision, Decision::Rollback(_)));
            assert!(held && (enforced || ordered), "rolled back without a rollback: {}", shown(heard));
        }
        Hook::ConfirmTrafficIncrease | Hook::ConfirmPromotion if enforced => {
            let permitted = rollout.and_then(|r| r.permission).map(|p| p.weight);
            let weight = rollout.and_then(|r| r.weight());
            assert!(permitted.is_some() && permitted == weight, "an unrecorded yes: {}", shown(heard));
            let advances = look.is_some_and(|l| l.decision == Decision::Advance || l.approved.is_some());
            assert!(advances, "a yes without an advance: {}", shown(heard));
        }
        Hook::ConfirmRollout
        | Hook::PreRollout
        | Hook::Rollout
        | Hook::ConfirmTrafficIncrease
        | Hook::ConfirmPromotion
        | Hook::PostRollout
        | Hook::Event => {}
    }
}

/// A no that adds a failed check is given for a breach or an order, and for nothing of ours.
fn no_holds(world: &World, heard: &Heard<'_>, region: &Region, hook: Hook) {
    assert!(!matches!(hook, Hook::PreRollout | Hook::PostRollout | Hook::Event), "{}", shown(heard));
    if hook == Hook::Rollout {
        let published = world.service().published();
        let (_, look) = published.region(region);
        let held = look.is_some_and(|l| matches!(l.decision, Decision::Rollback(_)));
        assert!(held, "a failed check without a rollback: {}", shown(heard));
    }
}

fn shown(heard: &Heard<'_>) -> String {
    let what = match &heard.call.what {
        What::Hook(region, hook) => format!("{hook} of {region}"),
        What::Gate(kind, action) => format!("/{kind}/{action}"),
        What::Order(region) => format!("an order in {region}"),
        What::Get(address) => (*address).to_owned(),
        What::Rollout(region, before) => format!("{before} of {region}"),
        What::Any(method, address) => format!("{method} /{address}"),
    };
    let (asked, answered) = (String::from_utf8_lossy(heard.call.body), String::from_utf8_lossy(heard.body));
    format!("{what} with {asked:?}: {} {answered:?}", heard.head.status)
}
