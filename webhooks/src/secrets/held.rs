//! What is held of a directory of secrets: reading it, and comparing with all of it.

use super::file::{self, Digest, SecretError};
use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::Path;
use subtle::ConstantTimeEq as _;

/// The digest of every secret, by the name of its file.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Held(BTreeMap<String, Digest>);

impl Held {
    /// What is in the directory `place` now, and everything that is wrong with it.
    ///
    /// A file that cannot be used keeps the value `before` it: half a write is no reason to refuse a whole region. A
    /// file that is gone, or a directory that is, ends its credentials. An error that says nothing about them (no
    /// descriptor left, a disk that fails) changes nothing.
    pub(super) fn read(place: &Path, before: &Self) -> (Self, Vec<SecretError>) {
        let names = match names(place) {
            Ok(names) => names,
            Err(cause) => {
                let kept = if cause == ErrorKind::NotFound { Self::default() } else { before.clone() };
                return (kept, vec![SecretError::Unreadable { place: place.to_owned(), cause }]);
            }
        };
        let (mut held, mut wrong) = (Self::default(), Vec::new());
        for name in names {
            let Some(name) = name.to_str().filter(|n| file::is_name(n)) else {
                wrong.push(SecretError::BadName { place: place.join(name) });
                continue;
            };
            let digest = match file::read(&place.join(name)) {
                None => None,
                Some(Ok(digest)) => Some(digest),
                Some(Err(error)) => {
                    wrong.push(error);
                    before.0.get(name).copied()
                }
            };
            held.0.extend(digest.map(|d| (name.to_owned(), d)));
        }
        wrong.extend(held.shared(place));
        (held, wrong)
    }

    /// Everybody who has a secret.
    pub(super) fn owners(&self) -> BTreeSet<&str> {
        self.0.keys().map(|name| file::owner(name)).collect()
    }

    /// Whose secret `presented` is. Every candidate is compared, in constant time, whatever the others came to. One
    /// that two owners share is nobody's.
    pub(super) fn owner_of(&self, presented: &[u8]) -> Option<&str> {
        let presented = file::digest(presented);
        let compared = self.0.iter().map(|(name, digest)| (name, bool::from(digest.ct_eq(&presented))));
        let compared: Vec<(&String, bool)> = compared.collect();
        let mut owners = compared.iter().filter(|(_, same)| *same).map(|(name, _)| file::owner(name));
        let owner = owners.next()?;
        owners.all(|other| other == owner).then_some(owner)
    }

    /// The first two owners with one secret.
    fn shared(&self, place: &Path) -> Option<SecretError> {
        let mut seen: BTreeMap<&Digest, &str> = BTreeMap::new();
        self.0.iter().find_map(|(name, digest)| {
            let other = file::owner(name);
            let one = *seen.entry(digest).or_insert(other);
            (one != other).then(|| SecretError::Shared {
                place: place.to_owned(),
                one: one.to_owned(),
                other: other.to_owned(),
            })
        })
    }
}

/// The files of a directory, without hidden ones: Kubernetes keeps the content behind `..data`.
fn names(place: &Path) -> Result<Vec<std::ffi::OsString>, ErrorKind> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(place).map_err(|e| e.kind())? {
        let name = entry.map_err(|e| e.kind())?.file_name();
        if !name.as_encoded_bytes().starts_with(b".") {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}
