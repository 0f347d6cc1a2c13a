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
    assert!(refused(r#"[{"metric":{},"values":[[2,"1"],[2,"1"]]}]"#).starts_with("time stamps out of order"));
    assert!(refused(r#"[{"metric":{},"values":[[2,"x"]]}]"#).starts_with("a value that is no number"));
    assert!(refused(r#"[{"metric":{},"values":[[2]]}]"#).starts_with("a sample without a value"));
    assert!(refused(r#"[{"metric":{},"values":[[-2,"1"]]}]"#).starts_with("a time stamp"));
    assert!(refused(r#"[{"metric":{},"histograms":[[2,{}]]}]"#).starts_with("a native histogram"));
    assert!(refused(r#"[{"metric":{"a":"1","a":"2"},"values":[]}]"#).starts_with("a label is given twice"));
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
