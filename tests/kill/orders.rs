//! The command line that orders, against the real service: what it prints, its exit codes, and a `kill -9` after it.

use crate::service::{Place, Service, ended, haldane};
use crate::world::policy;
use serde_json::json;

const TOKEN: &str = "ann-0123456789abcdef";

/// `haldane` with these arguments and ann's token: its exit code, and all that it wrote.
async fn order(service: &Service, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = haldane();
    command.args(arguments).args(["--reason", "a sale", "--server", service.base_url()]);
    let output = ended(command.env("HALDANE_TOKEN", TOKEN)).await;
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_of_the_command_line_stand_survive_a_kill_and_are_refused_in_words() {
    let [canary, primary] = [9, 10].map(|port| [format!("http://127.0.0.1:{port}/metrics")]);
    let place = Place::new(&policy(&canary, &primary));
    let tokens = place.directory.path().join("operators");
    std::fs::create_dir(&tokens).unwrap();
    std::fs::write(tokens.join("ann"), TOKEN).unwrap();
    let serve = async || {
        let mut command = place.command();
        Service::start(command.arg("--operator-tokens").arg(&tokens), &place.directory.path().join("log"))
            .await
    };
    let service = serve().await;
    let (code, text) = order(&service, &["hold", "us-east"]).await;
    assert!(code == Some(2) && text.contains("no rollout is under way at \"us-east\""), "{code:?} {text}");
    let payload =
        json!({"name": "api", "namespace": "fnp", "phase": "Initialized", "metadata": {"release": "2"}});
    assert_eq!(service.hook("confirm-rollout", &payload).await.0, 200);
    let (code, text) = order(&service, &["hold", "fnp/api@us-east"]).await;
    assert!(code == Some(0) && text.ends_with("us-east is held by ann: a sale.\n"), "{code:?} {text}");
    service.kill().await;

    let service = serve().await;
    assert_eq!(service.rollout().await.standing, "held");
    assert_eq!(
        service.hook("confirm-rollout", &payload).await,
        (403, "hold: held by ann: a sale".to_owned())
    );
    let (code, text) = order(&service, &["approve", "us-east"]).await;
    assert!(code == Some(1) && text.contains("this run is held by ann; resume it first"), "{code:?} {text}");
    assert_eq!(order(&service, &["resume", "us-east"]).await.0, Some(0));
    let (code, text) = order(&service, &["gate", "freeze", "fnp/api"]).await;
    assert!(code == Some(0) && text.contains("us-east"), "{code:?} {text}");
    let asked = service.hook("confirm-rollout", &payload).await;
    assert!(asked.0 == 403 && asked.1.contains("frozen by ann: a sale"), "{asked:?}");
    let (code, text) = order(&service, &["gate", "thaw", "fnp/api", "--region", "us-west"]).await;
    assert!(code == Some(1) && text.contains("has no region us-west"), "{code:?} {text}");
    assert_eq!(order(&service, &["gate", "thaw", "fnp/api"]).await.0, Some(0));
    let (code, text) = order(&service, &["approve", "us-east"]).await;
    assert!(code == Some(0) && text.contains("approve at 0 % stands"), "{code:?} {text}");
    let id = service.rollout().await.id;
    assert_eq!(order(&service, &["rollback", &id]).await.0, Some(0));
    assert_eq!(service.rollout().await.standing, "rolling-back");
    assert!(!place.log().contains(TOKEN));
    service.stop().await;
    let mut report = haldane();
    let report = ended(report.args(["report", "--release", "2", "--db"]).arg(place.db())).await;
    let text = String::from_utf8(report.stdout).unwrap();
    assert!(report.status.success() && text.contains("us-east"), "{text}");
    let mut nobody = haldane();
    nobody.args(["hold", "us-east", "--reason", "x", "--server", "http://127.0.0.1:9"]);
    assert_eq!(ended(nobody.env("HALDANE_TOKEN", TOKEN)).await.status.code(), Some(2));
    assert_eq!(ended(nobody.env_remove("HALDANE_TOKEN")).await.status.code(), Some(2), "no token");
}
