//! A recording's text, read line by line: every line that is wrong is named with its place, and what to write instead.

use super::line::{About, At, Line, Told};
use crate::printable::printable;
use haldane_core::increment::Region;
use haldane_core::policy::Policy;
use haldane_core::time::{Span, Timestamp};
use haldane_lab::drill::{Recording, Sample, Value, What};
use std::collections::BTreeSet;
use std::fmt::Write;

/// How many wrong lines are told.
const SHOWN: usize = 10;

/// The longest recording: every poll of it is folded.
const LONGEST: Span = Span::from_min(24 * 60);

/// The longest name of a writer or an alert, in bytes.
const NAME: usize = 200;

/// Seconds beyond which an instant is none that anybody means.
const FAR_S: f64 = 1e11;

/// A recording and what it says of itself.
#[derive(Debug)]
pub struct Recorded {
    /// The samples.
    pub recording: Recording,
    /// What it is, where it says so.
    pub about: Option<String>,
    /// Whether its instants are instants; otherwise they are seconds from somewhere.
    pub dated: bool,
}

/// Reads a recording of `policy`'s regions.
///
/// # Errors
/// All that is wrong with it, one line each, with `file` and the line's number.
pub fn parse(file: &str, text: &str, policy: &Policy) -> Result<Recorded, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut read = Reading { policy, samples: Vec::new(), about: None, dated: None };
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let wrong = lines.filter_map(|(number, line)| Some((number, read.line(line).err()?)));
    let wrong: Vec<(usize, String)> = wrong.collect();
    if !wrong.is_empty() {
        return Err(told(file, &wrong));
    }
    let Reading { samples, about, dated, .. } = read;
    let recording = Recording::new(samples);
    let Some((first, last)) = recording.ends() else {
        return Err(format!(
            "{file}: there is no sample in it; write one JSON object per line (`haldane drill --schema`)"
        ));
    };
    if last - first > LONGEST {
        let long = last - first;
        return Err(format!(
            "{file}: it covers {long}, and at most {LONGEST} are read; cut it around the loss"
        ));
    }
    Ok(Recorded { recording, about, dated: dated.unwrap_or(false) })
}

fn told(file: &str, wrong: &[(usize, String)]) -> String {
    let mut text = String::new();
    for (number, problem) in wrong.iter().take(SHOWN) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{file}:{number}: {}", printable(problem));
    }
    let more = wrong.len().saturating_sub(SHOWN);
    if more > 0 {
        let _ = writeln!(text, "{file}: and {more} more lines");
    }
    let _ = write!(text, "`haldane drill --schema` documents a line");
    text
}

struct Reading<'a> {
    policy: &'a Policy,
    samples: Vec<Sample>,
    about: Option<String>,
    /// Whether instants are written as such, once one was.
    dated: Option<bool>,
}

