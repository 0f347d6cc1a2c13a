//! A person's freeze of a region or a service: who may, what is recorded, what is shown.

use crate::orders::{TOKEN, taking_orders, taking_orders_of};
use crate::policy::{AWAY, HOME, SERVICE, in_order};
use crate::traffic::Traffic;
use crate::world::{World, status_of};
use haldane_flagger_model::HookKind::{ConfirmTrafficIncrease, Rollback};
use haldane_flagger_model::Phase::{Failed, Progressing};
use serde_json::{Value, json};

impl World {
    async fn say(&self, token: Option<&str>, word: &str, body: Value) -> (u16, Value) {
        let url = format!("{}/api/v1/services/{SERVICE}/{word}", self.base());
        let mut call = self.http.post(url).body(body.to_string());
        if let Some(token) = token {
            call = call.bearer_auth(token);
        }
        let response = call.send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    async fn frozen_facts(&self) -> Vec<(i64, String)> {
        let facts = self.store().facts(SERVICE, 0).await.unwrap();
        let frozen = facts.into_iter().filter(|fact| fact.body.contains("\"fact\":\"frozen\""));
        frozen.map(|fact| (fact.as_of.as_us(), fact.body)).collect()
    }
}

fn regions(answer: &Value) -> Vec<&str> {
    answer["frozen"].as_array().unwrap().iter().map(|f| f["region"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_service_is_frozen_in_every_region_at_once_and_thawed_region_by_region() {
    let (world, _tokens) = taking_orders_of(in_order()).await;
    let (status, answer) = world.say(Some(TOKEN), "freeze", json!({"reason": "incident <4711>"})).await;
    assert_eq!((status, regions(&answer)), (200, vec![HOME, AWAY]));
    assert_eq!(
        (&answer["frozen"][0]["by"], &answer["frozen"][0]["reason"]),
        (&json!("ann"), &json!("incident <4711>"))
    );
    let facts = world.frozen_facts().await;
    assert_eq!(facts.len(), 2, "one fact a region: {facts:?}");
    assert_eq!(facts[0].0, facts[1].0);
    let shown: Value =
        serde_json::from_str(&world.get(&format!("/api/v1/services/{SERVICE}")).await.body).unwrap();
    assert_eq!(shown["regions"][1]["frozen"]["reason"], "incident <4711>");
    let page = world.get("/").await.body;
    assert!(page.contains("us-east is frozen by ann: incident &#60;4711&#62;"), "{page}");

    let thawed = world.say(Some(TOKEN), "thaw", json!({"reason": "over", "region": HOME, "by": "ann"})).await;
    assert_eq!((thawed.0, regions(&thawed.1)), (200, vec![AWAY]));
    assert_eq!(world.frozen_facts().await.len(), 3);
}

#[tokio::test]
async fn saying_it_twice_does_nothing_twice_and_keeps_the_first_reason() {
    let (mut world, _tokens) = taking_orders("enforce").await;
    for reason in ["first", "second"] {
        let (status, answer) = world.say(Some(TOKEN), "freeze", json!({"reason": reason})).await;
        assert_eq!((status, &answer["frozen"][0]["reason"]), (200, &json!("first")));
    }
    assert_eq!(world.frozen_facts().await.len(), 1);
    world.stop_haldane().await;
    world.start_haldane().await;
    assert_eq!(world.published().state.frozen.len(), 1, "it outlives the process");
    for _ in 0..2 {
        let (status, answer) = world.say(Some(TOKEN), "thaw", json!({"reason": "over"})).await;
        assert_eq!((status, regions(&answer).len()), (200, 0));
    }
    assert_eq!(world.frozen_facts().await.len(), 2);
}

#[tokio::test]
async fn nobody_freezes_without_a_token_in_another_s_name_or_in_shadow_mode() {
    let (world, _tokens) = taking_orders("enforce").await;
    let refused = async |token, body: Value, status: u16, said: &str| {
        let (answered, answer) = world.say(token, "freeze", body).await;
        assert_eq!(answered, status, "{answer}");
        assert!(answer["error"].as_str().unwrap().contains(said), "{answer}");
    };
    refused(None, json!({"reason": "x"}), 401, "no operator has this token").await;
    refused(Some("bob-0123456789abcdef"), json!({"reason": "x"}), 401, "no operator has this token").await;
    refused(Some(TOKEN), json!({"reason": "x", "by": "bob"}), 400, "the token is ann's").await;
    refused(Some(TOKEN), json!({"reason": " "}), 400, "reason").await;
    refused(Some(TOKEN), json!({"reason": "x", "regoin": HOME}), 400, "this is no order").await;
    refused(Some(TOKEN), json!({"reason": "x", "region": "mars"}), 404, "has no region mars; it has us-east")
        .await;
    assert!(world.frozen_facts().await.is_empty());
    let (on_trial, _tokens) = taking_orders("shadow").await;
    let (status, answer) = on_trial.say(Some(TOKEN), "freeze", json!({"reason": "x"})).await;
    assert!(status == 409 && answer["error"].as_str().unwrap().contains("a policy on trial acts on nothing"));
    assert!(on_trial.frozen_facts().await.is_empty());
}

#[tokio::test]
async fn a_freeze_holds_the_traffic_costs_no_failed_check_and_a_breach_rolls_back_all_the_same() {
    for breaks in [false, true] {
        let (mut world, _tokens) = taking_orders("enforce").await;
        world.climb_to(5).await;
        world.poll_until("advance").await;
        assert_eq!(world.say(Some(TOKEN), "freeze", json!({"reason": "a sale"})).await.0, 200);
        for _ in 0..10 {
            world.healthy_poll().await;
            let report = world.tick().await;
            assert_eq!(status_of(&report, ConfirmTrafficIncrease), Some(403));
            assert_eq!(status_of(&report, Rollback), Some(403));
            let effect = world.effect();
            assert_eq!((effect.weight, effect.failed_checks, effect.phase), (5, 0, Progressing));
        }
        if breaks {
            world.home().traffic = Traffic::Sick;
            world.poll_until("rollback").await;
            world.tick().await;
            assert_eq!(world.effect().phase, Failed);
        } else {
            let reason = world.ask("confirm-traffic-increase").await.body;
            assert!(reason.starts_with("hold: frozen by ann: a sale"), "{reason}");
            assert_eq!(world.say(Some(TOKEN), "thaw", json!({"reason": "over"})).await.0, 200);
            world.healthy_poll().await;
            world.tick().await;
            assert_eq!(world.effect().weight, 50);
        }
    }
}
