//! A new Haldane for every input: engine, store and routes as they are in service, a clock set by hand. New, so that an
//! input does the same wherever it stands in a row.

use super::act::{Act, Call, Traffic, What};
use super::credential::{HOOK_SECRETS, OPERATOR};
use super::ending;
use super::rules::{self, Heard};
use super::traffic::{POLL, increment, past};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request};
use haldane::engine::{Engine, EngineConfig, ScrapeSettings, Service, SyntheticPast};
use haldane::http::{Edge, Limits, routes};
use haldane::policy_file::parse;
use haldane::secrets::SecretDir;
use haldane_clock::Clock;
use haldane_core::increment::Region;
use haldane_core::plan;
use haldane_core::policy::{Mode, Policy, Sources};
use haldane_core::time::{Span, Timestamp};
use haldane_store::Store;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use tower::ServiceExt as _;

pub(super) const SERVICE: &str = "fnp/api";
pub(super) const HOME: &str = "us-east";
pub(super) const AWAY: &str = "eu-central";

/// The longest answer that is read; nothing that one input does fills as much.
const LONGEST: usize = 4 << 20;

/// A short ladder over two regions, one after the other.
const POLICY: &str = include_str!("policy.yaml");

/// One Haldane.
pub(super) struct World {
    pub(super) engine: Engine,
    routes: Router,
    clock: Clock,
    asks_for_credentials: bool,
    /// Everything that callers sent, for what an answer may repeat.
    sent_mark: bool,
    _folder: tempfile::TempDir,
}

impl World {
    /// Starts one. `choice` picks the mode, and whether credentials are asked for.
    pub(super) async fn start(choice: u8) -> Self {
        let clock = Clock::manual(Timestamp::from_s(1_800_000_000));
        let folder = tempfile::tempdir().expect("the system has a directory for temporary files");
        let (policy, sources) = policy(choice);
        // One region knows its past, the other has to begin without.
        let home = Region::from(HOME);
        let known =
            || SyntheticPast { service: SERVICE.to_owned(), past: past(&home, clock.now()), region: home };
        let synthetic = (choice & 8 == 0).then(known).into_iter().collect();
        let config = EngineConfig {
            store: Store::open(&folder.path().join("fuzz.db")).await.expect("a new file becomes a store"),
            clock: clock.clone(),
            scrape: ScrapeSettings { enabled: false, ..ScrapeSettings::default() },
            public_url: None,
            synthetic,
            policies: vec![(policy, sources)],
        };
        let engine = Engine::start(config).await.expect("the store is new and the policy valid");
        let asks_for_credentials = choice & 4 == 0;
        // Four questions a second and forty at once: an input can use that up.
        let limits = Limits { calls_per_s: 4, ..Limits::default() };
        let edge = if asks_for_credentials { guarded(folder.path(), &clock) } else { Edge::default() };
        let edge = Edge { limits, ..edge };
        let routes = routes(engine.clone(), &edge, IpAddr::V4(Ipv4Addr::LOCALHOST));
        Self { engine, routes, clock, asks_for_credentials, sent_mark: false, _folder: folder }
    }

    pub(super) fn service(&self) -> &Service {
        self.engine.service(SERVICE).expect("the policy's service")
    }

    /// Does one thing, and holds what comes of it against the rules.
    pub(super) async fn act(&mut self, act: Act<'_>) {
        match act {
            Act::Pause(s) => self.clock.set(self.clock.now() + Span::from_s(i64::from(s))),
            Act::Poll(traffic, times) => {
                for _ in 0..times {
                    self.poll(traffic).await;
                }
            }
            Act::Call(call) => self.call(&call).await,
        }
    }

    async fn poll(&self, traffic: Traffic) {
        self.clock.set(self.clock.now() + POLL);
        let service = self.service();
        for region in service.policy().regions.iter().map(|r| &r.name) {
            let state = &service.published().state;
            let weight = state.rollouts.get(region).and_then(|r| r.weight()).unwrap_or(0);
            let arms = plan::arms(state, region);
            service.ingest(increment(region, self.clock.now(), arms, traffic, weight)).await;
        }
        service.settled().await;
    }

    async fn call(&mut self, call: &Call<'_>) {
        let (body, has_token) = call.who.body(call.body);
        let Some((method, address)) = self.address(&call.what) else { return };
        let Ok(uri) = address.parse::<axum::http::Uri>() else { return };
        let mut request = Request::new(Body::from(body));
        (*request.method_mut(), *request.uri_mut()) = (method, uri);
        *request.headers_mut() = call.who.headers();
        let answer = self.routes.clone().oneshot(request).await;
        let answer = answer.unwrap_or_else(|never| match never {});
        let (head, body) = answer.into_parts();
        let body = to_bytes(body, LONGEST).await.expect("an answer comes to an end before the bound");
        self.sent_mark |= rules::has_mark(call.body) || rules::has_mark(address.as_bytes());
        rules::holds(self, &Heard { call, has_token, head: &head, body: &body });
    }

    /// What is called with which method; nothing for a rollout that is not there.
    fn address(&self, what: &What<'_>) -> Option<(Method, String)> {
        let id = |region: &str| {
            let published = self.service().published();
            published.state.rollouts.get(&Region::from(region)).map(|r| r.id.to_string())
        };
        Some(match what {
            What::Hook(region, hook) => (Method::POST, format!("/hooks/{region}/{hook}")),
            What::Gate(kind, action) => (Method::POST, format!("/{kind}/{action}")),
            What::Order(region) => (Method::POST, format!("/api/v1/rollouts/{}/orders", id(region)?)),
            What::Get(address) => (Method::GET, (*address).to_owned()),
            What::Rollout(region, before) => (Method::GET, format!("{before}{}", id(region)?)),
            What::Any(method, address) => (method.clone(), format!("/{address}")),
        })
    }

    /// Whether hooks and gates ask for credentials.
    pub(super) const fn asks_for_credentials(&self) -> bool {
        self.asks_for_credentials
    }

    /// Whether some caller wrote a secret where it may be repeated.
    pub(super) const fn sent_mark(&self) -> bool {
        self.sent_mark
    }

    /// Holds the store against what was published, and stops.
    pub(super) async fn end(self) {
        ending::holds(&self).await;
        let Self { engine, routes, _folder, .. } = self;
        drop(routes);
        engine.stop().await.expect("the store closes");
    }
}

fn policy(choice: u8) -> (Policy, Sources) {
    let (mut policy, sources) = parse("policy.yaml", POLICY).expect("the policy of this harness is valid");
    policy.mode = [Mode::Enforce, Mode::Guard, Mode::Shadow, Mode::Enforce][usize::from(choice & 3)];
    (policy, sources)
}

/// An edge that knows two Flaggers and one person.
fn guarded(folder: &Path, clock: &Clock) -> Edge {
    let dir = |name: &str, secrets: &[(&str, &str)]| {
        let place = folder.join(name);
        std::fs::create_dir(&place).expect("the folder is new");
        for (owner, secret) in secrets {
            std::fs::write(place.join(owner), secret).expect("the folder can be written");
        }
        SecretDir::open(&place, clock.clone()).expect("the secrets are long enough, and different")
    };
    Edge {
        hook_secrets: Some(dir("hooks", &HOOK_SECRETS)),
        operators: Some(dir("operators", &[OPERATOR])),
        ..Edge::default()
    }
}
