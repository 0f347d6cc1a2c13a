//! What a region's health is asked of: pages that must answer well, ports that must accept a connection.
//!
//! As with every source, addresses come from the policy's author, and are no part of the policy that is recorded.

use crate::time::Span;
use std::collections::BTreeMap;

/// One question about the health of a region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeSource {
    /// How results call it: its own name, or what it asks. Each of a region has another.
    pub name: String,
    /// What is asked.
    pub what: ProbeWhat,
    /// How long the whole answer may take, in real time.
    pub timeout: Span,
}

/// What a probe asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbeWhat {
    /// A page.
    Http {
        /// Its address (`http://` or `https://`), without user and password.
        url: String,
        /// The status codes that are healthy; empty for every 2xx.
        status: Vec<u16>,
        /// Fields of a JSON body with their values as text; empty where the body does not matter. A dot leads into an
        /// object.
        expect: BTreeMap<String, String>,
        /// Certificates (PEM) trusted in place of the system's.
        ca_file: Option<String>,
    },
    /// A port that accepts a connection.
    Tcp {
        /// Host name or address.
        host: String,
        /// Port.
        port: u16,
    },
}
