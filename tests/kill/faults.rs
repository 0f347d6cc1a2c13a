//! Faults of Haldane's own process and of the file that it keeps, one test each, and one row each in
//! `docs/OPERATIONS.md`.
//!
//! What breaks is real: signals, limits of the system, bytes of the file. Nothing may advance and nothing may go back
//! while it lasts, whoever looks must be told, and what can go on by itself afterwards must.

mod running;
mod starting;

use crate::fault_table::{Row, Table, flagger_saw, without_numbers};
use crate::service::{Place, Service};
use crate::world::{NEW, OLD, World, policy};
use haldane_clock::Clock;
use haldane_flagger_model::{CanarySpec, Flagger, HookKind, TickReport, Webhook};
use std::path::PathBuf;

pub(crate) const KILLED: &str = "Haldane is killed (`kill -9`), once in each step";
const HUNG: &str = "Haldane hangs (`SIGSTOP`)";
const FULL: &str = "the disk takes no more while Haldane runs";
const LOCKED: &str = "another program holds the store's lock (a `sqlite3` shell)";
const READ_ONLY: &str = "the store's file becomes read-only";
const DAMAGED: &str = "the store's file is damaged when Haldane starts";
const CUT: &str = "the store's file is cut to nothing while Haldane runs";

pub(crate) const FAULTS: Table =
    Table { section: "process", faults: &[KILLED, HUNG, FULL, LOCKED, READ_ONLY, DAMAGED, CUT] };

/// As fast as in the other tests of whole rollouts.
const FACTOR: f64 = 240.0;

const INCREASE: HookKind = HookKind::ConfirmTrafficIncrease;

#[test]
fn the_table_has_a_row_for_every_fault() {
    FAULTS.is_whole();
}

/// Tells a row: what Flagger saw in these ticks (failed checks are refused at each of them), what was said, the end.
pub(crate) fn tell(fault: &'static str, ticks: &[TickReport], report: &str, end: &str) {
    let (flagger, report) = (flagger_saw(ticks, 0), without_numbers(report));
    FAULTS.tell(&Row { fault, flagger, report, end: end.to_owned() });
}

/// A region at 5 % whose next question would be answered yes; Flagger does not tick.
async fn ready_at_5(world: &mut World, service: &Service) {
    world.deploy(service);
    world.until(service, "at 5 %", |s| s.weight_percent == Some(5)).await;
    world.without_a_tick(service, |s| s.decision.as_deref() == Some("advance")).await;
}

/// Ticks while something is broken: the weight stays. At least `count`, and on until one got an answer like this to
/// its question for more traffic.
async fn held(world: &mut World, count: usize) -> Vec<TickReport> {
    let mut ticks = Vec::new();
    for _ in 0..count {
        let report = world.tick().await;
        assert!(report.call(INCREASE).is_some_and(|call| call.outcome.is_err()), "{report:#?}");
        assert_eq!(world.live().canary_weight, 5, "{report:#?}");
        ticks.push(report);
    }
    ticks
}

/// A service whose pods nobody has started, and its Flagger: enough for admission, and quiet.
struct Quiet {
    place: Place,
    flagger: Flagger,
    ticks: Vec<TickReport>,
}

impl Quiet {
    fn new() -> Self {
        let [canary, primary] = [9, 10].map(|port| [format!("http://127.0.0.1:{port}/metrics")]);
        let place = Place::new(&policy(&canary, &primary));
        let spec = CanarySpec::new("fnp", "api", &[5, 50, 100], Vec::new());
        Self { place, flagger: Flagger::new(spec, OLD, Clock::real()), ticks: Vec::new() }
    }

    /// The new version is there, and Flagger asks this service.
    fn deploy(&self, service: &Service) {
        let webhooks = Webhook::haldane_set(service.base_url(), "us-east", Some(NEW));
        self.flagger.edit(|spec| spec.webhooks = webhooks);
        self.flagger.deploy(NEW);
    }

    /// A tick that belongs to the fault: nothing moves, no check fails.
    async fn tick(&mut self) -> &TickReport {
        let report = self.flagger.tick().await;
        assert_eq!((self.flagger.status().failed_checks, report.weight_after), (0, 0), "{report:#?}");
        self.ticks.push(report);
        self.ticks.last().expect("one was just pushed")
    }

    /// What was said, without the directory of this test.
    fn without_directory(&self, said: &str) -> String {
        said.replace(&format!("{}/", self.place.directory.path().canonicalize().unwrap().display()), "")
    }

    fn db(&self) -> PathBuf {
        self.place.db()
    }
}

/// The status that one kind of hook got; none if nobody answered.
fn status(report: &TickReport, kind: HookKind) -> Option<u16> {
    match &report.call(kind).expect("it was called").outcome {
        Ok(status) => Some(*status),
        Err(failure) => failure.status(),
    }
}
