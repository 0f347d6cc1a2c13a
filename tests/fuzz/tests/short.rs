//! The short run: every file of the corpus, then fixed mutations of them, in a few seconds.
//!
//! It finds what a change breaks. What nobody has thought of is for the long run (`scripts/fuzz`), whose findings become
//! files of the corpus and are then replayed here for ever.

use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// The longest mutation, in bytes.
const LONGEST: usize = 16 * 1024;

#[test]
fn any_policy_is_refused_in_words_or_sound_recordable_and_good_to_judge_by() {
    run("policy", haldane_fuzz::policy, 2_000);
}

#[test]
fn any_pages_give_possible_counts_and_count_no_event_that_no_page_showed() {
    run("exposition", haldane_fuzz::exposition, 2_000);
}

#[test]
fn any_answer_of_a_prometheus_is_refused_in_words_or_read_in_order_and_the_same_again() {
    run("response", haldane_fuzz::response, 20_000);
}

#[test]
fn any_file_of_cases_is_refused_in_words_or_each_case_answered_by_a_verdict_or_a_place() {
    run("judge", haldane_fuzz::judge, 200_000);
}

#[test]
fn any_calls_are_answered_by_the_contract_and_what_is_recorded_is_what_was_published() {
    run("hook", haldane_fuzz::hook, 60);
}

/// Feeds every file of a corpus, then mutations of them, to `target`. A failure names the file, or shows the mutation.
fn run(name: &str, target: fn(&[u8]), mutations: usize) {
    let corpus = corpus(name);
    assert!(corpus.len() >= 10, "the corpus of {name} is gone");
    for (file, data) in &corpus {
        told(target, data, || format!("tests/fuzz/corpus/{name}/{file}"));
    }
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    for i in 0..mutations {
        let data = mutated(&corpus, &mut rng);
        told(target, &data, || format!("mutation {i} of {name}: {:?}", String::from_utf8_lossy(&data)));
    }
}

/// What broke is told by the panic itself, before this says with what.
fn told(target: fn(&[u8]), data: &[u8], which: impl Fn() -> String) {
    let went = catch_unwind(AssertUnwindSafe(|| target(data)));
    assert!(went.is_ok(), "see above; it was {}", which());
}

/// Every file of a corpus with its name, sorted: the mutations of a seed are the same on every machine.
fn corpus(name: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let files = std::fs::read_dir(&folder).expect("each target has a folder");
    let mut corpus: Vec<(String, Vec<u8>)> = files
        .map(|file| {
            let file = file.expect("the folder can be read");
            let data = std::fs::read(file.path()).expect("and so can its files");
            (file.file_name().to_string_lossy().into_owned(), data)
        })
        .collect();
    corpus.sort();
    corpus
}

/// A file with one to four changes: other bytes, a part left out, doubled, or taken from another file.
fn mutated(corpus: &[(String, Vec<u8>)], rng: &mut ChaCha8Rng) -> Vec<u8> {
    let file = |rng: &mut ChaCha8Rng| corpus.choose(rng).map_or(&[][..], |(_, data)| data.as_slice());
    let mut data = file(rng).to_vec();
    for _ in 0..rng.random_range(1..=4) {
        let (from, to) = part(data.len(), rng);
        match rng.random_range(0..5) {
            0 => data.splice(from..to, []).for_each(drop),
            1 => data.extend_from_within(from..to),
            2 => {
                let other = file(rng);
                let (a, b) = part(other.len(), rng);
                data.splice(from..to, other[a..b].iter().copied()).for_each(drop);
            }
            3 => data.insert(from, rng.random()),
            _ => data.iter_mut().skip(from).take(1).for_each(|byte| *byte = rng.random()),
        }
    }
    data.truncate(LONGEST);
    data
}

/// A part of something so long; short ones more often.
fn part(len: usize, rng: &mut ChaCha8Rng) -> (usize, usize) {
    let from = rng.random_range(0..=len);
    let most = if rng.random_bool(0.7) { 16 } else { len };
    (from, (from + rng.random_range(0..=most)).min(len))
}
