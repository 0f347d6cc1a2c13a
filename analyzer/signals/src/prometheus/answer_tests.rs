//! What the reader of answers takes and refuses.

use super::*;
use proptest::prelude::*;

fn matrix(result: &str) -> Result<Matrix, ResponseFault> {
    let body = format!(r#"{{"status":"success","data":{{"resultType":"matrix","result":{result}}}}}"#);
    read_matrix(body.as_bytes(), 3)
}

fn refused(result: &str) -> String {
    match matrix(result) {
        Err(ResponseFault::NotAnAnswer(detail)) => detail,
        other => panic!("{result}: {other:?}"),
    }
}

#[test]
fn raw_samples_are_read_with_their_own_time_stamps() {
    let read = matrix(r#"[{"metric":{"__name__":"m","a":"","b":"1"},"values":[[1.5,"3"],[2.001,"+Inf"]]}]"#);
    let series = read.unwrap().series.remove(0);
    let labels = [("__name__", "m"), ("b", "1")].map(|(k, v)| (k.to_owned(), v.to_owned()));
    assert_eq!(series.labels, BTreeMap::from(labels));
    let at = Timestamp::from_us;
    assert_eq!(series.samples, [(at(1_500_000), 3.0), (at(2_001_000), f64::INFINITY)]);
    assert_eq!(matrix("[]"), Ok(Matrix::default()));
}

#[test]
fn a_result_may_come_before_its_type_and_infos_are_no_warnings() {
    let body = r#"{"infos":["slow"],"data":{"result":[],"resultType":"matrix","stats":{"a":[1]}},"status":"success"}"#;
    assert_eq!(read_matrix(body.as_bytes(), 1), Ok(Matrix::default()));
}

#[test]
fn what_is_no_matrix_of_counters_is_told_by_what_it_is() {
    assert!(refused(r#"[{"metric":{},"values":[[2,"1"],[2,"2"]]}]"#).starts_with("time stamps out of order"));
    assert!(refused(r#"[{"metric":{},"values":[[2,"1"],[1,"1"]]}]"#).starts_with("time stamps out of order"));
    assert!(refused(r#"[{"metric":{},"values":[[2,"x"]]}]"#).starts_with("a value that is no number"));
    assert!(refused(r#"[{"metric":{},"values":[[2]]}]"#).starts_with("a sample without a value"));
    assert!(refused(r#"[{"metric":{},"values":[[-2,"1"]]}]"#).starts_with("a time stamp"));
    for (histogram, detail) in [
        (r#"[2]"#, "an instant without a histogram"),
        (r#"[2,{},3]"#, "a histogram of more than two parts"),
        (r#"[2,{"buckets":[[0,"1","2"]]}]"#, "a bucket that has no two edges"),
        (r#"[2,{"buckets":[[0,"2","1","1"]]}]"#, "a bucket that has no two edges"),
        (r#"[2,{"buckets":[[0,"1","2","x"]]}]"#, "a value that is no number"),
        (r#"[2,{"buckets":7}]"#, "invalid type"),
    ] {
        let found = refused(&format!(r#"[{{"metric":{{}},"histograms":[{histogram}]}}]"#));
        assert!(found.starts_with(detail), "{histogram}: {found}");
    }
    assert!(refused(r#"[{"metric":{"a":"1","a":"2"},"values":[]}]"#).starts_with("a label is given twice"));
    let at_once = refused(r#"[{"metric":{},"histogram":[2,{}]}]"#);
    assert!(at_once.starts_with("a native histogram, where a number is read"), "{at_once}");
    let vector = br#"{"status":"success","data":{"resultType":"vector","result":[]}}"#;
    let scalar = br#"{"status":"success","data":{"resultType":"scalar","result":[1,"1"]}}"#;
    for (body, found) in [(&vector[..], "vector"), (&scalar[..], "scalar")] {
        let detail = format!("{found} where a matrix was asked for");
        assert_eq!(read_matrix(body, 1), Err(ResponseFault::NotAnAnswer(detail)));
    }
    let html = ResponseFault::NotAnAnswer("HTML or XML, beginning <h1>Sign in</h1>".into());
    assert_eq!(read_matrix(b" <h1>Sign in</h1>", 1), Err(html));
    for body in [&b""[..], b"null", b"[]", b"{}", b"{\"status\":\"success\"", b"\xff"] {
        assert!(matches!(read_matrix(body, 1), Err(ResponseFault::NotAnAnswer(_))), "{body:?}");
    }
}

#[test]
fn native_histograms_are_read_bucket_by_bucket_as_prometheus_prints_them() {
    let read = matrix(
        r#"[{"metric":{"__name__":"h"},"histograms":[
            [15,{"count":"0","sum":"0"}],
            [30.5,{"count":"4","sum":"0.9","buckets":[[3,"-0.001","0.001","1"],[0,"0.25","0.27","2"],[0,"1","+Inf","1"]]}]]}]"#,
    );
    let series = read.unwrap().series.remove(0);
    let bucket = |lower, upper, count| NativeBucket { lower, upper, count };
    let at = Timestamp::from_us;
    let buckets = vec![bucket(-0.001, 0.001, 1.0), bucket(0.25, 0.27, 2.0), bucket(1.0, f64::INFINITY, 1.0)];
    assert_eq!(series.histograms, [(at(15_000_000), vec![]), (at(30_500_000), buckets)]);
    assert!(series.samples.is_empty());
}

#[test]
fn one_sample_answered_twice_is_one_sample() {
    let read = matrix(r#"[{"metric":{},"values":[[1,"3"],[1,"3"],[2,"NaN"],[2,"NaN"],[3,"4"]]}]"#);
    assert_eq!(read.unwrap().series[0].samples.len(), 3);
}

#[test]
fn notes_on_how_an_expression_was_computed_are_no_warnings_wherever_they_stand() {
    let says = |warnings: &str| {
        let body = format!(
            r#"{{"status":"success","warnings":{warnings},"data":{{"resultType":"matrix","result":[]}}}}"#
        );
        read_matrix(body.as_bytes(), 1)
    };
    let note = "PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: \"x\" (1:6)";
    let note = format!("{note:?}");
    assert_eq!(says(&format!("[{note}]")), Ok(Matrix::default()));
    let partial = |text: &str| Err(ResponseFault::Partial(text.to_owned()));
    assert_eq!(says(&format!(r#"[{note},"store down"]"#)), partial("store down"));
    let doubtful = "PromQL warning: encountered a mix of histograms and floats for";
    assert_eq!(says(&format!("[{doubtful:?}]")), partial(doubtful));
    let beside = br#"{"status":"success","data":{"resultType":"matrix","result":[],"warnings":[{}]}}"#;
    assert_eq!(read_matrix(beside, 1), partial("warnings beside the data"));
}

#[test]
fn errors_warnings_and_too_many_series_are_three_different_faults() {
    let error = br#"{"status":"error","errorType":"bad_data","error":"parse\nerror","data":null}"#;
    let refused = ResponseFault::Refused { kind: "bad_data".into(), detail: "parse error".into() };
    assert_eq!(read_matrix(error, 1), Err(refused));
    let warns = br#"{"status":"success","warnings":["store down\nx","y"],"data":{"resultType":"matrix","result":[]}}"#;
    assert_eq!(read_matrix(warns, 1), Err(ResponseFault::Partial("store down".into())));
    let partial = br#"{"status":"success","isPartial":true,"data":{"resultType":"matrix","result":[]}}"#;
    assert_eq!(read_matrix(partial, 1), Err(ResponseFault::Partial("isPartial".into())));
    let many = [r#"{"metric":{},"values":[]}"#; 4].join(",");
    assert_eq!(matrix(&format!("[{many}]")), Err(ResponseFault::TooManySeries));
    let many = [r#"{"metric":{},"values":[]}"#; 3].join(",");
    assert_eq!(matrix(&format!("[{many}]")).unwrap().series.len(), 3);
}

#[test]
fn the_time_of_the_source_is_a_scalar_or_a_vector_of_one() {
    let scalar = br#"{"status":"success","data":{"resultType":"scalar","result":[7.25,"7.25"]}}"#;
    let vector =
        br#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[7.25,"7"]}]}}"#;
    for body in [&scalar[..], &vector[..]] {
        assert_eq!(read_time(body), Ok(Timestamp::from_us(7_250_000)));
    }
    let empty = br#"{"status":"success","data":{"resultType":"vector","result":[]}}"#;
    assert!(read_time(empty).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 256,
        rng_seed: proptest::test_runner::RngSeed::Fixed(2),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_answer_broken_anywhere_is_taken_for_a_whole_one(cut in 0..156_usize, junk in any::<u8>()) {
        let whole = br#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"code":"200","instance":"a"},"values":[[1,"1"],[2,"2"]]}]}}"#;
        let mut broken = whole.get(..cut.min(whole.len() - 1)).unwrap().to_vec();
        prop_assert!(read_matrix(&broken, 9).is_err());
        broken.push(junk);
        let _ = read_matrix(&broken, 9);
    }
}
