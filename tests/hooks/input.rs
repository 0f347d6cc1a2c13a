//! Calls that cannot be used: 4xx, one line, and nothing of them in the store.

use crate::log::Log;
use crate::policy::{HOME, SERVICE, one_region};
use crate::world::{Reply, World};
use reqwest::Method;

/// What the store holds of the one rollout there is: facts, answers, rollouts.
async fn held(world: &World) -> (usize, usize, usize) {
    world.store().flush().await.unwrap();
    let facts = world.store().facts(SERVICE, 0).await.unwrap().len();
    let answers = world.store().hooks(&world.rollout().id.0, 10_000).await.unwrap().len();
    (facts, answers, world.rollouts_stored().await.len())
}

async fn under_way() -> World {
    let mut world = World::start(one_region()).await;
    world.climb_to(5).await;
    world
}

fn assert_refused(reply: &Reply, status: u16, what: &str) {
    assert_eq!(reply.status, status, "{what}: {}", reply.body);
    assert!(!reply.body.is_empty() && !reply.body.contains('\n'), "{what}: {:?}", reply.body);
    assert!(!reply.headers.contains_key("location") && !reply.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn a_body_that_is_no_payload_is_a_400_and_stores_nothing() {
    let world = under_way().await;
    let before = held(&world).await;
    let long = format!(r#"{{"name":"api","namespace":"fnp","checksum":"{}"}}"#, "x".repeat(300));
    let bodies = [
        "",
        "{",
        "null",
        "[]",
        "\u{0}\u{1}",
        r#"{"name":"api"}"#,
        r#"{"name":"../etc/passwd","namespace":"fnp"}"#,
        r#"{"name":"api","namespace":"FNP"}"#,
        r#"{"name":"<script>alert(1)</script>","namespace":"fnp"}"#,
        r#"{"name":"api\nx","namespace":"fnp"}"#,
        r#"{"name":"api","namespace":"fnp","metadata":{"release":7}}"#,
        r#"{"name":"api","namespace":"fnp","metadata":{"release":"a\nb"}}"#,
        r#"{"name":"api","namespace":"fnp","phase":"a\u0000b"}"#,
        &long,
    ];
    for hook in ["rollback", "confirm-rollout", "event", "post-rollout", "rollout"] {
        for body in bodies {
            let reply = world.post(&format!("/hooks/us-east/{hook}"), body.to_owned()).await;
            assert_refused(&reply, 400, body);
        }
    }
    assert_eq!(held(&world).await, before);
}

#[tokio::test]
async fn a_body_over_64_kib_is_a_413_and_one_of_64_kib_is_read() {
    let world = under_way().await;
    let before = held(&world).await;
    let of = |bytes: usize| {
        let empty = r#"{"name":"api","namespace":"fnp","metadata":{"x":""}}"#;
        empty.replace(r#""x":"""#, &format!(r#""x":"{}""#, "y".repeat(bytes - empty.len())))
    };
    assert_eq!(of(65_536).len(), 65_536);
    assert_refused(&world.post("/hooks/us-east/rollback", of(65_537)).await, 413, "65537");
    assert_refused(&world.post("/hooks/us-east/rollback", of(1_000_000)).await, 413, "1000000");
    assert_eq!(held(&world).await, before);
    assert_eq!(world.post("/hooks/us-east/rollback", of(65_536)).await.status, 403);
}

#[tokio::test]
async fn an_unknown_region_service_or_hook_is_a_404_and_stores_nothing() {
    let world = under_way().await;
    let before = held(&world).await;
    let ours = r#"{"name":"api","namespace":"fnp"}"#;
    for (path, body) in [
        ("/hooks/mars/rollback", ours),
        ("/hooks/us-east%2F..%2F/rollback", ours),
        ("/hooks/%3Cscript%3E/rollback", ours),
        ("/hooks/us-east/promote", ours),
        ("/hooks/us-east/Rollback", ours),
        ("/hooks/us-east/rollback", r#"{"name":"web","namespace":"fnp"}"#),
        ("/hooks/us-east/confirm-rollout", r#"{"name":"api","namespace":"other"}"#),
    ] {
        assert_refused(&world.post(path, body).await, 404, path);
    }
    assert_eq!(held(&world).await, before);
    assert!(world.store().services().await.unwrap().iter().all(|s| s == SERVICE));
}

#[tokio::test]
async fn other_addresses_and_methods_are_refused_and_never_redirected() {
    let world = under_way().await;
    let before = held(&world).await;
    let body = r#"{"name":"api","namespace":"fnp"}"#;
    for (path, status) in [
        ("/hooks/us-east/rollback/", 404),
        ("/hooks/us-east/", 404),
        ("/hooks/us-east", 404),
        ("/hooks//rollback", 404),
        ("//hooks/us-east/rollback", 404),
        ("/hooks/us-east/rollback/x", 404),
        ("/anything", 404),
        ("/gate/check/", 404),
    ] {
        let reply = world.post(path, body).await;
        assert_eq!(reply.status, status, "{path}");
        assert!(!reply.headers.contains_key("location"), "{path}");
    }
    for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH, Method::HEAD] {
        let reply = world.send(method.clone(), "/hooks/us-east/rollback", body).await;
        assert_eq!(reply.status, 405, "{method}");
    }
    assert_eq!(world.post("/", body).await.status, 405);
    assert_eq!(held(&world).await, before);
}

#[tokio::test]
async fn a_hostile_release_name_is_text_on_every_page() {
    let mut world = World::start(one_region()).await;
    let hostile = r#"<script>alert("x")</script>'><img src=x onerror=alert(1)>"#;
    let hooks = haldane_flagger_model::Webhook::all(&world.base(), HOME, Some(hostile));
    world.home().flagger.edit(|spec| spec.webhooks = hooks);
    world.climb_to(5).await;
    let id = world.rollout().id;
    assert_eq!(world.rollout().release.as_deref(), Some(hostile));
    for path in ["/".to_owned(), format!("/rollouts/{id}")] {
        let reply = world.get(&path).await;
        assert_eq!(reply.status, 200);
        assert!(!reply.body.contains("<script") && !reply.body.contains("<img"), "{path}: {}", reply.body);
        assert!(reply.body.contains("&#60;script&#62;") || reply.body.contains("&lt;script&gt;"), "{path}");
        let policy = reply.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'none'"), "{policy}");
    }
    let reply = world.get(&format!("/api/v1/rollouts/{id}")).await;
    let report: serde_json::Value = serde_json::from_str(&reply.body).unwrap();
    assert_eq!(report["release"], hostile);
    assert_eq!(reply.headers["content-type"], "application/json");
}

#[tokio::test]
async fn a_token_in_the_metadata_is_in_no_store_page_answer_or_log() {
    const TOKEN: &str = "hunter2-hunter2";
    let log = Log::listen();
    let mut world = World::start(one_region()).await;
    world.home().flagger.edit(|spec| {
        for hook in &mut spec.webhooks {
            hook.metadata.insert("token".to_owned(), TOKEN.to_owned());
        }
    });
    world.climb_to(50).await;
    let number = format!(r#"{{"name":"api","namespace":"fnp","metadata":{{"token":["{TOKEN}"]}}}}"#);
    let broken = format!(r#"{{"name":"api","namespace":"fnp","metadata":{{"token":"{TOKEN}""#);
    let alien = format!(r#"{{"name":"web","namespace":"fnp","metadata":{{"token":"{TOKEN}"}}}}"#);
    for body in [number, broken, alien] {
        let reply = world.post("/hooks/us-east/rollback", body).await;
        assert!(reply.status >= 400 && !reply.body.contains(TOKEN), "{}", reply.body);
    }
    let id = world.rollout().id;
    world.store().flush().await.unwrap();
    let answers = world.store().hooks(&id.0, 10_000).await.unwrap();
    assert!(answers.iter().any(|a| a.payload.contains("release")), "payloads are recorded");
    for path in ["/", "/metrics", "/readyz", &format!("/rollouts/{id}"), &format!("/api/v1/rollouts/{id}")] {
        assert!(!world.get(path).await.body.contains(TOKEN), "{path}");
    }
    let folder = world.db().parent().unwrap().to_owned();
    for file in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains(TOKEN));
    }
    let logged = log.text();
    assert!(logged.contains("decision changed"), "the log is heard");
    assert!(!logged.contains(TOKEN));
}
