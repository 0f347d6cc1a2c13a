//! Prometheus and VictoriaMetrics, each read in its dialect, give the same counts.

use crate::engine::Engine;
use crate::pages::{Page, Pages};
use crate::reader::{Arm, Reader, Seen};
use futures_util::future::join_all;
use haldane_core::policy::Dialect;
use haldane_world::parts::Leash;

/// What one pod has counted since it began.
#[derive(Clone, Copy, Default)]
struct Pod {
    ok: u32,
    failed: u32,
    slow: u32,
}

impl Pod {
    /// As client libraries show it: no series of a status code before its first request.
    fn page(self) -> Page {
        let Self { ok, failed, slow } = self;
        let all = ok + failed;
        let failed = if failed > 0 {
            format!("http_requests_total{{code=\"500\"}} {failed}\n")
        } else {
            String::new()
        };
        Page::Text(format!(
            "# TYPE http_requests_total counter\nhttp_requests_total{{code=\"200\"}} {ok}\n{failed}\
             # TYPE http_request_duration_seconds histogram\n\
             http_request_duration_seconds_bucket{{le=\"0.1\"}} 0\n\
             http_request_duration_seconds_bucket{{le=\"0.2\"}} {}\n\
             http_request_duration_seconds_bucket{{le=\"+Inf\"}} {all}\n\
             http_request_duration_seconds_sum 1\nhttp_request_duration_seconds_count {all}\n",
            all - slow
        ))
    }

    fn serve(&mut self, arm: &mut Arm, ok: u32, failed: u32, slow: u32) {
        self.ok += ok;
        self.failed += failed;
        self.slow += slow;
        arm.requests += f64::from(ok + failed);
        arm.failed += f64::from(failed);
        arm.timed += f64::from(ok + failed);
        arm.slow += f64::from(slow);
        arm.slow_at_most += f64::from(slow);
    }
}

struct Scene {
    pages: Pages,
    readers: Vec<Reader>,
    served: Seen,
}

impl Scene {
    fn show(&self, pods: &[(&str, Pod)]) {
        pods.iter().for_each(|(name, pod)| self.pages.show(name, pod.page()));
    }

    /// Both read until both have counted all that was served.
    async fn counted(&mut self) {
        let served = self.served;
        join_all(self.readers.iter_mut().map(|reader| reader.has_seen(served))).await;
    }

    async fn settled(&mut self) {
        join_all(self.readers.iter_mut().map(Reader::counts_again)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_count_every_request_once_through_restarts_gaps_and_new_pods() {
    let (pages, leash) = (Pages::start().await, Leash::default());
    let pods = [("primary", "p"), ("canary", "c"), ("canary", "d")];
    let mut engines = Vec::new();
    for dialect in [Dialect::Prometheus, Dialect::VictoriaMetrics] {
        engines.push(Engine::start(dialect, &pages.address, &pods, &leash).await);
    }
    let readers = engines.iter().map(|e| Reader::new(e.dialect.to_string(), e.region(200.0))).collect();
    let mut scene = Scene { pages, readers, served: Seen::default() };
    let (mut p, mut c) = (Pod { ok: 1000, failed: 3, slow: 40 }, Pod { ok: 50, ..Pod::default() });
    scene.show(&[("p", p), ("c", c)]);
    scene.settled().await;

    // The first failures of the canary: a series that was not there.
    p.serve(&mut scene.served.primary, 400, 2, 7);
    c.serve(&mut scene.served.canary, 40, 3, 5);
    scene.show(&[("p", p), ("c", c)]);
    scene.counted().await;

    // A restart, after which other series come back than were there.
    c = Pod::default();
    c.serve(&mut scene.served.canary, 11, 0, 1);
    p.serve(&mut scene.served.primary, 100, 0, 0);
    scene.show(&[("p", p), ("c", c)]);
    scene.counted().await;
    c.serve(&mut scene.served.canary, 5, 2, 0);
    scene.show(&[("c", c)]);
    scene.counted().await;
    let restarts: Vec<u32> = scene.readers.iter().map(|reader| reader.restarts).collect();
    assert!(restarts[0] > 0 && restarts[0] == restarts[1], "{restarts:?}");

    // A second pod, which had a life before it was first scraped; and the first one is away for a while.
    let mut d = Pod { ok: 900, failed: 90, slow: 9 };
    scene.show(&[("d", d)]);
    scene.settled().await;
    scene.pages.hide("c");
    scene.settled().await;
    d.serve(&mut scene.served.canary, 20, 1, 2);
    p.serve(&mut scene.served.primary, 10, 1, 1);
    scene.show(&[("p", p), ("d", d)]);
    scene.counted().await;
    scene.show(&[("c", c)]);
    scene.settled().await;
    c.serve(&mut scene.served.canary, 7, 1, 1);
    scene.show(&[("c", c)]);
    scene.counted().await;
}
