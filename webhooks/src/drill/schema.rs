//! The JSON Schema of a recording's line, made of the types that read it.

use super::line::Written;
use schemars::generate::SchemaSettings;

/// The schema (2020-12) of one line, as JSON for people.
///
/// # Errors
/// None that is known: a schema is JSON.
pub fn schema() -> Result<String, serde_json::Error> {
    let schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Written>();
    serde_json::to_string_pretty(&schema)
}
