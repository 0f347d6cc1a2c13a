//! A page in protobuf, as far as it is needed: native histograms and counters come by no other way from a scrape.
//!
//! Length-delimited `io.prometheus.client.MetricFamily`; the numbers are those of `metrics.proto` of Prometheus' client model.

use haldane_core::evidence::buckets::native_bracket;
use std::collections::BTreeMap;

/// A native histogram: counts by the index of the bucket, whose upper edge is 2^(index·2^−schema).
#[derive(Clone)]
pub(crate) struct Histogram {
    pub(crate) schema: i8,
    pub(crate) buckets: BTreeMap<i32, u64>,
}

impl Histogram {
    pub(crate) fn new(schema: i8) -> Self {
        Self { schema, buckets: BTreeMap::new() }
    }

    pub(crate) fn observe(&mut self, seconds: f64, times: u32) {
        let (_, upper) = native_bracket(self.schema, seconds);
        let index = haldane_core::math::ln(upper) / std::f64::consts::LN_2 * f64::from(1_u32 << self.schema);
        *self.buckets.entry(index.round() as i32).or_default() += u64::from(times);
    }

    /// Half the resolution: each two buckets become one.
    pub(crate) fn halve(&mut self) {
        self.schema -= 1;
        let mut halved = BTreeMap::new();
        for (index, count) in &self.buckets {
            *halved.entry((index + 1).div_euclid(2)).or_default() += count;
        }
        self.buckets = halved;
    }

    pub(crate) fn count(&self) -> u64 {
        self.buckets.values().sum()
    }

    fn bytes(&self) -> Vec<u8> {
        let mut spans: Vec<(i32, u64)> = Vec::new();
        let (mut end, mut last, mut deltas) = (0_i32, 0_i64, Vec::new());
        for (index, count) in &self.buckets {
            match spans.last_mut() {
                Some((_, length)) if *index == end => *length += 1,
                _ => spans.push((index - end, 1)),
            }
            end = index + 1;
            let count = i64::try_from(*count).unwrap();
            deltas.extend(number(zigzag(count - last)));
            last = count;
        }
        let mut bytes = [varint(1, self.count()), double(2, 1.0)].concat();
        bytes.extend(varint(5, zigzag(i64::from(self.schema))));
        bytes.extend(double(6, 1e-128));
        bytes.extend(varint(7, 0));
        for (offset, length) in spans {
            bytes.extend(nested(12, &[varint(1, zigzag(i64::from(offset))), varint(2, length)].concat()));
        }
        bytes.extend(nested(13, &deltas));
        bytes
    }
}

/// A page with the counter of requests that ended well, and the histogram of their durations.
pub(crate) fn page(histogram: &Histogram) -> Vec<u8> {
    let code = nested(1, &[nested(1, b"code"), nested(2, b"200")].concat());
    let counter = nested(3, &double(1, histogram.count() as f64));
    let requests = family("http_requests_total", 0, &[code, counter].concat());
    let durations = family("http_request_duration_seconds", 4, &nested(7, &histogram.bytes()));
    [requests, durations].concat()
}

fn family(name: &str, kind: u64, metric: &[u8]) -> Vec<u8> {
    let body = [nested(1, name.as_bytes()), nested(2, b"?"), varint(3, kind), nested(4, metric)].concat();
    [number(body.len() as u64), body].concat()
}

fn number(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

fn varint(field: u64, value: u64) -> Vec<u8> {
    [number(field << 3), number(value)].concat()
}

fn double(field: u64, value: f64) -> Vec<u8> {
    [number(field << 3 | 1), value.to_le_bytes().to_vec()].concat()
}

fn nested(field: u64, bytes: &[u8]) -> Vec<u8> {
    [number(field << 3 | 2), number(bytes.len() as u64), bytes.to_vec()].concat()
}
