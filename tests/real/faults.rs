//! Everything failing, on real parts: each fault falls into a step that would otherwise be left, and lasts longer than
//! the step has to be observed. Nothing moves, the report names the cause, and all goes on without hands afterwards.

use crate::front::{Front, Mode};
use crate::scene::{Scene, Setting};
use crate::table::{Row, Table, without_numbers};
use haldane_clock::Clock;
use haldane_core::time::Span;
use haldane_world::{Arm, WorldConfig};

const KILLED: &str = "Prometheus is killed";
const HUNG: &str = "Prometheus hangs";
const EMPTIED: &str = "Prometheus comes back with an emptied store";
const UNAVAILABLE: &str = "Prometheus answers 503";
const STALE: &str = "Prometheus, or a cache before it, answers with old data";
const AHEAD: &str = "Haldane's clock is 30 s ahead of Prometheus'";
const BEHIND: &str = "Haldane's clock is 30 s behind Prometheus'";
const LOST: &str = "The canary's targets are lost (service discovery)";
const RESTARTED: &str = "A canary's pod is restarted once";
const TWICE: &str = "A canary's pod is scraped twice, under two labels";
const CRASH_LOOP: &str = "The canary crash-loops, healthy in its own counters";

const TABLE: Table = Table {
    section: "real parts",
    faults: &[KILLED, HUNG, EMPTIED, UNAVAILABLE, STALE, AHEAD, BEHIND, LOST, RESTARTED, TWICE, CRASH_LOOP],
};

fn world(seed: u64) -> WorldConfig {
    let mut config = WorldConfig::new("us-east", seed).with_history(Span::from_min(70));
    (config.requests_per_s, config.canary_pods) = (400, 2);
    config
}

/// Rules under which a step is left as soon as it has been observed: the fault alone keeps it.
fn lax() -> Setting {
    Setting { error_limit: "1%", ..Setting::default() }
}

/// Three rollouts side by side: they wait much and compute little.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_fails_nothing_moves_the_cause_is_named_and_all_goes_on_without_hands() {
    tokio::join!(prometheus_fails(), a_front_fails_with_a_clock_ahead(), pods_fail_with_a_clock_behind());
    TABLE.is_whole();
}

async fn prometheus_fails() {
    let scene = Scene::start_with(world(41), lax()).await;
    scene.release().await;

    scene.at(5).await;
    scene.world.prometheus().kill().await.unwrap();
    let noticed = scene.notices(KILLED, 5, "cannot be reached").await;
    let killed = scene.holds_through(noticed, "restarted, it still knows its past: 50 % follows").await;
    scene.world.prometheus().start().await.unwrap();

    scene.at(50).await;
    TABLE.tell(&killed);
    scene.world.prometheus().pause().await.unwrap();
    let noticed = scene.notices(HUNG, 50, "did not answer").await;
    let hung = scene.holds_through(noticed, "it answers again: 100 % follows").await;
    scene.world.prometheus().resume().await.unwrap();

    scene.at(100).await;
    TABLE.tell(&hung);
    scene.world.prometheus().kill().await.unwrap();
    let noticed = scene.notices(EMPTIED, 100, "cannot be reached").await;
    let end = "counters are the pods' own, nothing is counted twice: promoted";
    let emptied = scene.holds_through(noticed, end).await;
    scene.world.prometheus().restart_emptied().await.unwrap();

    scene.is_promoted().await;
    TABLE.tell(&emptied);
}

