//! Pages well formed, hostile and broken.

use super::*;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

const WANTED: [&str; 2] = ["http_requests_total", "http_request_duration_seconds_bucket"];

const PAGE: &str = "# HELP http_requests_total All requests.\n\
    # TYPE http_requests_total counter\n\
    http_requests_total{code=\"200\",path=\"/\"} 10 # {trace_id=\"a,b={x}\"} 1 1700000000.1\n\
    http_requests_total{code=\"500\"} 1 1700000000000\n\
    http_requests_created{code=\"500\"} 1.7e9\n\
    # TYPE http_request_duration_seconds histogram\n\
    http_request_duration_seconds_bucket{le=\"0.2\"} 9\n\
    http_request_duration_seconds_bucket{le=\"+Inf\"} 11\n\
    http_request_duration_seconds_count 11\n\
    go_goroutines 12\n\
    # EOF";

fn refused(page: &[u8]) -> Unreadable {
    read(page, &WANTED).unwrap_err()
}

#[test]
fn a_page_gives_the_wanted_samples_with_exemplars_timestamps_and_end_mark_left_out() {
    let samples = read(PAGE.as_bytes(), &WANTED).unwrap();
    assert_eq!(samples.iter().map(|s| s.value).collect::<Vec<_>>(), [10.0, 1.0, 9.0, 11.0]);
    assert_eq!(samples[0].labels["path"], "/");
    assert_eq!(samples[3].labels["le"], "+Inf");
}

#[test]
fn what_is_no_page_is_refused_with_what_was_found() {
    assert_eq!(refused(b""), Unreadable::Empty);
    assert_eq!(refused(b"\xff\xfe\n"), Unreadable::NotUtf8);
    assert_eq!(refused(b" <!DOCTYPE html><p>hi"), Unreadable::Markup("<!DOCTYPE html><p>hi".into()));
    assert_eq!(refused(b"# HELP m x\n"), Unreadable::NoSampleAtAll);
    assert_eq!(refused(b"m 1\noops\n"), Unreadable::NoSample { line: 2, found: "oops".into() });
    assert_eq!(refused(b"m 1\nm 12"), Unreadable::HalfLine { line: 2, found: "m 12".into() });
    let twice = "m 1\nhttp_requests_total{a=\"1\",a=\"2\"} 1\n";
    assert!(matches!(refused(twice.as_bytes()), Unreadable::NoSample { line: 2, .. }));
}

#[test]
fn a_page_cut_anywhere_but_behind_a_line_is_refused() {
    let page = format!("{PAGE}\n");
    for end in (1..page.len()).filter(|end| !page[..*end].ends_with('\n') && !page[..*end].ends_with("# EOF"))
    {
        assert!(read(&page.as_bytes()[..end], &WANTED).is_err(), "{:?}", &page[..end]);
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[test]
fn a_label_with_endless_values_is_refused_before_it_fills_the_memory() {
    let page = |series: usize| -> String {
        let line = |i| format!("http_requests_total{{code=\"200\",path=\"/{i}\"}} 1\n");
        (0..series).map(line).collect()
    };
    assert_eq!(read(page(20_000).as_bytes(), &WANTED).unwrap().len(), 20_000);
    assert_eq!(read(page(20_001).as_bytes(), &WANTED), Err(Unreadable::TooMany));
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1000,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_label_value_comes_back_as_it_was(value in "(?s).{1,40}", other in "[\\\\\"{},= \n%#]{1,12}") {
        let page = format!(
            "http_requests_total{{path=\"{}\",\"{}\"=\"{}\"}} 7\n", escaped(&value), "x.y", escaped(&other)
        );
        let samples = read(page.as_bytes(), &WANTED).unwrap();
        prop_assert_eq!(samples.len(), 1);
        prop_assert_eq!(&samples[0].labels["path"], &value);
        prop_assert_eq!(&samples[0].labels["x.y"], &other);
    }

    #[test]
    fn no_bytes_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&body, &WANTED);
    }

    #[test]
    fn no_text_makes_it_panic(body in "(?s)(http_requests_total|[{}\",=\\\\# \n0-9a-z\u{e9}]){0,80}") {
        let _ = read(body.as_bytes(), &WANTED);
    }

    /// Whatever one byte is put into a page, no sample of it is lost in silence: the page is refused, or it gives
    /// one sample for every line that still begins with a wanted name.
    #[test]
    fn a_mutated_page_is_refused_or_read_in_full(at in 0..PAGE.len(), byte in any::<u8>()) {
        let mut body = PAGE.as_bytes().to_vec();
        body[at] = byte;
        if let Ok(samples) = read(&body, &WANTED) {
            let text = String::from_utf8(body).unwrap();
            let wanted = |line: &&str| {
                let name = line.trim_start().split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'));
                WANTED.contains(&name.into_iter().next().unwrap_or_default())
            };
            prop_assert_eq!(samples.len(), text.split('\n').filter(wanted).count());
        }
    }
}
