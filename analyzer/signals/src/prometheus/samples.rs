//! The JSON of one series: its labels and samples.

use haldane_core::time::Timestamp;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;

/// The most labels of one series; no known store allows half as many by default.
const MOST_LABELS: usize = 64;

/// The labels of a series.
pub(super) struct LabelSet;

impl<'de> DeserializeSeed<'de> for LabelSet {
    type Value = BTreeMap<String, String>;
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for LabelSet {
    type Value = BTreeMap<String, String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("labels")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut labels = BTreeMap::new();
        while let Some((name, value)) = map.next_entry::<String, String>()? {
            // An empty value is the same as no label.
            if !value.is_empty() && labels.insert(name, value).is_some() {
                return Err(M::Error::custom("a label is given twice"));
            }
            if labels.len() > MOST_LABELS {
                return Err(M::Error::custom(format!("a series with more than {MOST_LABELS} labels")));
            }
        }
        Ok(labels)
    }
}

/// Every sample of a series, in order.
pub(super) struct Samples;

impl<'de> DeserializeSeed<'de> for Samples {
    type Value = Vec<(Timestamp, f64)>;
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Samples {
    type Value = Vec<(Timestamp, f64)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of samples")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<Self::Value, S::Error> {
        let mut samples: Vec<(Timestamp, f64)> = Vec::new();
        while let Some(next) = list.next_element_seed(Sample)? {
            let (at, value) = next.ok_or_else(|| S::Error::custom("a sample without a value"))?;
            match samples.last() {
                // A store that took one scrape twice and was not told to merge: the same sample, not another one.
                Some((last, again)) if *last == at && again.to_bits() == value.to_bits() => {}
                Some((last, _)) if *last >= at => {
                    return Err(S::Error::custom("time stamps out of order"));
                }
                Some(_) | None => samples.push((at, value)),
            }
        }
        Ok(samples)
    }
}

/// One sample: seconds since the epoch as a number, and the value as text.
pub(super) struct Sample;

impl<'de> DeserializeSeed<'de> for Sample {
    type Value = Option<(Timestamp, f64)>;
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Sample {
    type Value = Option<(Timestamp, f64)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an instant and a value")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut pair: S) -> Result<Self::Value, S::Error> {
        let at = pair.next_element::<f64>()?;
        let value = pair.next_element_seed(Number)?;
        if pair.next_element::<IgnoredAny>()?.is_some() {
            return Err(S::Error::custom("a sample of more than two parts"));
        }
        let Some((s, value)) = at.zip(value) else { return Ok(None) };
        Ok(Some((instant(s)?, value)))
    }
}

/// Seconds since the epoch.
pub(super) fn instant<E: Error>(s: f64) -> Result<Timestamp, E> {
    // Up to the year 5138; beyond it microseconds would no longer be exact.
    if (0.0..1e11).contains(&s) {
        Ok(Timestamp::from_us((s * 1e6).round() as i64))
    } else {
        Err(E::custom("a time stamp that is no instant"))
    }
}

/// A number written as text.
pub(super) struct Number;

impl<'de> DeserializeSeed<'de> for Number {
    type Value = f64;
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<f64, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Number {
    type Value = f64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number as text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<f64, E> {
        text.parse().map_err(|_| E::custom("a value that is no number"))
    }
}
