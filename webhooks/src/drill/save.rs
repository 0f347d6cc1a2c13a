//! A recording as text: what was made up, saved as a file that reads as a recorded one does.

use haldane_core::time::Timestamp;
use haldane_lab::drill::{Sample, Value, What};
use serde_json::{Value as Json, json};

/// One JSON object per line; the first says what it is.
pub fn jsonl(about: &str, samples: &[Sample]) -> String {
    let mut text = format!("{}\n", json!({"about": about}));
    for sample in samples {
        text.push_str(&line(sample).to_string());
        text.push('\n');
    }
    text
}

fn line(sample: &Sample) -> Json {
    let value = match &sample.value {
        // Three places are more than anybody measures, and keep a file short.
        Value::Number(number) => json!((number * 1e3).round() / 1e3),
        Value::Names(names) => json!(names),
        Value::Unknown => Json::Null,
    };
    let (at, region) = (instant(sample.at), &sample.region.0);
    if let What::Guard(name) = &sample.what {
        return json!({"at": at, "region": region, "guard": name, "value": value});
    }
    json!({"at": at, "region": region, "signal": sample.what.name(), "value": value})
}

fn instant(at: Timestamp) -> Json {
    let instant = chrono::DateTime::from_timestamp_micros(at.as_us());
    instant.map_or_else(
        || json!(at.as_us() as f64 / 1e6),
        |t| json!(t.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)),
    )
}
