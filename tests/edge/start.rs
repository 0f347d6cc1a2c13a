//! What `haldane serve` refuses to start with, and warns about: the options of the edge, with place and cure.

use crate::keys::{HOME_SECRET, write};
use std::process::{Command, Output, Stdio};

const POLICY: &str = include_str!("../../policies/fnp.yaml");

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        std::fs::write(place.0.path().join("policy.yaml"), POLICY).unwrap();
        std::fs::create_dir(place.0.path().join("secrets")).unwrap();
        place
    }
    fn secret(&self, name: &str, secret: &str) {
        write(&self.0.path().join("secrets"), name, secret);
    }
    fn all_secrets(&self) {
        for region in ["us-east", "eu-central", "apac"] {
            self.secret(region, &format!("{region}-{HOME_SECRET}"));
        }
    }
    /// A start that is meant to fail: its standard error.
    fn refused(&self, args: &[&str]) -> String {
        let output = self.run(args);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(!self.0.path().join("haldane.db").exists(), "a store was made: {said}");
        said
    }
    fn run(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_haldane"));
        command.current_dir(self.0.path()).env_remove("RUST_LOG").env("NO_COLOR", "1").stdin(Stdio::null());
        command.args(["serve", "--policy", "policy.yaml"]).args(args).output().unwrap()
    }
}

#[test]
fn a_region_without_a_secret_is_named() {
    let place = Place::new();
    let args = ["--hook-secrets", "secrets"];
    assert!(place.refused(&args).contains("secrets: holds no secret"));
    place.all_secrets();
    std::fs::remove_file(place.0.path().join("secrets/apac")).unwrap();
    place.secret("apac.next.bak", "another-secret-another-secret");
    let said = place.refused(&args);
    assert!(said.contains("secrets: no secret of region apac (of fnp/api); write secrets/apac"), "{said}");
}

#[test]
fn a_weak_or_shared_secret_is_refused_with_its_file() {
    let place = Place::new();
    place.all_secrets();
    place.secret("apac", "short");
    let said = place.refused(&["--hook-secrets", "secrets"]);
    assert!(said.contains("secrets/apac: a secret is 16 to 1024") && said.contains("openssl rand"), "{said}");
    place.secret("apac", &format!("us-east-{HOME_SECRET}"));
    let said = place.refused(&["--hook-secrets", "secrets"]);
    assert!(said.contains("apac and us-east have the same secret") && !said.contains(HOME_SECRET), "{said}");
}

#[test]
fn one_directory_for_hooks_and_people_is_refused() {
    let place = Place::new();
    place.all_secrets();
    let said = place.refused(&["--hook-secrets", "secrets", "--operator-tokens", "./secrets/"]);
    assert!(said.contains("name the same directory") && said.contains("give each its own"), "{said}");
}

#[test]
fn options_that_make_no_sense_are_refused_with_the_cure() {
    let place = Place::new();
    for (args, cure) in [
        (&["--scrape-deadline-ms", "0"][..], "write at least 1"),
        (&["--listen", "8080"], "write IP:PORT"),
        (&["--max-connections", "3"], "write a number from 16 to 65536"),
        (&["--calls-per-second", "0"], "not in 1..="),
        (&["--tls-cert", "x.pem"], "--tls-key"),
        (
            &["--tls-cert", "x.pem", "--tls-key", "y.pem"],
            "x.pem: cannot be read (entity not found); check the path",
        ),
        (&["--hook-secrets", "nowhere"], "nowhere: cannot be read (entity not found); check the path"),
    ] {
        let said = place.refused(args);
        assert!(said.contains(cure), "{args:?}: {said}");
    }
}

/// The address is taken, so that each start ends by itself: after it has said what it has to say.
#[test]
fn listening_to_others_without_credentials_or_without_tls_is_warned_about() {
    let taken = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    let loopback = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let loopback = loopback.local_addr().unwrap().to_string();
    let place = Place::new();
    place.all_secrets();
    let said = |args: &[&str]| String::from_utf8(place.run(args).stderr).unwrap();
    assert!(said(&["--listen", &listen]).contains("give --hook-secrets"));
    let clear = said(&["--listen", &listen, "--hook-secrets", "secrets"]);
    assert!(clear.contains("in the clear") && !clear.contains("give --hook-secrets"), "{clear}");
    assert!(!said(&["--listen", &loopback]).contains("WARN"));
}
