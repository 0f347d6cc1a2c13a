//! The JSON below `answer`: visitors that keep samples and labels, skip the rest, and stop at a bound.

use super::answer::Series;
use super::native_json::Histograms;
use super::samples::{LabelSet, Sample, Samples, instant};
use super::warning::Warning;
use haldane_core::time::Timestamp;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::cell::Cell;
use std::fmt;

/// Everything in an answer that matters here.
#[derive(Default)]
pub(super) struct Envelope {
    pub(super) status: String,
    pub(super) error_type: Option<String>,
    pub(super) error: Option<String>,
    pub(super) warning: Option<String>,
    pub(super) result_type: Option<String>,
    pub(super) series: Vec<Series>,
    /// The instant of a scalar.
    pub(super) scalar: Option<Timestamp>,
}

/// Why the JSON gives no envelope.
pub(super) enum Unreadable {
    TooManySeries,
    Json(String),
}

/// Reads a whole answer.
pub(super) fn read(body: &[u8], most_series: usize) -> Result<Envelope, Unreadable> {
    let is_crowded = Cell::new(false);
    let bound = Bound { most_series, is_crowded: &is_crowded };
    let mut json = serde_json::Deserializer::from_slice(body);
    let envelope = Part::Envelope(bound).deserialize(&mut json).and_then(|found| json.end().map(|()| found));
    match envelope {
        Ok(envelope) => Ok(envelope),
        Err(_) if is_crowded.get() => Err(Unreadable::TooManySeries),
        Err(error) => Err(Unreadable::Json(error.to_string())),
    }
}

#[derive(Clone, Copy)]
struct Bound<'a> {
    most_series: usize,
    is_crowded: &'a Cell<bool>,
}

/// The two objects of the envelope; both are read into one.
#[derive(Clone, Copy)]
enum Part<'a> {
    Envelope(Bound<'a>),
    Data(Bound<'a>),
}

impl<'de> DeserializeSeed<'de> for Part<'_> {
    type Value = Envelope;
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Envelope, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Part<'_> {
    type Value = Envelope;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an answer of the Prometheus API")
    }

    fn visit_unit<E: Error>(self) -> Result<Envelope, E> {
        match self {
            Self::Data(_) => Ok(Envelope::default()),
            Self::Envelope(_) => Err(E::custom("null")),
        }
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Envelope, M::Error> {
        let mut found = Envelope::default();
        while let Some(key) = map.next_key::<String>()? {
            match (self, key.as_str()) {
                (Self::Envelope(_), "status") => found.status = map.next_value()?,
                (Self::Envelope(_), "errorType") => found.error_type = map.next_value()?,
                (Self::Envelope(_), "error") => found.error = map.next_value()?,
                (Self::Envelope(_), "warnings") => {
                    found.warning = map.next_value_seed(Warning)?.or(found.warning);
                }
                // Thanos' old place for them; their form there is nobody's.
                (Self::Data(_), "warnings") => {
                    let some =
                        map.next_value::<Option<Vec<IgnoredAny>>>()?.is_some_and(|list| !list.is_empty());
                    found.warning = found.warning.or(some.then(|| "warnings beside the data".to_owned()));
                }
                // VictoriaMetrics' word for it.
                (Self::Envelope(_), "isPartial") => {
                    let is_partial = map.next_value::<bool>()?.then(|| "isPartial".to_owned());
                    found.warning = found.warning.or(is_partial);
                }
                (Self::Envelope(bound), "data") => {
                    let data = map.next_value_seed(Self::Data(bound))?;
                    (found.result_type, found.series, found.scalar) =
                        (data.result_type, data.series, data.scalar);
                    found.warning = found.warning.or(data.warning);
                }
                (Self::Data(_), "resultType") => found.result_type = map.next_value()?,
                (Self::Data(bound), "result") => match found.result_type.as_deref() {
                    Some("matrix" | "vector" | "scalar") | None => {
                        (found.series, found.scalar) = map.next_value_seed(SeriesList(bound))?;
                    }
                    Some(_) => drop(map.next_value::<IgnoredAny>()?),
                },
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(found)
    }
}

/// The result: a list of series, or (a scalar) an instant and a value. Which it is may be said only after it.
struct SeriesList<'a>(Bound<'a>);

impl<'de> DeserializeSeed<'de> for SeriesList<'_> {
    type Value = (Vec<Series>, Option<Timestamp>);
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for SeriesList<'_> {
    type Value = (Vec<Series>, Option<Timestamp>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of series")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<Self::Value, S::Error> {
        let (mut series, mut scalar) = (Vec::new(), None);
        while let Some(next) = list.next_element_seed(One)? {
            match next {
                Item::Series(_) if series.len() == self.0.most_series => {
                    self.0.is_crowded.set(true);
                    return Err(S::Error::custom("too many series"));
                }
                Item::Series(one) => series.push(one),
                Item::Instant(at) => scalar = Some(at),
                Item::Text => {}
            }
        }
        Ok((series, scalar))
    }
}

/// What a result may hold.
enum Item {
    Series(Series),
    Instant(Timestamp),
    Text,
}

/// One item of a result.
struct One;

impl<'de> DeserializeSeed<'de> for One {
    type Value = Item;
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Item, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for One {
    type Value = Item;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a series")
    }

    fn visit_f64<E: Error>(self, s: f64) -> Result<Item, E> {
        instant(s).map(Item::Instant)
    }

    fn visit_u64<E: Error>(self, s: u64) -> Result<Item, E> {
        instant(s as f64).map(Item::Instant)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Item, E> {
        Ok(Item::Text)
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Item, M::Error> {
        let mut series = Series::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "metric" => series.labels = map.next_value_seed(LabelSet)?,
                "values" => series.samples = map.next_value_seed(Samples)?,
                "value" => series.samples.extend(map.next_value_seed(Sample)?),
                "histograms" => series.histograms = map.next_value_seed(Histograms)?,
                "histogram" => {
                    return Err(M::Error::custom("a native histogram, where a number is read"));
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Item::Series(series))
    }
}
