//! The generator's own book.

use crate::support::PATIENCE;
use haldane_world::{Load, until};
use std::net::TcpListener;

#[tokio::test]
async fn a_service_that_never_answers_does_not_slow_the_schedule_down() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let load = Load::start(&format!("http://{}/", silent.local_addr().unwrap()), 2000).unwrap();
    let dropped = async || Ok((load.report().dropped > 100).then_some(()));
    until("dropped requests", PATIENCE, dropped).await.unwrap();
    let report = load.report();
    assert_eq!(report.scheduled, report.sent + report.dropped, "{report:?}");
    assert!(report.outstanding <= 2000, "bounded: {report:?}");
    assert_eq!(report.sent, report.outstanding + report.failed, "{report:?}");
}

#[tokio::test]
async fn a_refused_request_is_a_failed_one() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let load = Load::start(&format!("http://127.0.0.1:{port}/"), 200).unwrap();
    let some = async || Ok((load.report().sent >= 20).then_some(()));
    until("twenty requests", PATIENCE, some).await.unwrap();
    let report = load.stop().await.unwrap();
    assert_eq!((report.failed, report.outstanding), (report.sent, 0), "{report:?}");
}
