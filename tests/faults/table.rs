//! The tables of faults in `docs/OPERATIONS.md`: each row is what a test has just seen, and the tables hold nothing else.
//!
//! A test that brings about a fault tells its row; where the document says otherwise the test fails, so no row can be
//! typed by hand or outlive its test. `HALDANE_WRITE_FAULTS=1` puts what was seen into the document instead.
//! Included by path in each test binary that has faults; every binary has a table of its own, named by its section.

use haldane_flagger_model::{HookKind, TickReport};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// One binary's table, and its faults in the order of the document.
pub(crate) struct Table {
    /// Between `<!-- faults: SECTION -->` and `<!-- end of faults -->` stands the table.
    pub(crate) section: &'static str,
    pub(crate) faults: &'static [&'static str],
}

/// What one fault did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// What broke, as an operator would say it.
    pub(crate) fault: &'static str,
    /// What Flagger got and did while it lasted, from [`flagger_saw`].
    pub(crate) flagger: String,
    /// What the report says meanwhile, in its own words.
    pub(crate) report: String,
    /// How it ended, without hands.
    pub(crate) end: String,
}

/// One writer at a time; binaries run one after the other.
static DOCUMENT: Mutex<()> = Mutex::new(());

impl Table {
    /// Holds a row against the document.
    #[track_caller]
    pub(crate) fn tell(&self, row: &Row) {
        assert!(
            self.faults.contains(&row.fault),
            "{} is no fault of the section {}",
            row.fault,
            self.section
        );
        let made = line(row);
        self.with_rows(|rows| {
            rows.retain(|old| !starts(old, row.fault));
            rows.push(made.clone());
        });
        let told = self.rows();
        assert!(
            told.contains(&made),
            "docs/OPERATIONS.md does not say what was seen; HALDANE_WRITE_FAULTS=1 writes it.\nseen: {made}\ntold: {:?}",
            told.iter().find(|old| starts(old, row.fault))
        );
    }

    /// Holds the whole table against the list of faults: every fault has its row, every row its fault.
    #[track_caller]
    pub(crate) fn is_whole(&self) {
        if is_writing() {
            // The rows come one by one, beside this test.
            return self
                .with_rows(|rows| rows.retain(|row| self.faults.iter().any(|fault| starts(row, fault))));
        }
        let rows = self.rows();
        let told: Vec<bool> = self.faults.iter().zip(&rows).map(|(fault, row)| starts(row, fault)).collect();
        assert!(
            told.iter().all(|same| *same) && rows.len() == self.faults.len(),
            "the table `{}` of docs/OPERATIONS.md lacks a fault or has one that no test brings about",
            self.section
        );
    }

    fn rows(&self) -> Vec<String> {
        let _one = DOCUMENT.lock().unwrap_or_else(PoisonError::into_inner);
        self.split(&std::fs::read_to_string(path()).unwrap()).1
    }

    /// Rewrites the rows, in the order of the faults, if that was asked for.
    fn with_rows(&self, change: impl FnOnce(&mut Vec<String>)) {
        if !is_writing() {
            return;
        }
        let _one = DOCUMENT.lock().unwrap_or_else(PoisonError::into_inner);
        let (before, mut rows, after) = self.split(&std::fs::read_to_string(path()).unwrap());
        change(&mut rows);
        rows.sort_by_key(|row| self.faults.iter().position(|fault| starts(row, fault)));
        let table: String = rows.into_iter().map(|row| row + "\n").collect();
        std::fs::write(path(), format!("{before}{table}{after}")).unwrap();
    }

    /// The document up to the rows, the rows, and the rest.
    fn split(&self, text: &str) -> (String, Vec<String>, String) {
        let begin = format!("<!-- faults: {} -->\n", self.section);
        let (before, rest) = text.split_once(&begin).expect("the document has this section");
        let (table, after) = rest.split_once("<!-- end of faults -->").expect("the section ends");
        let mut lines = table.split_inclusive('\n');
        let head: String = lines.by_ref().take(2).collect();
        (
            format!("{before}{begin}{head}"),
            lines.map(|line| line.trim_end().to_owned()).collect(),
            format!("<!-- end of faults -->{after}"),
        )
    }
}

fn is_writing() -> bool {
    std::env::var_os("HALDANE_WRITE_FAULTS").is_some()
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/OPERATIONS.md")
}

fn line(row: &Row) -> String {
    let cell = |text: &str| text.replace('|', "\\|").replace('\n', " ").replace('<', "&lt;");
    format!("| {} | {} | {} | {} |", row.fault, cell(&row.flagger), cell(&row.report), cell(&row.end))
}

fn starts(line: &str, fault: &str) -> bool {
    line.starts_with(&format!("| {fault} |"))
}

/// What the ticks of a fault were to Flagger: each decisive hook with every status that it got, the canary's weight,
/// and the failed checks that it cost. `no answer` is a call that nobody answered.
pub(crate) fn flagger_saw(ticks: &[TickReport], failed_checks: u32) -> String {
    let decisive = [
        HookKind::ConfirmRollout,
        HookKind::PreRollout,
        HookKind::Rollout,
        HookKind::ConfirmTrafficIncrease,
        HookKind::ConfirmPromotion,
        HookKind::Rollback,
    ];
    let hooks: Vec<String> = decisive.into_iter().filter_map(|kind| answers(ticks, kind)).collect();
    let weights: BTreeSet<u32> =
        ticks.iter().flat_map(|tick| [tick.weight_before, tick.weight_after]).collect();
    let weights: Vec<String> = weights.iter().map(|weight| format!("{weight} %")).collect();
    let checks = match failed_checks {
        0 => "no failed check".to_owned(),
        1 => "1 failed check".to_owned(),
        n => format!("{n} failed checks"),
    };
    format!("{}; {}; {checks}", hooks.join(", "), weights.join(" to "))
}

fn answers(ticks: &[TickReport], kind: HookKind) -> Option<String> {
    let calls = ticks.iter().flat_map(|tick| &tick.calls).filter(|call| call.kind == kind);
    let statuses: BTreeSet<String> = calls
        .map(|call| match &call.outcome {
            Ok(status) => status.to_string(),
            Err(failure) => failure.status().map_or("no answer".to_owned(), |status| status.to_string()),
        })
        .collect();
    let statuses: Vec<String> = statuses.into_iter().collect();
    (!statuses.is_empty()).then(|| format!("`{kind}` {}", statuses.join(" or ")))
}

/// A sentence of a report with the numbers that differ from run to run replaced: all but those of a name (`p99`,
/// `5xx`), of an HTTP status, and percentages.
pub(crate) fn without_numbers(sentence: &str) -> String {
    let mut told = String::new();
    let mut rest = sentence;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from_number) = rest.split_at(start);
        let is_part = |c: char| c.is_ascii_digit() || c == '.' || c == ':';
        let number =
            from_number.split(|c| !is_part(c)).next().unwrap_or_default().trim_end_matches(['.', ':']);
        let after = &from_number[number.len()..];
        told.push_str(before);
        let of_a_span = told.ends_with("…m") || told.ends_with("…h"); // `12m10s`
        let stays = (told.ends_with(|c: char| c.is_ascii_alphabetic()) && !of_a_span)
            || told.ends_with("HTTP ")
            || after.starts_with("xx")
            || after.trim_start().starts_with('%');
        told.push_str(if stays { number } else { "…" });
        rest = after;
    }
    told + rest
}
