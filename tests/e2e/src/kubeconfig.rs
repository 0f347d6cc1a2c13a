//! Who may do what in a plane, and the files with which programs other than the tests log in.

use crate::Plane;
use anyhow::Result;
use std::path::Path;

/// An account of a plane, known by a static token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum User {
    /// May do anything.
    Admin,
    /// Flagger; may do anything, as its chart's role nearly lets it.
    Flagger,
    /// Haldane; may do nothing until a test binds a role to user `haldane`.
    Haldane,
}

impl User {
    pub(crate) const ALL: [Self; 3] = [Self::Admin, Self::Flagger, Self::Haldane];

    /// The name in the API server and in RBAC.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Flagger => "flagger",
            Self::Haldane => "haldane",
        }
    }

    /// Its token: the API server listens on loopback only, and dies with the tests.
    pub(crate) const fn token(self) -> &'static str {
        match self {
            Self::Admin => "admins-token",
            Self::Flagger => "flaggers-token",
            Self::Haldane => "haldanes-token",
        }
    }

    /// A line of the API server's table of tokens.
    pub(crate) fn line(self) -> String {
        let (token, name) = (self.token(), self.name());
        match self {
            Self::Admin | Self::Flagger => format!("{token},{name},{name},\"system:masters\"\n"),
            Self::Haldane => format!("{token},{name},{name}\n"),
        }
    }
}

/// A kubeconfig with one context per plane, named as its region, for one user. JSON is YAML.
pub(crate) fn write(file: &Path, clusters: &[(&str, &str, &str)], user: User) -> Result<()> {
    let list = |entry: &dyn Fn(&(&str, &str, &str)) -> serde_json::Value| {
        clusters.iter().map(entry).collect::<Vec<_>>()
    };
    let config = serde_json::json!({
        "apiVersion": "v1", "kind": "Config",
        "current-context": clusters.first().map(|(region, ..)| *region),
        "clusters": list(&|(region, url, authority)| serde_json::json!({
            "name": region, "cluster": {"server": url, "certificate-authority": authority}})),
        "contexts": list(&|(region, ..)| serde_json::json!({
            "name": region, "context": {"cluster": region, "user": user.name()}})),
        "users": [{"name": user.name(), "user": {"token": user.token()}}],
    });
    std::fs::write(file, serde_json::to_string_pretty(&config)?)?;
    Ok(())
}

impl Plane {
    /// Writes a kubeconfig for `user` with a context per plane, each named as its region; the first is the current one.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_kubeconfig(file: &Path, planes: &[&Self], user: User) -> Result<()> {
        let authorities: Vec<String> =
            planes.iter().map(|p| p.server().authority_file.display().to_string()).collect();
        let clusters: Vec<(&str, &str, &str)> = planes
            .iter()
            .zip(&authorities)
            .map(|(plane, file)| (plane.region(), plane.server().url.as_str(), file.as_str()))
            .collect();
        write(file, &clusters, user)
    }
}
