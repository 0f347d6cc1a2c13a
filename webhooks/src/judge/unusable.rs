//! What is wrong with a case, from whoever sees it first, in one form: a place and a problem.

use crate::printable::printable;
use haldane_core::recorded::Unusable;
use serde::Deserialize;
use serde_json::value::RawValue;

/// Reads `raw` as a `T`; what is wrong stands at a place below `within`.
pub(super) fn typed<'a, T: Deserialize<'a>>(raw: &'a RawValue, within: &str) -> Result<T, Unusable> {
    let mut text = serde_json::Deserializer::from_str(raw.get());
    serde_path_to_error::deserialize(&mut text).map_err(|error| {
        let path = error.path().to_string();
        let place = match (within, path.as_str()) {
            (within, "." | "") => within.to_owned(),
            ("", path) => path.to_owned(),
            (within, path) => format!("{within}.{path}"),
        };
        unusable(&printable(&place), &problem(&error.into_inner().to_string()))
    })
}

pub(super) fn unusable(place: &str, problem: &str) -> Unusable {
    Unusable { place: place.to_owned(), problem: problem.to_owned() }
}

/// The parser's words without its own place, which is one within the case, and with names that JSON has.
fn problem(said: &str) -> String {
    let said = said.rsplit_once(" at line ").map_or(said, |(said, _)| said);
    let said = said.replace("expected f64", "expected a number");
    let said = match said.split_once("expected struct ") {
        Some((before, _)) => format!("{before}expected an object"),
        None => said,
    };
    let cure = if said.starts_with("invalid type: null") {
        "; what was not measured is left out, at that poll in every list"
    } else if said.starts_with("number out of range") {
        "; write a number that is one"
    } else {
        ""
    };
    printable(&format!("{said}{cure}"))
}