async fn a_front_fails_with_a_clock_ahead() {
    let ahead = Setting { ahead: Span::from_s(30), fronted: true, ..lax() };
    let scene = Scene::start_with(world(42), ahead).await;
    let front = |scene: &'_ Scene, mode| Front::set(scene.front.as_ref().unwrap(), mode);
    scene.release().await;

    scene.at(5).await;
    front(&scene, Mode::Unavailable);
    let noticed = scene.notices(UNAVAILABLE, 5, "answered HTTP 503").await;
    let unavailable = scene.holds_through(noticed, "it answers again: 50 % follows").await;
    front(&scene, Mode::Open);

    scene.at(50).await;
    TABLE.tell(&unavailable);
    front(&scene, Mode::Stale(Clock::real().now().as_us() as f64 / 1e6));
    let noticed = scene.notices(STALE, 50, "nothing new of the canary").await;
    let stale = scene.holds_through(noticed, "new data is one long interval: 100 % follows").await;
    front(&scene, Mode::Open);

    scene.at(100).await;
    TABLE.tell(&stale);
    let pods = scene.world.pods(Arm::Canary).await;
    pods.iter().for_each(|pod| scene.world.prometheus().lose_target(&pod.name).unwrap());
    let noticed = scene.notices(LOST, 100, "nothing new of the canary").await;
    let lost = scene.holds_through(noticed, "found again, each begins anew: promoted").await;
    for pod in pods {
        scene.world.prometheus().find_target(Arm::Canary, &pod.name, pod.port).unwrap();
    }

    scene.is_promoted().await;
    TABLE.tell(&lost);
    TABLE.tell(&clocks(AHEAD, &scene));
}

async fn pods_fail_with_a_clock_behind() {
    let behind = Setting { ahead: Span::from_s(-30), ..lax() };
    let scene = Scene::start_with(world(43), behind).await;
    scene.release().await;

    scene.at(5).await;
    // A restart shows where a counter falls; one that has not counted yet has nowhere to fall.
    scene.has_served(60).await;
    restart(&scene).await;
    let noticed = scene.notices(RESTARTED, 5, "began anew once").await;
    // Over at once, and held for as long as the step is observed: eight seconds, four ticks.
    let end = "a whole observation without a restart: 50 % follows";
    let restarted = scene.holds_for(noticed, 3, end).await;

    scene.at(50).await;
    TABLE.tell(&restarted);
    let pod = scene.world.pods(Arm::Canary).await.remove(0);
    scene.world.prometheus().scrape_twice(&pod.name, pod.port).unwrap();
    let noticed = scene.notices(TWICE, 50, "is scraped twice").await;
    let twice = scene.holds_through(noticed, "scraped once again: 100 % follows").await;
    scene.world.prometheus().lose_target(&pod.name).unwrap();
    scene.world.prometheus().find_target(Arm::Canary, &pod.name, pod.port).unwrap();

    scene.at(100).await;
    TABLE.tell(&twice);
    let looping = async |lives: u32| {
        for _ in 0..lives {
            restart(&scene).await;
            Clock::real().sleep(Span::from_s(3)).await;
        }
    };
    looping(2).await;
    let noticed = scene.notices(CRASH_LOOP, 100, "times in this step").await;
    let end = "once it stays up, a whole observation: promoted";
    let (crash_loop, ()) = tokio::join!(scene.holds_through(noticed, end), looping(4));

    scene.is_promoted().await;
    TABLE.tell(&crash_loop);
    TABLE.tell(&clocks(BEHIND, &scene));
}

/// A canary's pod dies and is there again at once: between two scrapes, as a container restarts.
async fn restart(scene: &Scene) {
    let pod = scene.world.pods(Arm::Canary).await.remove(0);
    scene.world.kill_pod(&pod.name).await.unwrap();
    scene.world.respawn_pod(&pod.name).await.unwrap();
}

/// What clocks that differ did to a whole rollout: nothing.
fn clocks(fault: &'static str, scene: &Scene) -> Row {
    let log = scene.haldane.log();
    let warned = log.lines().find(|line| line.contains("clocks differ")).expect(&log);
    let (_, warning) = warned.split_once("clocks differ").unwrap();
    Row {
        fault,
        flagger: "every answer as without it".to_owned(),
        report: format!("in the log: clocks differ{}", without_numbers(warning)),
        end: "samples are read by their own clock: promoted".to_owned(),
    }
}
