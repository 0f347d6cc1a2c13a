//! `proof --out docs/proof [--page docs/STATISTICS.md] [--only ID]…`: measures everything, stores it, fills the page.
//! With `--only stored` nothing is measured: the page is filled from what is stored, as after a merge of the page.

use haldane_proof::chart::Chart;
use haldane_proof::effort::Effort;
use haldane_proof::table::Table;
use haldane_proof::{TABLES, attacks, boundary, compared, many_gates, page, proving, regions, series, whole};
use std::error::Error;
use std::path::{Path, PathBuf};

const USAGE: &str = "usage: proof --out DIR [--page FILE] [--only ID]...";

struct Arguments {
    out: PathBuf,
    page: Option<PathBuf>,
    only: Vec<String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = arguments()?;
    std::fs::create_dir_all(&arguments.out)?;
    let wanted = |ids: &[&str]| {
        arguments.only.is_empty() || ids.iter().any(|id| arguments.only.iter().any(|o| o == id))
    };
    let keep = |table: &Table| store_table(&arguments, table);
    let draw = |chart: &Chart| store_chart(&arguments.out, chart);
    if arguments.only.iter().any(|id| id == "stored") {
        return fill(&arguments);
    }
    if wanted(&["constants"]) {
        keep(&boundary::constants(Effort::Full, &told("constants")))?;
    }
    if wanted(&["t1"]) {
        keep(&boundary::table(Effort::Full, &told("t1")))?;
    }
    if wanted(&["t2"]) {
        let (table, chart) = compared::false_rollback(Effort::Full, &told("t2"));
        keep(&table)?;
        draw(&chart)?;
    }
    if wanted(&["t3", "t3-peers"]) {
        for table in compared::detection(Effort::Full, &told("t3")) {
            keep(&table)?;
        }
    }
    if wanted(&["t4"]) {
        let (table, chart) = compared::by_traffic(Effort::Full, &told("t4"));
        keep(&table)?;
        draw(&chart)?;
    }
    if wanted(&["t5"]) {
        keep(&proving::at_ten_minutes(Effort::Full, &told("t5")))?;
    }
    if wanted(&["ladder"]) {
        keep(&proving::ladder(Effort::Full, &told("ladder")))?;
    }
    if wanted(&["whole"]) {
        keep(&whole::table(Effort::Full, &told("whole")))?;
    }
    if wanted(&["one-broken"]) {
        keep(&regions::one_broken_of_six(Effort::Full, &told("one-broken")))?;
    }
    if wanted(&["small-everywhere"]) {
        keep(&regions::small_everywhere(Effort::Full, &told("small-everywhere")))?;
    }
    if wanted(&["gates"]) {
        keep(&many_gates::table(Effort::Full, &told("gates")))?;
    }
    if wanted(&["attacks"]) {
        keep(&attacks::table(Effort::Full, &told("attacks")))?;
    }
    if wanted(&["late"]) {
        keep(&attacks::late(Effort::Full, &told("late")))?;
    }
    if wanted(&["series-healthy"]) {
        keep(&series::healthy(Effort::Full, &told("series-healthy")))?;
    }
    if wanted(&["series-faults"]) {
        keep(&series::faults(Effort::Full, &told("series-faults")))?;
    }
    if wanted(&["power-by-size"]) {
        draw(&compared::power_by_size(Effort::Full, &told("power-by-size")))?;
    }
    Ok(())
}

/// Fills the page from the stored tables.
fn fill(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    for id in TABLES {
        let text = std::fs::read_to_string(arguments.out.join(format!("{id}.json")))?;
        store_table(arguments, &serde_json::from_str(&text)?)?;
    }
    Ok(())
}

fn arguments() -> Result<Arguments, Box<dyn Error>> {
    let mut arguments = Arguments { out: PathBuf::new(), page: None, only: Vec::new() };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().ok_or(USAGE)?;
        match word.as_str() {
            "--out" => arguments.out = value.into(),
            "--page" => arguments.page = Some(value.into()),
            "--only" => arguments.only.push(value),
            _ => return Err(USAGE.into()),
        }
    }
    if arguments.out.as_os_str().is_empty() { Err(USAGE.into()) } else { Ok(arguments) }
}

#[expect(clippy::print_stderr, reason = "a person waits for minutes")]
fn told(experiment: &'static str) -> impl Fn(&str) {
    move |what| eprintln!("{experiment}: {what}")
}

fn store_table(arguments: &Arguments, table: &Table) -> Result<(), Box<dyn Error>> {
    store(&arguments.out.join(format!("{}.json", table.id)), table)?;
    let Some(path) = &arguments.page else { return Ok(()) };
    let text = std::fs::read_to_string(path)?;
    let filled = page::filled(&text, &table.id, &table.markdown());
    let filled = filled.ok_or_else(|| format!("{} has no <!-- proof:{} -->", path.display(), table.id))?;
    Ok(std::fs::write(path, filled)?)
}

fn store_chart(out: &Path, chart: &Chart) -> Result<(), Box<dyn Error>> {
    store(&out.join(format!("{}.json", chart.id)), chart)?;
    Ok(std::fs::write(out.join(format!("{}.svg", chart.id)), chart.svg())?)
}

fn store(path: &Path, value: &impl serde::Serialize) -> Result<(), Box<dyn Error>> {
    Ok(std::fs::write(path, serde_json::to_string_pretty(value)? + "\n")?)
}
