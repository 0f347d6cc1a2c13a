//! A directory of secrets as callers of it see one: who may, and whose is this?
//!
//! It is read anew when it is asked, at most once a second: a few small files in memory cost microseconds, a flood of
//! wrong guesses cannot make it read more often, and content that is always read has no modification time to be
//! misled by (two writes in one tick of the file system's clock have the same).

use super::file::SecretError;
use super::held::Held;
use haldane_clock::Clock;
use haldane_core::time::{Span, Timestamp};
use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The shortest time between two readings, on the clock that the directory lives on.
const REREAD: Span = Span::from_s(1);

/// A directory of secrets. Clones see the same; `Debug` shows names only.
#[derive(Clone)]
pub struct SecretDir(Arc<Inner>);

struct Inner {
    place: PathBuf,
    clock: Clock,
    known: Mutex<Known>,
}

struct Known {
    held: Held,
    wrong: Vec<SecretError>,
    read: Timestamp,
}

/// A person or a program that was known by its token: the name of the token's file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Operator(String);

impl Operator {
    /// The name, printable ASCII without spaces.
    pub fn name(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl SecretDir {
    /// Reads the directory `place`; later readings are at least a second of `clock`'s time apart.
    ///
    /// # Errors
    ///
    /// Whatever is wrong with any file in it, and a directory without secrets: at start somebody is there to mend it.
    pub fn open(place: &Path, clock: Clock) -> Result<Self, SecretError> {
        let (held, wrong) = Held::read(place, &Held::default());
        if let Some(error) = wrong.into_iter().next() {
            return Err(error);
        }
        if held.owners().is_empty() {
            return Err(SecretError::Empty { place: place.to_owned() });
        }
        let known = Known { held, wrong: Vec::new(), read: clock.now() };
        Ok(Self(Arc::new(Inner { place: place.to_owned(), clock, known: Mutex::new(known) })))
    }

    /// Everybody who has a secret now.
    pub fn owners(&self) -> BTreeSet<String> {
        self.with(|held| held.owners().into_iter().map(str::to_owned).collect())
    }

    /// Whether `presented` is a secret of `owner` (and of nobody else). Takes the same time for every `owner`.
    pub fn matches(&self, owner: &str, presented: &[u8]) -> bool {
        self.with(|held| held.owner_of(presented) == Some(owner))
    }

    /// Whose secret `presented` is.
    pub fn owner_of(&self, presented: &[u8]) -> Option<Operator> {
        self.with(|held| held.owner_of(presented).map(|owner| Operator(owner.to_owned())))
    }

    fn with<T>(&self, ask: impl FnOnce(&Held) -> T) -> T {
        let mut known = self.0.known.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.0.clock.now();
        // A clock that was set back must not keep a removed secret alive.
        if now - known.read >= REREAD || now < known.read {
            known.read_again(&self.0.place);
            known.read = now;
        }
        ask(&known.held)
    }
}

impl Known {
    fn read_again(&mut self, place: &Path) {
        let (held, wrong) = Held::read(place, &self.held);
        for error in wrong.iter().filter(|e| !self.wrong.contains(e)) {
            tracing::error!(%error, "a secret cannot be used; what was valid before it stays so until its file is removed");
        }
        if held != self.held {
            tracing::info!(place = %place.display(), owners = ?held.owners(), "secrets changed");
        }
        (self.held, self.wrong) = (held, wrong);
    }
}

impl fmt::Debug for SecretDir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretDir").field("place", &self.0.place).field("owners", &self.owners()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "aaaaaaaaaaaaaaaa-a";
    const B: &str = "bbbbbbbbbbbbbbbb-bb";

    struct World {
        folder: tempfile::TempDir,
        clock: Clock,
    }

    impl World {
        fn new(files: &[(&str, &str)]) -> Self {
            let world =
                Self { folder: tempfile::tempdir().unwrap(), clock: Clock::manual(Timestamp::from_s(9)) };
            files.iter().for_each(|(name, text)| world.write(name, text));
            world
        }
        fn open(&self) -> Result<SecretDir, SecretError> {
            SecretDir::open(self.folder.path(), self.clock.clone())
        }
        fn write(&self, name: &str, text: &str) {
            std::fs::write(self.folder.path().join(name), text).unwrap();
        }
        fn remove(&self, name: &str) {
            std::fs::remove_file(self.folder.path().join(name)).unwrap();
        }
        fn later(&self) {
            self.clock.set(self.clock.now() + REREAD);
        }
    }

    #[test]
    fn a_secret_is_its_owners_and_nobody_elses() {
        let secrets = World::new(&[("us-east", A), ("eu-central", &format!("{B}\n"))]);
        let secrets = secrets.open().unwrap();
        assert!(secrets.matches("us-east", A.as_bytes()) && secrets.matches("eu-central", B.as_bytes()));
        assert!(!secrets.matches("us-east", B.as_bytes()) && !secrets.matches("apac", A.as_bytes()));
        assert_eq!(secrets.owner_of(B.as_bytes()).unwrap().name(), "eu-central");
        for wrong in ["", "a", &A[1..], &format!("{A}a"), &format!("{A}\n"), "bbbbbbbbbbbbbbbb-b"] {
            assert!(secrets.owner_of(wrong.as_bytes()).is_none(), "{wrong:?}");
        }
    }

    #[test]
    fn two_are_valid_during_a_rotation_and_a_removed_one_ends_within_a_second() {
        let world = World::new(&[("us-east", A)]);
        let secrets = world.open().unwrap();
        let valid = || [A, B].map(|s| secrets.matches("us-east", s.as_bytes()));
        world.write("us-east.next", B);
        assert_eq!(valid(), [true, false], "it is not read again within a second");
        world.later();
        assert_eq!(valid(), [true, true]);
        std::fs::rename(world.folder.path().join("us-east.next"), world.folder.path().join("us-east"))
            .unwrap();
        world.later();
        assert_eq!(valid(), [false, true]);
        world.remove("us-east");
        world.later();
        assert_eq!(valid(), [false, false]);
        assert!(secrets.owners().is_empty());
    }

    #[test]
    fn a_file_that_cannot_be_used_is_refused_at_start_with_place_and_cure() {
        for (text, cure) in [("", "openssl"), ("short", "openssl"), ("0123456789abcde\n", "openssl")] {
            let world = World::new(&[("us-east", text)]);
            let told = world.open().unwrap_err().to_string();
            assert!(told.contains("us-east: ") && told.contains(cure) && !told.contains("01234"), "{told}");
        }
        let world = World::new(&[]);
        assert!(matches!(world.open(), Err(SecretError::Empty { .. })));
        std::fs::create_dir(world.folder.path().join("us-east")).unwrap();
        assert!(matches!(world.open(), Err(SecretError::NoFile { .. })));
        let nowhere = SecretDir::open(&world.folder.path().join("x"), world.clock.clone());
        assert!(matches!(nowhere, Err(SecretError::Unreadable { .. })));
    }

    #[test]
    fn a_file_that_becomes_useless_keeps_its_last_good_secret_and_a_new_one_gives_none() {
        let world = World::new(&[("us-east", A)]);
        let secrets = world.open().unwrap();
        world.write("us-east", "");
        world.write("apac", "short");
        world.later();
        assert!(secrets.matches("us-east", A.as_bytes()) && !secrets.matches("apac", b"short"));
        world.write("us-east", B);
        world.later();
        assert!(secrets.matches("us-east", B.as_bytes()) && !secrets.matches("us-east", A.as_bytes()));
    }

    #[test]
    fn a_secret_that_two_share_is_refused_at_start_and_later_worth_nothing() {
        let world = World::new(&[("alice", A), ("bob", A)]);
        let told = world.open().unwrap_err().to_string();
        assert!(told.contains("alice and bob have the same secret"), "{told}");
        world.write("bob", B);
        let secrets = world.open().unwrap();
        world.write("bob", A);
        world.later();
        assert!(!secrets.matches("alice", A.as_bytes()) && secrets.owner_of(A.as_bytes()).is_none());
        world.write("bob.next", B);
        world.write("bob", B);
        world.later();
        assert_eq!(
            secrets.owner_of(B.as_bytes()).unwrap().name(),
            "bob",
            "twice the same owner is no conflict"
        );
    }

    #[test]
    fn a_directory_that_is_gone_ends_every_secret() {
        let world = World::new(&[("us-east", A)]);
        let secrets = world.open().unwrap();
        std::fs::remove_dir_all(world.folder.path()).unwrap();
        world.later();
        assert!(!secrets.matches("us-east", A.as_bytes()));
    }

    #[cfg(unix)]
    #[test]
    fn a_mounted_secret_is_followed_when_kubernetes_swaps_it() {
        use std::os::unix::fs::symlink;
        let world = World::new(&[]);
        let at = |name: &str| world.folder.path().join(name);
        for (version, text) in [("..1", A), ("..2", B)] {
            std::fs::create_dir(at(version)).unwrap();
            std::fs::write(at(version).join("us-east"), text).unwrap();
        }
        symlink("..1", at("..data")).unwrap();
        symlink("..data/us-east", at("us-east")).unwrap();
        let secrets = world.open().unwrap();
        assert!(secrets.matches("us-east", A.as_bytes()));
        symlink("..2", at("..new")).unwrap();
        std::fs::rename(at("..new"), at("..data")).unwrap();
        world.later();
        assert!(!secrets.matches("us-east", A.as_bytes()) && secrets.matches("us-east", B.as_bytes()));
        std::fs::remove_dir_all(at("..2")).unwrap();
        world.later();
        assert!(!secrets.matches("us-east", B.as_bytes()), "a dangling link is a removed secret");
    }

    #[test]
    fn debug_shows_names_only() {
        let world = World::new(&[("us-east", A)]);
        let shown = format!("{:?}", world.open().unwrap());
        assert!(shown.contains("us-east") && !shown.contains("aaaa"), "{shown}");
    }
}
