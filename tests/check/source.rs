//! What the fake Prometheus knows: a healthy service, and ways to spoil it.

use crate::fake::Series;

/// Two hours of a primary, two pods of 101 requests every 15 s each, of which one fails and two are slow.
pub(crate) fn healthy() -> Vec<Series> {
    let mut series = pod("stable", "10.0.0.1:8080", "api-primary-1");
    series.extend(pod("stable", "10.0.0.2:8080", "api-primary-2"));
    series
}

/// The same and a canary of one pod.
pub(crate) fn with_canary() -> Vec<Series> {
    let mut series = healthy();
    series.extend(pod("canary", "10.0.0.3:8080", "api-1"));
    series
}

/// One pod's five series.
pub(crate) fn pod(track: &str, instance: &str, pod: &str) -> Vec<Series> {
    let requests = [("200", 100), ("500", 1)];
    let buckets = [("0.1", 90), ("0.2", 99), ("+Inf", 101)];
    let of = |name: &str, label: &str, value: &str, per_scrape| {
        let labels = [
            ("__name__", name),
            ("track", track),
            ("job", "api"),
            ("instance", instance),
            ("pod", pod),
            (label, value),
        ];
        let labels = labels.map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        Series { labels, per_scrape, interval_s: 15, from_min: 125.0, to_min: None }
    };
    let requests = requests.map(|(code, n)| of("http_requests_total", "code", code, n));
    let buckets = buckets.map(|(le, n)| of("http_request_duration_seconds_bucket", "le", le, n));
    requests.into_iter().chain(buckets).collect()
}

/// Every series, changed.
pub(crate) fn each(mut series: Vec<Series>, change: impl Fn(&mut Series)) -> Vec<Series> {
    series.iter_mut().for_each(change);
    series
}
