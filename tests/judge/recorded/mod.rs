//! The same bytes from a debug and from a release build: verdicts that a release build wrote, held against this one.
//!
//! `cases.json` is made by [`made`]; `lines.jsonl` is what a release build said of it. This test holds the build under test
//! against both, `scripts/recorded` (part of `make bench`) the release build. Where verdicts are meant to change,
//! `HALDANE_WRITE_RECORDED=1 scripts/recorded` writes both files anew; the difference belongs into the commit that made it.

mod made;

use crate::program::haldane;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// SplitMix64 (Steele, Lea and Flood 2014): a few lines that no library's next version changes.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// A number below `bound`; the tiny bias of the remainder does not matter here.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }

    /// How many of `events` happen, each with a chance of `ppm` in a million.
    pub(crate) fn hits(&mut self, events: u64, ppm: u64) -> u64 {
        (0..events).filter(|_| self.below(1_000_000) < ppm).count() as u64
    }
}

fn file(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "..", "tests", "judge", "recorded", name].iter().collect()
}

fn stored(name: &str) -> String {
    let file = file(name);
    std::fs::read_to_string(&file).unwrap_or_else(|e| {
        panic!("{}: {e}; HALDANE_WRITE_RECORDED=1 scripts/recorded writes it", file.display())
    })
}

#[test]
fn the_recorded_cases_are_those_that_are_made() {
    let made = made::cases();
    if std::env::var_os("HALDANE_WRITE_RECORDED").is_some() {
        std::fs::write(file("cases.json"), &made).unwrap();
    }
    assert!(stored("cases.json") == made, "HALDANE_WRITE_RECORDED=1 scripts/recorded writes them anew");
}

#[test]
fn this_build_says_of_recorded_cases_what_a_release_build_said_byte_for_byte() {
    let output = haldane().arg(file("cases.json")).arg("--json").output().unwrap();
    assert_eq!(output.status.code(), Some(2), "some cases are unusable");
    let (said, stored) = (String::from_utf8(output.stdout).unwrap(), stored("lines.jsonl"));
    for (case, (said, stored)) in said.lines().zip(stored.lines()).enumerate() {
        assert_eq!(said, stored, "case {case}");
    }
    assert!(said == stored, "{} lines, {} stored", said.lines().count(), stored.lines().count());
}

#[test]
fn the_recorded_cases_have_every_verdict_of_every_kind() {
    let (cases, lines) = (stored("cases.json"), stored("lines.jsonl"));
    let cases: Vec<Value> = serde_json::from_str(&cases).unwrap();
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(cases.len(), lines.len());
    let kind = |case: &Value| {
        let arm = case["signals"][0]["canary"]["buckets"].is_array();
        let kind = case["signals"][0]["kind"].as_str().unwrap_or("series").to_owned();
        if arm { format!("{kind} in buckets") } else { kind }
    };
    let word = |line: &Value| line["verdict"].as_str().unwrap_or("unusable").to_owned();
    let seen: BTreeSet<_> = cases.iter().zip(&lines).map(|(c, l)| (kind(c), word(l))).collect();
    for kind in ["ratio", "rate", "latency", "latency in buckets", "gauge", "series"] {
        for word in ["healthy", "breached", "inconclusive", "unusable"] {
            assert!(seen.contains(&(kind.to_owned(), word.to_owned())), "{kind} {word} is missing");
        }
    }
}
