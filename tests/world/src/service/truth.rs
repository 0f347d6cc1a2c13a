//! What a pod really served, counted apart from the metrics library, and in a way that survives a `kill -9`.
//!
//! The pod writes it to a file after every request: the page cache outlives the process, so what a killed pod had
//! served is known to the last request, while its own `/metrics` died with it.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Bytes of a record: written at once to the same place, padded with spaces.
const RECORD: usize = 512;

/// What was served.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Truth {
    /// Requests answered, by status code.
    pub by_code: BTreeMap<u16, u64>,
    /// Requests that took more than 200 ms, as measured by the same clock as the histogram.
    pub slower_than_200_ms: u64,
    /// Requests that were made slow on purpose.
    pub made_slow: u64,
}

impl Truth {
    /// All requests answered.
    pub fn requests(&self) -> u64 {
        self.by_code.values().sum()
    }

    /// Requests answered with this code.
    pub fn with_code(&self, code: u16) -> u64 {
        self.by_code.get(&code).copied().unwrap_or(0)
    }

    /// Counts another pod's in.
    pub fn add(&mut self, other: &Self) {
        for (code, n) in &other.by_code {
            *self.by_code.entry(*code).or_default() += n;
        }
        self.slower_than_200_ms += other.slower_than_200_ms;
        self.made_slow += other.made_slow;
    }

    /// What the process that wrote `path` had served; nothing if it never answered a request.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn read(path: &Path) -> io::Result<Self> {
        let text = std::fs::read_to_string(path)?;
        if text.is_empty() { Ok(Self::default()) } else { Ok(serde_json::from_str(text.trim_end())?) }
    }

    /// Replaces the record in `file`.
    pub(crate) fn write(&self, file: &File) -> io::Result<()> {
        let mut record = serde_json::to_vec(self)?;
        record.resize(RECORD.max(record.len()), b' ');
        file.write_all_at(&record, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_replaces_the_one_before_and_reads_back() {
        let path = tempfile::NamedTempFile::new().unwrap();
        assert_eq!(Truth::read(path.path()).unwrap(), Truth::default());
        let mut truth = Truth { slower_than_200_ms: 3, ..Truth::default() };
        truth.by_code.insert(200, 17);
        truth.write(path.as_file()).unwrap();
        truth.by_code.insert(500, 1);
        truth.write(path.as_file()).unwrap();
        let read = Truth::read(path.path()).unwrap();
        assert_eq!(read, truth);
        assert_eq!((read.requests(), read.with_code(500), read.with_code(404)), (18, 1, 0));
    }
}
