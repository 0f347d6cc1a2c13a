//! A world with secrets: the directory, and Flaggers that present what is in it.

use crate::policy::{AWAY, HOME, SERVICE, side_by_side};
use crate::world::{NEW, World};
use haldane::http::{Edge, Limits};
use haldane::secrets::SecretDir;
use haldane_clock::Clock;
use haldane_core::policy::{Policy, Sources};
use haldane_core::time::Span;
use haldane_flagger_model::Webhook;
use reqwest::RequestBuilder;
use std::path::Path;

pub(crate) const HOME_SECRET: &str = "home-3c59dc048e8850243be8079a5c74d079";
pub(crate) const AWAY_SECRET: &str = "away-b6d767d2f8ed5d21a44b0e5886680cb9";
pub(crate) const NEXT_SECRET: &str = "next-37693cfc748049e45d87b8c7d8b9aacd";
pub(crate) const TOKEN: &str = "alice-1ff1de774005f8da13f42943881c655f";

/// What a Flagger presents.
#[derive(Clone, Copy, Debug)]
pub(crate) enum With<'a> {
    Nothing,
    UserInfo(&'a str),
    Metadata(&'a str),
}

/// A world, and the directories of its secrets.
pub(crate) struct Keyed {
    pub(crate) world: World,
    pub(crate) secrets: tempfile::TempDir,
    pub(crate) operators: tempfile::TempDir,
}

pub(crate) fn write(folder: &Path, name: &str, secret: &str) {
    std::fs::write(folder.join(name), format!("{secret}\n")).unwrap();
}

impl Keyed {
    /// Two regions with a secret each, and one operator; the Flagger of each region presents its own.
    pub(crate) async fn start() -> Self {
        Self::with(Limits::default(), side_by_side()).await
    }

    pub(crate) async fn with(limits: Limits, policy: (Policy, Sources)) -> Self {
        let (secrets, operators) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        write(secrets.path(), HOME, HOME_SECRET);
        write(secrets.path(), AWAY, AWAY_SECRET);
        write(operators.path(), "alice", TOKEN);
        let open = |folder: &tempfile::TempDir, clock: &Clock| {
            Some(SecretDir::open(folder.path(), clock.clone()).unwrap())
        };
        let edge = |clock: &Clock| Edge {
            hook_secrets: open(&secrets, clock),
            operators: open(&operators, clock),
            limits,
            tls: None,
        };
        let world = World::behind(edge, policy).await;
        let mut keyed = Self { world, secrets, operators };
        keyed.present(HOME, With::UserInfo(HOME_SECRET));
        keyed
    }

    /// All eight hooks of `region` as a Canary with this credential has them.
    pub(crate) fn webhooks(&self, region: &str, with: With) -> Vec<Webhook> {
        let base = self.world.base();
        let base = match with {
            With::UserInfo(secret) => base.replace("http://", &format!("http://flagger:{secret}@")),
            With::Nothing | With::Metadata(_) => base,
        };
        let mut hooks = Webhook::all(&base, region, Some(NEW));
        if let With::Metadata(secret) = with {
            for hook in &mut hooks {
                hook.metadata.insert("token".to_owned(), secret.to_owned());
            }
        }
        hooks
    }

    /// From now on the first region's Flagger calls the hooks of `region` so.
    pub(crate) fn present(&mut self, region: &str, with: With) {
        let hooks = self.webhooks(region, with);
        self.world.home().flagger.edit(|spec| spec.webhooks = hooks);
    }

    /// Changes in the directories are seen.
    pub(crate) fn secrets_are_read_again(&self) {
        self.world.advance(Span::from_s(1));
    }

    /// A call of the first region's, ready to be sent.
    pub(crate) fn call(&self, path: &str, body: impl Into<reqwest::Body>) -> RequestBuilder {
        self.world.http.post(format!("{}{path}", self.world.base())).body(body)
    }

    /// Everything that Haldane holds: facts, answers, rollouts.
    pub(crate) async fn held(&self) -> (usize, usize, usize) {
        let store = self.world.store();
        store.flush().await.unwrap();
        let facts = store.facts(SERVICE, 0).await.unwrap().len();
        let rollouts = self.world.rollouts_stored().await;
        let mut answers = 0;
        for rollout in &rollouts {
            answers += store.hooks(&rollout.id, 10_000).await.unwrap().len();
        }
        (facts, answers, rollouts.len())
    }
}

/// The one line of a refusal, checked for what Flagger would misread.
pub(crate) async fn refusal(call: RequestBuilder) -> (u16, String) {
    let reply = call.send().await.unwrap();
    let status = reply.status().as_u16();
    for header in ["location", "retry-after", "www-authenticate"] {
        assert!(!reply.headers().contains_key(header), "{header}");
    }
    let line = reply.text().await.unwrap();
    assert!(!line.is_empty() && !line.contains('\n'), "{line:?}");
    (status, line)
}
