//! Manual gates behind credentials: any region's, or an operator's token.

use crate::keys::{AWAY_SECRET, HOME_SECRET, Keyed, TOKEN, refusal};

const API: &str = r#"{"name":"api","namespace":"fnp"}"#;
const PATHS: [&str; 10] = [
    "/gate/check",
    "/gate/open",
    "/gate/close",
    "/gate/approve",
    "/gate/halt",
    "/rollback/check",
    "/rollback/open",
    "/rollback/close",
    "/gate/%ff",
    "/rollback/%ff",
];

#[tokio::test]
async fn a_gate_obeys_nobody_without_a_credential() {
    let keyed = Keyed::start().await;
    let token = format!(r#"{{"name":"api","namespace":"fnp","metadata":{{"token":"{HOME_SECRET}"}}}}"#);
    for path in PATHS {
        for call in [
            keyed.call(path, API),
            keyed.call(path, token.clone()),
            keyed.call(path, API).basic_auth("x", Some("wrong-wrong-wrong-wrong")),
            keyed.call(path, API).basic_auth("x", Some(TOKEN)),
            keyed.call(path, API).bearer_auth(HOME_SECRET),
        ] {
            assert_eq!(refusal(call).await.0, 401, "{path}");
        }
    }
    let open = |path| keyed.call(path, API).bearer_auth(TOKEN);
    for path in ["/gate/check", "/rollback/check"] {
        assert_eq!(refusal(open(path)).await.0, 403, "{path} was opened by nobody");
    }
}

#[tokio::test]
async fn a_gate_is_opened_by_any_regions_secret_or_an_operators_token() {
    for (user, secret) in [("basic", HOME_SECRET), ("basic", AWAY_SECRET), ("bearer", TOKEN)] {
        let keyed = Keyed::start().await;
        let call = |path| {
            let call = keyed.call(path, API);
            if user == "basic" { call.basic_auth("x", Some(secret)) } else { call.bearer_auth(secret) }
        };
        for (path, status) in
            [("/gate/check", 403), ("/gate/open", 202), ("/gate/check", 200), ("/rollback/check", 403)]
        {
            assert_eq!(call(path).send().await.unwrap().status(), status, "{user} {path}");
        }
        let page = keyed.world.get("/metrics").await.body;
        let refused: Vec<&str> =
            page.lines().filter(|line| line.starts_with("haldane_hook_unauthorised_total{")).collect();
        assert!(!refused.is_empty() && refused.iter().all(|line| line.ends_with(" 0")), "{page}");
    }
}

#[tokio::test]
async fn an_operators_token_ends_with_its_file() {
    let keyed = Keyed::start().await;
    std::fs::remove_file(keyed.operators.path().join("alice")).unwrap();
    keyed.secrets_are_read_again();
    assert_eq!(refusal(keyed.call("/gate/open", API).bearer_auth(TOKEN)).await.0, 401);
}
