//! The webhooks of a Canary: those that ask and tell, and never one whose failure Flagger counts.
//!
//! `pre-rollout` and `rollout` are left out: a connection refused there is a failed check, and enough of those roll back a
//! healthy release for trouble of Haldane's own.

use super::Options;
use crate::address_part::address_part;
use crate::canary;
use crate::secrets::Plain;
use haldane_core::answer::Hook;
use haldane_core::cluster::Strategy;
use haldane_core::increment::Region;
use haldane_core::time::Span;
use serde::Serialize;
use serde_saphyr::DoubleQuoted;

/// One webhook, as Flagger reads it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Webhook {
    name: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    url: DoubleQuoted<String>,
    timeout: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    mute_alert: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Metadata>,
}

#[derive(Clone, Serialize)]
struct Metadata {
    release: DoubleQuoted<String>,
}

/// The webhooks of `region`, in the order in which a run meets them.
pub(super) fn webhooks(strategy: Strategy, region: &Region, options: &Options) -> Vec<Webhook> {
    let haldane = addressed(&options.haldane, options.tokens.get(region));
    let metadata = options.release.clone().map(|release| Metadata { release: DoubleQuoted(release) });
    let is_asked = |(_, hook, _): &(&str, Hook, bool)| {
        *hook != Hook::ConfirmTrafficIncrease || !canary::top_only(strategy)
    };
    let webhook = |(name, hook, mute_alert): (&'static str, Hook, bool)| Webhook {
        name,
        kind: hook.name(),
        url: DoubleQuoted(format!("{haldane}/hooks/{region}/{hook}")),
        timeout: format!("{}s", timeout_s(options.interval)),
        mute_alert,
        metadata: metadata.clone(),
    };
    HOOKS.into_iter().filter(is_asked).map(webhook).collect()
}

/// Where Haldane is, with the region's secret as a password: Haldane looks at it before it reads a body, and Flagger hides a
/// password in its own messages. The user's name means nothing.
fn addressed(haldane: &str, secret: Option<&Plain>) -> String {
    let (Some(secret), Some((scheme, rest))) = (secret, haldane.split_once("://")) else {
        return haldane.to_owned();
    };
    let secret = address_part(secret.reveal());
    format!("{scheme}://flagger:{secret}@{rest}")
}

/// Name, hook, and whether its refusals stay out of the chat: those of a traffic increase come on every tick, and those of
/// a promotion are what waiting looks like. That a rollout may not start is news.
const HOOKS: [(&str, Hook, bool); 6] = [
    ("haldane-start", Hook::ConfirmRollout, false),
    ("haldane-traffic", Hook::ConfirmTrafficIncrease, true),
    ("haldane-promote", Hook::ConfirmPromotion, true),
    ("haldane-rollback", Hook::Rollback, false),
    ("haldane-end", Hook::PostRollout, false),
    ("haldane-event", Hook::Event, false),
];

/// How long an answer may take, in seconds. Four hooks can be called in one tick, one after the other; with a fifth of the
/// interval each, a tick ends before the next is due even if none is answered. Haldane answers within milliseconds.
fn timeout_s(interval: Span) -> i64 {
    (interval.as_us() / 5_000_000).clamp(2, 5)
}
