//! The JSON of native histograms: `[instant, {"count", "sum", "buckets": [[rule, "lower", "upper", "count"], …]}]`.
//!
//! Buckets without observations are not there, and neither is the schema. Which side of a bucket is closed (the rule) is not
//! read: it matters to observations that lie exactly on an edge, which a limit's split does not tell apart either. The total
//! is that of the buckets: `count` may hold observations that are no number, and those are neither fast nor slow.

use super::answer::NativeBucket;
use super::samples::{Number, instant};
use haldane_core::time::Timestamp;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

type At = (Timestamp, Vec<NativeBucket>);

/// Every histogram of a series, in order.
pub(super) struct Histograms;

impl<'de> DeserializeSeed<'de> for Histograms {
    type Value = Vec<At>;
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Histograms {
    type Value = Vec<At>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of histograms")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<Self::Value, S::Error> {
        let mut histograms: Vec<At> = Vec::new();
        while let Some((at, buckets)) = list.next_element_seed(Histogram)? {
            match histograms.last() {
                Some((last, again)) if *last == at && *again == buckets => {}
                Some((last, _)) if *last >= at => return Err(S::Error::custom("time stamps out of order")),
                Some(_) | None => histograms.push((at, buckets)),
            }
        }
        Ok(histograms)
    }
}

/// One histogram and its instant.
struct Histogram;

impl<'de> DeserializeSeed<'de> for Histogram {
    type Value = At;
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Histogram {
    type Value = At;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an instant and a histogram")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut pair: S) -> Result<Self::Value, S::Error> {
        let at = pair.next_element::<f64>()?;
        let buckets = pair.next_element_seed(Body)?;
        if pair.next_element::<IgnoredAny>()?.is_some() {
            return Err(S::Error::custom("a histogram of more than two parts"));
        }
        let Some((s, buckets)) = at.zip(buckets) else {
            return Err(S::Error::custom("an instant without a histogram"));
        };
        Ok((instant(s)?, buckets))
    }
}

/// The object of one histogram.
struct Body;

impl<'de> DeserializeSeed<'de> for Body {
    type Value = Vec<NativeBucket>;
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Body {
    type Value = Vec<NativeBucket>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a native histogram")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut buckets = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "buckets" => buckets = map.next_value_seed(Buckets)?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(buckets)
    }
}

/// The buckets of one histogram; `null` where nothing was observed.
struct Buckets;

impl<'de> DeserializeSeed<'de> for Buckets {
    type Value = Vec<NativeBucket>;
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Buckets {
    type Value = Vec<NativeBucket>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of buckets")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<Self::Value, S::Error> {
        let mut buckets = Vec::new();
        while let Some(bucket) = list.next_element_seed(Bucket)? {
            buckets.push(bucket);
        }
        Ok(buckets)
    }
}

/// One bucket.
struct Bucket;

impl<'de> DeserializeSeed<'de> for Bucket {
    type Value = NativeBucket;
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Bucket {
    type Value = NativeBucket;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a bucket of four parts")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut parts: S) -> Result<Self::Value, S::Error> {
        let _rule = parts.next_element::<IgnoredAny>()?;
        let (lower, upper) = (parts.next_element_seed(Number)?, parts.next_element_seed(Number)?);
        let count = parts.next_element_seed(Number)?;
        let more = parts.next_element::<IgnoredAny>()?.is_some();
        match (lower, upper, count) {
            (Some(lower), Some(upper), Some(count)) if !more && lower <= upper => {
                Ok(NativeBucket { lower, upper, count })
            }
            (_, _, _) => Err(S::Error::custom("a bucket that has no two edges and a count")),
        }
    }
}
