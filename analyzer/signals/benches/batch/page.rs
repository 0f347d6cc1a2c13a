//! The figures on paper: JSON, and a table between two marks of `docs/PERFORMANCE.md`.

use crate::{Cost, Measured};
use std::fmt::Write as _;
use std::path::Path;

const BEGIN: &str = "<!-- batch: written by scripts/bench-batch -->";
const END: &str = "<!-- batch: end -->";

pub(crate) fn write(all: &[Measured]) {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    std::fs::create_dir_all(docs.join("performance")).unwrap();
    let json = serde_json::to_string_pretty(all).unwrap();
    std::fs::write(docs.join("performance/batch.json"), json + "\n").unwrap();
    let page = docs.join("PERFORMANCE.md");
    let text = std::fs::read_to_string(&page).unwrap();
    let (before, rest) =
        text.split_once(BEGIN).expect("docs/PERFORMANCE.md has the mark where the table begins");
    let (_, after) = rest.split_once(END).expect("docs/PERFORMANCE.md has the mark where the table ends");
    std::fs::write(&page, format!("{before}{BEGIN}\n{}{END}{after}", table(all))).unwrap();
}

fn table(all: &[Measured]) -> String {
    let mut table = String::from(
        "| canaries × signals, series | who | queries a poll | received | sent | source CPU | reader CPU | took | source / reader memory |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    for m in all {
        let what = format!("{} × {}, {}", m.canaries, m.signals, m.series);
        for (who, cost) in [("Haldane", m.haldane), ("… its first poll", m.first), ("as Flagger", m.flagger)]
        {
            // Writing to a String cannot fail.
            let _ = writeln!(table, "| {what} | {who} | {} |", row(cost));
        }
    }
    if let Some(m) = all.last() {
        let queries = m.flagger.queries / m.haldane.queries;
        let cpu = m.flagger.source_cpu_s / m.haldane.source_cpu_s;
        let core = 100.0 * m.haldane.reader_cpu_s / 15.0;
        let p = m.packed;
        let _ = write!(
            table,
            "\nWith {} canaries: {queries:.0} times fewer queries (aim: 20, {}), {cpu:.1} times less processor time of the \
             source (aim: 5, {}), and reading uses {core:.1} % of a core at a poll every 15 s (aim: 10 %, {}).\n\n\
             An answer of {} packs to {} with gzip, and costs the source {:.0} ms instead of {:.0} ms.\n",
            m.canaries,
            aim(queries >= 20.0),
            aim(cpu >= 5.0),
            aim(core < 10.0),
            bytes(p.plain_bytes as f64),
            bytes(p.gzip_bytes as f64),
            1000.0 * p.gzip_cpu_s,
            1000.0 * p.plain_cpu_s,
        );
    }
    table
}

const fn aim(is_met: bool) -> &'static str {
    if is_met { "met" } else { "missed" }
}

fn row(cost: Cost) -> String {
    format!(
        "{:.0} | {} | {} | {:.2} s | {:.2} s | {:.2} s | {:.0} / {:.0} MiB",
        cost.queries,
        bytes(cost.received_bytes),
        bytes(cost.sent_bytes),
        cost.source_cpu_s,
        cost.reader_cpu_s,
        cost.took_s,
        cost.source_rss_mib,
        cost.reader_rss_mib,
    )
}

fn bytes(bytes: f64) -> String {
    if bytes < 1e6 { format!("{:.0} kB", bytes / 1e3) } else { format!("{:.1} MB", bytes / 1e6) }
}
