//! Signals that a policy's author brings: a name, and how its template counts.
//!
//! A name is kept in place, not on the heap, so that every signal stays as cheap to copy as a number.

use super::Kind;
use std::fmt;
use std::str::FromStr;

/// The longest name, in bytes.
const LONGEST: usize = 48;

/// A user's own signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OwnSignal {
    /// Its name in the policy.
    pub name: OwnName,
    /// How its template counts.
    pub kind: Kind,
}

/// A name such as `queue-age`: lower case letters, digits and `-`, up to 48 of them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OwnName([u8; LONGEST]);

impl OwnName {
    /// The name.
    pub fn as_str(&self) -> &str {
        let length = self.0.iter().position(|b| *b == 0).unwrap_or(LONGEST);
        core::str::from_utf8(&self.0[..length]).unwrap_or_default()
    }
}

impl fmt::Debug for OwnName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

impl FromStr for OwnName {
    type Err = String;
    fn from_str(name: &str) -> Result<Self, String> {
        let sound = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let begins = name.bytes().next().is_some_and(|b| b != b'-');
        if name.len() > LONGEST || !begins || !name.bytes().all(sound) {
            return Err(format!(
                "{name:?} is no name for a signal; write up to {LONGEST} lower case letters, digits and -"
            ));
        }
        let mut bytes = [0; LONGEST];
        bytes[..name.len()].copy_from_slice(name.as_bytes());
        Ok(Self(bytes))
    }
}

/// As records write it: `gauge/queue-age`.
impl fmt::Display for OwnSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind.name(), self.name.as_str())
    }
}

impl FromStr for OwnSignal {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, name) = text.split_once('/').ok_or_else(|| format!("{text:?} names no kind"))?;
        let kind = Kind::ALL.into_iter().find(|k| k.name() == kind);
        Ok(Self { kind: kind.ok_or_else(|| format!("{text:?} begins with no kind"))?, name: name.parse()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_own_signal_reads_back_from_its_record() {
        for kind in Kind::ALL {
            let own = OwnSignal { name: "queue-age".parse().unwrap(), kind };
            assert_eq!(own.to_string().parse(), Ok(own));
        }
        assert_eq!("x".repeat(LONGEST).parse::<OwnName>().unwrap().as_str().len(), LONGEST);
    }

    #[test]
    fn names_that_could_be_mistaken_for_something_else_are_refused() {
        for name in ["", "-a", "A", "a b", "a/b", "a\n", "é", &"x".repeat(LONGEST + 1)] {
            assert!(name.parse::<OwnName>().is_err(), "{name:?}");
        }
        for text in ["queue-age", "level/queue-age", "gauge/"] {
            assert!(text.parse::<OwnSignal>().is_err(), "{text:?}");
        }
    }
}
