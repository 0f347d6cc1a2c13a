//! Requests at a fixed rate, on a schedule that waits for no answer.
//!
//! A closed loop slows down with the service and so hides what users would feel. Here each request has its instant;
//! if the machine is late it is sent late and counted as such, and if too many are under way it is dropped and
//! counted. The generator has a thread and a runtime of its own: what the test does with its own cannot delay it.

mod report;

pub use report::LoadReport;

use crate::service::VERSION_HEADER;
use crate::wait::Wait;
use crate::{WorldError, http};
use haldane_clock::Clock;
use haldane_core::time::{Span, Timestamp};
use http_body_util::{BodyExt, Full};
use hyper::{Request, Uri};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::watch;

/// Requests that may be under way at once: two seconds' worth at a thousand per second.
const MOST_OUTSTANDING: u64 = 2000;
/// A request that is later than this against its schedule counts as late.
const LATE: Span = Span::from_us(20_000);
/// One that is later than this is dropped: after a stall of the machine there is no burst of all that was missed.
const TOO_LATE: Span = Span::from_s(1);
/// What a user waits for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Send,
    Finish,
    Abandon,
}

/// A running generator; dropping it stops it without waiting for answers.
#[derive(Debug)]
pub struct Load {
    order: watch::Sender<Order>,
    shared: Arc<Mutex<LoadReport>>,
    thread: JoinHandle<()>,
}

#[derive(Clone)]
struct Sender {
    pool: http::Pool,
    uri: Uri,
    header: Option<(&'static str, &'static str)>,
    clock: Clock,
    shared: Arc<Mutex<LoadReport>>,
}

impl Load {
    /// Sends `per_s` requests per second to `url`, evenly, from now on.
    ///
    /// # Errors
    /// The URL is none, or there can be no thread.
    pub fn start(url: &str, per_s: u32) -> Result<Self, WorldError> {
        Self::start_with(url, per_s, None)
    }

    /// As [`Load::start`], with a header in each request: a name and a value.
    ///
    /// # Errors
    /// As [`Load::start`].
    pub fn start_with(
        url: &str,
        per_s: u32,
        header: Option<(&'static str, &'static str)>,
    ) -> Result<Self, WorldError> {
        let uri: Uri = url.parse().map_err(|e| WorldError::Refused(format!("{url}: {e}")))?;
        let (order, orders) = watch::channel(Order::Send);
        let shared = Arc::new(Mutex::new(LoadReport::default()));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let of_thread = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("load".to_owned()).spawn(move || {
            runtime.block_on(async {
                let sender =
                    Sender { pool: http::pool(), uri, header, clock: Clock::real(), shared: of_thread };
                sender.run(per_s, orders).await;
            });
        })?;
        Ok(Self { order, shared, thread })
    }

    /// What came of it so far.
    pub fn report(&self) -> LoadReport {
        lock(&self.shared).clone()
    }

    /// Sends no more, waits for the answers that are under way, and says what came of it all.
    ///
    /// # Errors
    /// The answers do not come, although each has a deadline.
    pub async fn stop(self) -> Result<LoadReport, WorldError> {
        self.order.send_replace(Order::Finish);
        let wait = Wait::begin("the last answers to the load", Span::from_s(20));
        while !self.thread.is_finished() {
            wait.again().await?;
        }
        Ok(self.report())
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        // After `stop` this tells a thread that is gone.
        self.order.send_replace(Order::Abandon);
    }
}

impl Sender {
    async fn run(&self, per_s: u32, mut orders: watch::Receiver<Order>) {
        if per_s > 0 {
            let sent_for_ever = self.send_on_schedule(i64::from(per_s));
            tokio::select! {
                () = sent_for_ever => {}
                () = leaves(&mut orders, Order::Send) => {}
            }
        } else {
            leaves(&mut orders, Order::Send).await;
        }
        let answered = async {
            while lock(&self.shared).outstanding > 0 {
                self.clock.sleep(Span::from_us(5_000)).await;
            }
        };
        tokio::select! {
            () = answered => {}
            () = leaves(&mut orders, Order::Finish) => {}
        }
    }

    async fn send_on_schedule(&self, per_s: i64) {
        let origin = self.clock.now();
        let due = |n: i64| origin + Span::from_us(n * 1_000_000 / per_s);
        let mut n = 0;
        loop {
            self.clock.sleep_until(due(n)).await;
            // The timer is coarser than the schedule: send all that is due.
            let now = self.clock.now();
            while due(n) <= now {
                self.send(due(n), now);
                n += 1;
            }
        }
    }

    fn send(&self, due: Timestamp, now: Timestamp) {
        let late = now - due;
        {
            let mut report = lock(&self.shared);
            report.scheduled += 1;
            report.worst_late = report.worst_late.max(late);
            if report.outstanding >= MOST_OUTSTANDING || late > TOO_LATE {
                report.dropped += 1;
                return;
            }
            report.late += u64::from(late > LATE);
            report.sent += 1;
            report.outstanding += 1;
        }
        let one = self.clone();
        tokio::spawn(async move {
            let outcome = tokio::time::timeout(PATIENCE, one.exchange()).await.unwrap_or(None);
            let mut report = lock(&one.shared);
            report.outstanding -= 1;
            report.answered(outcome);
        });
    }

    /// The code and the version that answered, if the whole answer came.
    async fn exchange(&self) -> Option<(u16, Option<String>)> {
        let mut request = Request::builder().uri(self.uri.clone());
        if let Some((name, value)) = self.header {
            request = request.header(name, value);
        }
        let request = request.body(Full::default()).ok()?;
        let response = self.pool.request(request).await.ok()?;
        let version = response.headers().get(VERSION_HEADER).and_then(|v| v.to_str().ok()).map(str::to_owned);
        let code = response.status().as_u16();
        response.into_body().collect().await.ok()?;
        Some((code, version))
    }
}

async fn leaves(orders: &mut watch::Receiver<Order>, order: Order) {
    // An error means that the handle is gone: nobody is left who could order anything.
    drop(orders.wait_for(|o| *o != order && *o != Order::Send).await);
}

fn lock(shared: &Mutex<LoadReport>) -> MutexGuard<'_, LoadReport> {
    // Numbers that are added up one by one; each is whole.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
