//! A published table: what was measured, with seeds, runs and intervals, and how it looks on a page.

use haldane_lab::stats::{Delays, Share};
use serde::{Deserialize, Serialize};

/// One experiment's result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// Its name in files and markers.
    pub id: String,
    /// What it is about.
    pub title: String,
    /// What names its random streams.
    pub seed: u64,
    /// Runs behind each cell.
    pub runs: usize,
    /// Column heads; the first is that of the row names.
    pub head: Vec<String>,
    /// Rows.
    pub rows: Vec<Row>,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// What it is about.
    pub name: String,
    /// Its cells.
    pub cells: Vec<Cell>,
}

/// One figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cell {
    /// How often.
    Share(Share),
    /// How often, how soon, at what price.
    Found {
        /// How often it was found.
        power: Share,
        /// Median minutes from the onset.
        median_min: Option<f64>,
        /// Median bad requests served until then.
        bad: Option<f64>,
    },
    /// How often, and how soon.
    Delays {
        /// How often it was found.
        power: Share,
        /// Minutes, among all runs.
        minutes: Delays,
    },
    /// Shares of on time, extended, stuck.
    Ladder([Share; 3]),
    /// A figure.
    Value(Option<f64>),
}

impl Table {
    /// An empty table.
    pub fn new(id: &str, title: &str, seed: u64, runs: usize, head: &[&str]) -> Self {
        let head = head.iter().map(|&h| h.to_owned()).collect();
        Self { id: id.to_owned(), title: title.to_owned(), seed, runs, head, rows: Vec::new() }
    }

    /// One more row.
    pub fn row(&mut self, name: impl Into<String>, cells: Vec<Cell>) {
        self.rows.push(Row { name: name.into(), cells });
    }

    /// The share in a cell; for tests, which know their tables.
    pub fn share(&self, row: &str, column: usize) -> Option<Share> {
        match self.rows.iter().find(|r| r.name == row)?.cells.get(column)? {
            Cell::Share(share) | Cell::Found { power: share, .. } | Cell::Delays { power: share, .. } => {
                Some(*share)
            }
            Cell::Ladder(_) | Cell::Value(_) => None,
        }
    }

    /// The delays in a cell; for tests.
    pub fn delays(&self, row: &str, column: usize) -> Option<Delays> {
        match self.rows.iter().find(|r| r.name == row)?.cells.get(column)? {
            Cell::Delays { minutes, .. } => Some(*minutes),
            Cell::Share(_) | Cell::Found { .. } | Cell::Ladder(_) | Cell::Value(_) => None,
        }
    }

    /// As Markdown.
    pub fn markdown(&self) -> String {
        let line = |cells: &mut dyn Iterator<Item = String>| {
            format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
        };
        let mut text = format!("{}.\n\n", self.title);
        text += &line(&mut self.head.iter().cloned());
        text += &line(&mut self.head.iter().map(|_| "---".to_owned()));
        for row in &self.rows {
            text += &line(&mut std::iter::once(row.name.clone()).chain(row.cells.iter().map(Cell::text)));
        }
        text + &format!("\n{} runs per cell, seed {}; `docs/proof/{}.json`.\n", self.runs, self.seed, self.id)
    }
}

impl Cell {
    fn text(&self) -> String {
        let number = |value: &Option<f64>| value.map_or("–".to_owned(), short);
        match self {
            Self::Share(share) => with_interval(share),
            Self::Found { power, median_min, bad } => {
                format!("{}; {} min; {}", percent(power.share), number(median_min), number(bad))
            }
            Self::Delays { power, minutes: Delays { p10, median, p90 } } => {
                let [p10, median, p90] = [p10, median, p90].map(number);
                format!("{}; {p10} / {median} / {p90}", percent(power.share))
            }
            Self::Ladder(shares) => shares.map(|s| percent(s.share)).join(" / "),
            Self::Value(value) => number(value),
        }
    }
}

/// With what the runs cannot exclude: for none of them, the upper end alone.
fn with_interval(share: &Share) -> String {
    if share.count == 0 {
        return format!("0 (≤ {})", percent(share.high));
    }
    format!("{} ({}–{})", percent(share.share), percent(share.low), percent(share.high))
}

fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    let digits = if percent == 0.0 || percent >= 99.95 {
        0
    } else if percent < 1.0 {
        2
    } else {
        1
    };
    format!("{percent:.digits$} %")
}

fn short(value: f64) -> String {
    if value.abs() >= 20.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.2}").trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_shows_what_its_runs_cannot_exclude() {
        let mut table = Table::new("t0", "none", 7, 300, &["noise", "rolled back"]);
        table.row("iid", vec![Cell::Share(Share::new(0, 300))]);
        table.row("drift", vec![Cell::Share(Share::new(15, 300))]);
        let text = table.markdown();
        assert!(text.contains("| iid | 0 (≤ 1.3 %) |"), "{text}");
        assert!(text.contains("| drift | 5.0 % (3.1 %–8.1 %) |"), "{text}");
    }
}
