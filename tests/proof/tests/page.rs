//! No figure on the page is typed by hand.

use haldane_proof::TABLES;
use haldane_proof::chart::Chart;
use haldane_proof::page::stands;
use haldane_proof::table::Table;
use std::path::PathBuf;

fn docs(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(file)
}

fn read(path: &PathBuf) -> String {
    std::fs::read_to_string(path)
        .unwrap_or_else(|e| panic!("{}: {e}; `make proof` writes it", path.display()))
}

#[test]
fn every_table_of_the_page_is_what_its_stored_result_renders_to() {
    let page = read(&docs("STATISTICS.md"));
    assert_eq!(page.matches("<!-- proof:").count(), TABLES.len());
    for id in TABLES {
        let table: Table = serde_json::from_str(&read(&docs(&format!("proof/{id}.json")))).unwrap();
        let stands = stands(&page, id).unwrap_or_else(|| panic!("the page has no place for {id}"));
        assert_eq!(stands, table.markdown(), "{id}: run `make proof`");
    }
}

#[test]
fn every_chart_of_the_page_is_drawn_from_its_stored_points() {
    let page = read(&docs("STATISTICS.md"));
    for id in ["false-rollback", "power-by-size", "delay-by-traffic"] {
        let chart: Chart = serde_json::from_str(&read(&docs(&format!("proof/{id}.json")))).unwrap();
        assert_eq!(read(&docs(&format!("proof/{id}.svg"))), chart.svg(), "{id}: run `make proof`");
        assert!(page.contains(&format!("(proof/{id}.svg)")), "{id} is shown nowhere");
    }
}
