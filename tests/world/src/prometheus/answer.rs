//! What Prometheus' HTTP API answers to an instant query: a vector. Only for the world's own questions.

use serde::Deserialize;
use std::collections::BTreeMap;

/// One series and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Its labels, `__name__` among them where the expression keeps it.
    pub labels: BTreeMap<String, String>,
    /// Its value.
    pub value: f64,
}

impl Sample {
    /// A label's value; empty if there is none, as in PromQL.
    pub fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }
}

#[derive(Deserialize)]
struct Answer {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    result: Vec<Series>,
}

#[derive(Deserialize)]
struct Series {
    metric: BTreeMap<String, String>,
    value: (f64, String),
}

pub(super) fn samples(text: &str) -> Result<Vec<Sample>, String> {
    let answer: Answer = serde_json::from_str(text).map_err(|e| format!("{e} in {text}"))?;
    let sample = |series: Series| {
        let value = series.value.1.parse().map_err(|e| format!("{e}: {}", series.value.1))?;
        Ok(Sample { labels: series.metric, value })
    };
    answer.data.result.into_iter().map(sample).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_is_read_with_its_labels() {
        let text = r#"{"status":"success","data":{"resultType":"vector","result":[
            {"metric":{"pod":"api-1"},"value":[1790000000.5,"17"]}]}}"#;
        let read = samples(text).unwrap();
        assert_eq!((read[0].label("pod"), read[0].label("job"), read[0].value), ("api-1", "", 17.0));
        assert!(samples("{}").is_err());
    }
}
