//! Native histograms in a real Prometheus: its own JSON of them, through a restart and a change of resolution.

use crate::engine::Engine;
use crate::pages::{Page, Pages};
use crate::protobuf::{Histogram, page};
use crate::reader::{Arm, Reader, Seen};
use haldane_core::evidence::buckets::native_bracket;
use haldane_core::increment::Bracket;
use haldane_core::policy::Dialect;
use haldane_world::parts::Leash;

/// No edge of any schema.
const LIMIT_MS: f64 = 200.0;

/// Requests of 10 ms, of 198 ms (in the bucket of the limit) and of 1.5 s.
fn serve(histogram: &mut Histogram, arm: &mut Arm, (fast, near, slow): (u32, u32, u32)) {
    for (seconds, times) in [(0.01, fast), (0.198, near), (1.5, slow)] {
        if times > 0 {
            histogram.observe(seconds, times);
        }
    }
    arm.requests += f64::from(fast + near + slow);
    arm.timed += f64::from(fast + near + slow);
    arm.slow += f64::from(slow);
    arm.slow_at_most += f64::from(slow + near);
}

fn bracket(schema: i8) -> Option<Bracket> {
    let (below, above) = native_bracket(schema, LIMIT_MS / 1e3);
    Some(Bracket { below_ms: below * 1e3, above_ms: Some(above * 1e3) })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_prometheus_gives_native_histograms_that_are_counted_once_between_their_edges() {
    let (pages, leash) = (Pages::start().await, Leash::default());
    let pods = [("primary", "p"), ("canary", "c")];
    let engine = Engine::start(Dialect::Prometheus, &pages.address, &pods, &leash).await;
    let mut reader = Reader::new("native".to_owned(), engine.region(LIMIT_MS));
    let (mut p, mut c) = (Histogram::new(3), Histogram::new(3));
    let mut served = Seen::default();
    let show = |p: &Histogram, c: &Histogram| {
        pages.show("p", Page::Protobuf(page(p)));
        pages.show("c", Page::Protobuf(page(c)));
    };
    serve(&mut p, &mut Arm::default(), (700, 9, 11));
    serve(&mut c, &mut Arm::default(), (30, 0, 0));
    show(&p, &c);
    reader.counts_again().await;
    assert_eq!(reader.bracket, bracket(3));

    serve(&mut p, &mut served.primary, (500, 4, 6));
    serve(&mut c, &mut served.canary, (40, 2, 3));
    show(&p, &c);
    reader.has_seen(served).await;

    c = Histogram::new(3);
    serve(&mut c, &mut served.canary, (5, 1, 2));
    show(&p, &c);
    reader.has_seen(served).await;
    assert_eq!(reader.restarts, 1);

    // The primary halves its resolution: the canary is read by the same edges from then on, and nothing counts again.
    p.halve();
    show(&p, &c);
    reader.counts_again().await;
    reader.counts_again().await;
    assert_eq!(reader.bracket, bracket(2));
    assert_eq!(reader.seen, served);
    serve(&mut p, &mut served.primary, (50, 1, 1));
    serve(&mut c, &mut served.canary, (6, 2, 1));
    show(&p, &c);
    reader.has_seen(served).await;
}
