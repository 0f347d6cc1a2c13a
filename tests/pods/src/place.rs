//! What a region's place shows beside its pods: whether it answers, its copy of the data, what is synchronised into it.
//!
//! No release moves any of it. A test or a demo turns it, and every page of the region shows it from then on.

/// A region's place at one instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The region's name, as its health page tells it.
    pub region: String,
    /// Whether anything answers there at all.
    pub up: bool,
    /// Whether its database answers; a deep health page asks it, a shallow one does not.
    pub database: bool,
    /// Whether its database takes writes; otherwise it copies another.
    pub writes: bool,
    /// Seconds that the copy is behind; of a database that copies nobody, 0. Where several write and copy each other, each
    /// has one.
    pub lag_s: f64,
    /// Seconds since the last synchronisation.
    pub synced_s: f64,
}

impl Place {
    /// A region where all is well.
    pub fn well(region: &str, writes: bool) -> Self {
        let lag_s = if writes { 0.0 } else { 0.3 };
        Self { region: region.to_owned(), up: true, database: true, writes, lag_s, synced_s: 20.0 }
    }

    /// The name of its database's server.
    pub fn database(&self) -> String {
        format!("db-{}-1", self.region)
    }

    /// What a health page that asks the database answers: the status code, and JSON.
    pub(crate) fn health(&self) -> (u16, String) {
        let (code, status) = if self.database { (200, "healthy") } else { (503, "degraded") };
        (code, format!("{{\"status\":\"{status}\",\"region\":\"{}\"}}\n", self.region))
    }
}

impl Default for Place {
    /// A region without a name whose database copies another.
    fn default() -> Self {
        Self::well("here", false)
    }
}