impl Reading<'_> {
    fn line(&mut self, text: &str) -> Result<(), String> {
        if let Ok(About { about }) = serde_json::from_str(text) {
            self.about.get_or_insert(about);
            return Ok(());
        }
        let line: Line = serde_json::from_str(text).map_err(|error| problem(&error))?;
        let region = Region(line.region);
        if self.policy.region(&region).is_none() {
            let names: Vec<&str> = self.policy.regions.iter().map(|r| r.name.0.as_str()).collect();
            return Err(format!("region {region} is none of the policy's; those are {}", names.join(", ")));
        }
        let what = match (line.signal, line.guard) {
            (Some(signal), None) => signal.what(),
            (None, Some(guard)) => self.guard(guard)?,
            (Some(_), Some(_)) => {
                return Err("it has both `signal` and `guard`; write one of them".to_owned());
            }
            (None, None) => return Err("it has neither `signal` nor `guard`; write one of them".to_owned()),
        };
        let (at, value) = (self.at(line.at)?, value(&what, line.value)?);
        self.samples.push(Sample { at, region, what, value });
        Ok(())
    }

    fn guard(&self, name: String) -> Result<What, String> {
        let names: Vec<&str> = self.policy.across.guards.iter().map(|g| g.name.as_str()).collect();
        match names.contains(&name.as_str()) {
            true => Ok(What::Guard(name)),
            false if names.is_empty() => Err(format!("guard {name}: the policy has no guards")),
            false => Err(format!("guard {name} is none of the policy's; those are {}", names.join(", "))),
        }
    }

    fn at(&mut self, at: At) -> Result<Timestamp, String> {
        let dated = matches!(at, At::Instant(_));
        if *self.dated.get_or_insert(dated) != dated {
            return Err(
                "`at` is in seconds in one line and an instant in another; write all in one way".to_owned()
            );
        }
        match at {
            At::Seconds(s) if s.is_finite() && s.abs() <= FAR_S => Ok(Timestamp::from_us((s * 1e6) as i64)),
            At::Seconds(s) => Err(format!("`at`: {s} seconds are no instant")),
            At::Instant(text) => {
                let instant = chrono::DateTime::parse_from_rfc3339(&text);
                let instant = instant.map_err(|_| {
                    format!(
                        "`at`: {text:?} is no instant; write one such as 2026-03-01T12:00:05Z, or seconds"
                    )
                })?;
                Ok(Timestamp::from_us(instant.timestamp_micros()))
            }
        }
    }
}

fn value(what: &What, told: Told) -> Result<Value, String> {
    if matches!(told, Told::Nothing(())) {
        return Ok(Value::Unknown);
    }
    if what.in_names() { names(what, told) } else { number(what, told) }
}

fn names(what: &What, told: Told) -> Result<Value, String> {
    let names = match told {
        Told::Name(name) => vec![name],
        Told::Names(names) => names,
        Told::Truth(true) if *what == What::Writer => vec!["writer".to_owned()],
        Told::Truth(false) if *what == What::Writer => Vec::new(),
        Told::Nothing(()) | Told::Truth(_) | Told::Number(_) => {
            return Err(format!("`value` of {what} is a list of names, such as [\"db-1\"] or []"));
        }
    };
    if let Some(name) = names.iter().find(|n| n.trim().is_empty() || n.len() > NAME) {
        return Err(format!("`value`: {name:?} is no name; write 1 to {NAME} bytes, or [] for nobody"));
    }
    Ok(Value::Names(names.iter().map(|name| printable(name)).collect::<BTreeSet<String>>()))
}

fn number(what: &What, told: Told) -> Result<Value, String> {
    let number = match told {
        Told::Number(number) => number,
        Told::Truth(truth) if what.is_share() => f64::from(u8::from(truth)),
        Told::Nothing(()) | Told::Truth(_) | Told::Name(_) | Told::Names(_) => {
            return Err(format!("`value` of {what} is a number; null where it could not be told"));
        }
    };
    let most = if what.is_share() { 1.0 } else { f64::MAX };
    match (0.0..=most).contains(&number) {
        true => Ok(Value::Number(number)),
        false if what.is_share() => {
            Err(format!("`value` of {what} is a share from 0 to 1, and not {number}"))
        }
        false => Err(format!("`value` of {what} is not negative, and not {number}")),
    }
}

/// The parser's words without its own place, which is one within the line.
fn problem(error: &serde_json::Error) -> String {
    let said = error.to_string();
    let said = said.rsplit_once(" at line ").map_or(said.as_str(), |(said, _)| said);
    match said {
        "data did not match any variant of untagged enum Told" => {
            "`value` is a number, true, false, a name, a list of names or null".to_owned()
        }
        "data did not match any variant of untagged enum At" => {
            "`at` is an instant such as \"2026-03-01T12:00:05Z\", or seconds".to_owned()
        }
        said => said.replace("struct Line", "an object with at, region, signal and value"),
    }
}
