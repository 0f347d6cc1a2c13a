//! One number out of `show stat`, HAProxy's table of everything. No cell of ours contains a comma.

use crate::WorldError;

/// The number in `column` of the row of server `server` in pool `pool`.
pub(super) fn number(table: &str, pool: &str, server: &str, column: &str) -> Result<u64, WorldError> {
    let missing = || WorldError::Refused(format!("haproxy has no number {column} of {pool}/{server}"));
    let mut lines = table.trim_start_matches("# ").lines();
    let at = lines.next().and_then(|head| head.split(',').position(|name| name == column));
    let row = lines.find(|line| line.starts_with(&format!("{pool},{server},")));
    let cell = row.zip(at).and_then(|(row, at)| row.split(',').nth(at));
    cell.and_then(|cell| cell.parse().ok()).ok_or_else(missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_by_its_column_and_row() {
        let table = "# pxname,svname,qcur,scur\ncanary,pod1,,4\ncanary,BACKEND,0,7\n";
        assert_eq!(number(table, "canary", "pod1", "scur").unwrap(), 4);
        assert_eq!(number(table, "canary", "BACKEND", "scur").unwrap(), 7);
        assert!(number(table, "canary", "pod1", "qcur").is_err());
        assert!(number(table, "primary", "pod1", "scur").is_err());
    }
}
