//! What the poller of a region would bring, computed from the arrival model without a socket.

use haldane_core::history::PastIncrement;
use haldane_core::increment::{self as by, Arms, Counts, Increment, Missing, Reading, Region};
use haldane_core::signal::Signal;
use haldane_core::time::{Span, Timestamp};
use haldane_pods::{Arm, ArrivalModel, HistoryWindow, Metrics, ModelConfig, history};

/// The length of an increment.
pub(crate) const BIN: Span = Span::from_s(30);
const LIMIT_MS: f64 = 200.0;

/// Requests, errors and slow requests of both arms since the origin.
pub(crate) type Totals = [(f64, f64, f64); 2];

pub(crate) fn totals(model: &ArrivalModel) -> Totals {
    [Arm::Canary, Arm::Primary].map(|arm| {
        let total = model.total(arm);
        (total.requests as f64, total.errors as f64, total.slower_than(LIMIT_MS).unwrap() as f64)
    })
}

/// What the poller would bring at `as_of`.
pub(crate) fn increment(
    region: &Region,
    as_of: Timestamp,
    arms: Arms,
    before: &Totals,
    after: &Totals,
    model: &ArrivalModel,
) -> Increment {
    let since = as_of - BIN;
    let counts = |arm: usize, bad: fn(&(f64, f64, f64)) -> f64| {
        let wanted = arms.include([by::Arm::Canary, by::Arm::Primary][arm]);
        let total = after[arm].0 - before[arm].0;
        wanted.then(|| Counts::exact(bad(&after[arm]) - bad(&before[arm]), total))
    };
    let reading = |missing: Option<Missing>, bad: fn(&(f64, f64, f64)) -> f64| {
        let counted =
            || Reading::Counted { since, canary: counts(0, bad), primary: counts(1, bad), bracket: None };
        missing.map_or_else(counted, Reading::Missing)
    };
    let page = missing_page(model, as_of);
    let requests = page.clone().or_else(|| missing_series(arms, after));
    let signals = [
        (Signal::P99Latency, reading(page, |t| t.2)),
        (Signal::ErrorRate, reading(requests.clone(), |t| t.1)),
        (Signal::Http5xx, reading(requests, |t| t.1)),
    ];
    Increment {
        region: region.clone(),
        as_of,
        arms,
        canary_targets: 2,
        primary_targets: 2,
        canary_restarts: 0,
        canary_pods: Default::default(),
        signals: signals.into(),
    }
}

/// Why a pod gives no page: the scenarios that hide pods hide those of both arms, and the first asked is named.
fn missing_page(model: &ArrivalModel, now: Timestamp) -> Option<Missing> {
    let (arm, target) = (by::Arm::Canary, "canary-0:9797".to_owned());
    match model.metrics(Arm::Canary, now) {
        Metrics::Served => None,
        Metrics::Vanished => Some(Missing::HttpStatus { arm, target, status: 503 }),
        Metrics::Unreachable => {
            Some(Missing::Unreachable { arm, target, detail: "connection reset".to_owned() })
        }
    }
}

/// A counter with labels appears with its first request; a primary without it is not counted.
fn missing_series(arms: Arms, after: &Totals) -> Option<Missing> {
    let (arm, series) = (by::Arm::Primary, "http_requests_total".to_owned());
    (arms.include(arm) && after[1].0 <= 0.0).then_some(Missing::SeriesAbsent { arm, target: None, series })
}

pub(crate) fn past(region: &Region, config: &ModelConfig) -> Vec<PastIncrement> {
    let window = HistoryWindow { minutes: 60, bin: BIN, limit_ms: LIMIT_MS };
    let bins = history(config, &window).unwrap();
    let past = bins.iter().map(|bin| {
        let counted = |bad| Reading::Counted {
            since: bin.as_of - BIN,
            canary: None,
            primary: Some(Counts::exact(bad, bin.requests)),
            bracket: None,
        };
        let signals = [
            (Signal::P99Latency, counted(bin.slower_than_limit)),
            (Signal::ErrorRate, counted(bin.errors)),
            (Signal::Http5xx, counted(bin.errors)),
        ];
        let (region, arms) = (region.clone(), Arms::PrimaryOnly);
        let increment = Increment {
            region,
            as_of: bin.as_of,
            arms,
            canary_targets: 0,
            primary_targets: 2,
            canary_restarts: 0,
            canary_pods: Default::default(),
            signals: signals.into(),
        };
        PastIncrement { increment, synthetic: true }
    });
    past.collect()
}
