//! Releases over all regions: over the API, as a page, and from the store.

use crate::policy::{AWAY, HOME, guarded, in_order};
use crate::world::{NEW, World};
use haldane::report::{release_store, release_text};
use haldane_core::guard::Seen;
use haldane_flagger_model::Phase::Succeeded;
use haldane_flagger_model::Webhook;
use serde_json::Value;

async fn releases(world: &World) -> Value {
    let reply = world.get("/api/v1/releases").await;
    assert_eq!(reply.status, 200);
    serde_json::from_str(&reply.body).unwrap()
}

#[tokio::test]
async fn a_release_is_told_region_by_region_with_what_each_waits_for() {
    let mut world = World::start(guarded(in_order())).await;
    world.poll().await;
    world.climb_to(5).await;
    let all = releases(&world).await;
    assert_eq!(
        (all.as_array().unwrap().len(), &all[0]["release"], &all[0]["service"]),
        (1, &NEW.into(), &"fnp/api".into())
    );
    let (home, away) = (&all[0]["regions"][0], &all[0]["regions"][1]);
    assert_eq!(
        (&home["region"], &home["standing"], &home["weight_percent"]),
        (&HOME.into(), &"progressing".into(), &5.into())
    );
    assert_eq!(
        (&away["region"], &away["standing"], &away["after"][0]),
        (&AWAY.into(), &"not-begun".into(), &HOME.into())
    );
    assert_eq!(away["waits_for"][0], "us-east has not promoted this release");
    let events: Vec<&str> =
        home["timeline"].as_array().unwrap().iter().map(|m| m["event"].as_str().unwrap()).collect();
    assert!(events.starts_with(&["opened", "admitted"]) && events.contains(&"weight"), "{events:?}");

    world.until_phase(HOME, Succeeded).await;
    world.poll().await;
    let all = releases(&world).await;
    let home = &all[0]["regions"][0];
    assert_eq!(home["standing"], "promoted");
    assert!(home["bake_left_s"].as_f64().is_some_and(|left| left > 0.0 && left <= 300.0), "{home}");
    assert_eq!(world.get("/api/v1/releases/9.9.9").await.status, 404);
    let one: Value = serde_json::from_str(&world.get(&format!("/api/v1/releases/{NEW}")).await.body).unwrap();
    assert_eq!(one.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_page_of_a_release_shows_every_region_its_guards_and_no_script() {
    let mut world = World::start(guarded(in_order())).await;
    world.poll().await;
    let named = "ghcr.io/fnp/api:2.0.0-<b>";
    let hooks = Webhook::all(&world.base(), HOME, Some(named));
    world.home().flagger.edit(|spec| spec.webhooks = hooks);
    let lags = Seen::Level { level: 9.0, what: None };
    world.guards.insert((AWAY.to_owned(), "lag".to_owned()), lags);
    world.climb_to(5).await;
    let index = world.get("/").await.body;
    let href = "/releases/ghcr.io%2Ffnp%2Fapi%3A2.0.0-%3Cb%3E";
    assert!(index.contains(&format!("href=\"{href}\"")), "{index}");
    let reply = world.get(href).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let policy = reply.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    let page = reply.body;
    for shown in [
        "<svg",
        "us-east",
        "eu-central",
        "not-begun",
        "region-up",
        "guard lag in eu-central",
        "us-east has not promoted",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    assert!(!page.contains("<b>") && !page.contains("<script"), "{page}");
    assert!(world.get(&format!("/rollouts/{}", world.rollout().id)).await.body.contains(href));
    // An address whose slashes somebody decoded on the way is the same.
    assert_eq!(world.get("/releases/ghcr.io/fnp/api:2.0.0-%3Cb%3E").await.status, 200);
}

#[tokio::test]
async fn a_store_that_nobody_serves_tells_the_same() {
    let mut world = World::start(in_order()).await;
    world.until_phase(HOME, Succeeded).await;
    let served = releases(&world).await;
    let stored = release_store::from_store(world.store()).await.unwrap();
    let shown = |report: &Value| {
        let regions = report["regions"].as_array().unwrap().iter();
        regions
            .map(|r| (r["region"].clone(), r["standing"].clone(), r["timeline"].clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(shown(&serde_json::to_value(&stored[0]).unwrap()), shown(&served[0]));
    let text = release_text::render(&stored[0]);
    assert!(text.starts_with("release   2.0.0  of fnp/api\n"), "{text}");
    assert!(
        text.contains("us-east (active): promoted\n")
            && text.contains("eu-central (active, after us-east): not-begun"),
        "{text}"
    );
}
