//! Somebody who is told: one address that takes JSON, and how it is reached.
//!
//! It is a client as the sources' are: its trust is stated, nothing is followed, and secrets are files that are read anew
//! each time, because a mounted secret is rotated under a running process. Its address may carry a key, so no error names
//! more of it than host and port.

use crate::http::{self, Failure, tls};
use crate::prometheus::secret;
use haldane_core::increment::Missing;
use haldane_core::policy::NotifySource;
use reqwest::{Client, Url, header};
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;
use thiserror::Error;

/// How long one call may take, in real time.
const DEADLINE: Duration = Duration::from_secs(5);

/// One address that is told.
pub struct Target {
    url: Url,
    name: String,
    token_file: Option<PathBuf>,
    ca_file: Option<PathBuf>,
    /// The pooled client, and the CA file's content that it trusts.
    made: Mutex<Option<(Option<Vec<u8>>, Client)>>,
}

/// The address cannot be called. It is left out: it may carry a key.
#[derive(Debug, Error)]
#[error("notify.url is no URL of http or https; write it like https://pager.example/hook")]
pub struct BadTarget;

/// Why somebody was not told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotTold {
    /// It may go better later; one line about why.
    Later(String),
    /// This body is refused, and would be again: the status.
    Refused(u16),
}

impl Target {
    /// What `source` names; nobody is called yet.
    ///
    /// # Errors
    /// The address is none.
    pub fn new(source: &NotifySource) -> Result<Self, BadTarget> {
        let url = Url::parse(&source.url).map_err(|_| BadTarget)?;
        let host = url.host_str().filter(|_| matches!(url.scheme(), "http" | "https")).ok_or(BadTarget)?;
        let name = match url.port_or_known_default() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        let file = |named: &Option<String>| named.as_ref().map(PathBuf::from);
        let (token_file, ca_file) = (file(&source.token_file), file(&source.ca_file));
        Ok(Self { name: crate::reason::one_line(&name), url, token_file, ca_file, made: Mutex::new(None) })
    }

    /// Host and port.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Sends `json` once.
    ///
    /// # Errors
    /// Whatever is no answer of the class 2xx within five seconds.
    pub async fn tell(&self, json: Vec<u8>) -> Result<(), NotTold> {
        let later = |missing: Missing| NotTold::Later(missing.to_string());
        let client = self.client().map_err(later)?;
        let mut call = client.post(self.url.clone()).header(header::CONTENT_TYPE, "application/json");
        if let Some(file) = &self.token_file {
            call = call.bearer_auth(secret::text(file).map_err(later)?);
        }
        let answered = call.body(json).send().await.map_err(|error| {
            NotTold::Later(match Failure::from(error) {
                Failure::TimedOut => format!("no answer within {} s", DEADLINE.as_secs()),
                Failure::Unreachable(why) => why,
                Failure::TooLarge => "its answer is too long".to_owned(),
            })
        })?;
        let status = answered.status();
        // What a new secret, a new route or a little time may mend is tried again; what is wrong with the body is not.
        let passes = status.is_server_error()
            || status.is_redirection()
            || [401, 403, 404, 407, 408, 421, 425, 429].contains(&status.as_u16());
        match status.is_success() {
            true => Ok(()),
            false if passes => Err(NotTold::Later(format!("it answers {}", status.as_u16()))),
            false => Err(NotTold::Refused(status.as_u16())),
        }
    }

    fn client(&self) -> Result<Client, Missing> {
        let ca = self.ca_file.as_ref().map(|file| secret::bytes(file)).transpose()?;
        let mut made = self.made.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((from, client)) = &*made
            && *from == ca
        {
            return Ok(client.clone());
        }
        let roots = match &ca {
            _ if self.url.scheme() == "http" => tls::Roots::Nobody,
            Some(pem) => tls::Roots::Pem(pem),
            None => tls::Roots::System,
        };
        let unusable = |detail: &str| match &self.ca_file {
            Some(file) => secret::unusable(file, detail),
            None => secret::unusable(std::path::Path::new("(the system's certificates)"), detail),
        };
        let config = tls::config(&roots, None).map_err(unusable)?;
        let client = http::client(DEADLINE, config).map_err(|error| unusable(&error.to_string()))?;
        *made = Some((ca, client.clone()));
        Ok(client)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Result<Target, BadTarget> {
        Target::new(&NotifySource { url: url.to_owned(), token_file: None, ca_file: None })
    }

    #[test]
    fn an_address_is_named_by_host_and_port_alone() {
        let name = |url| target(url).unwrap().name().to_owned();
        assert_eq!(name("https://pager.example/services/T0/s3cret?key=1"), "pager.example:443");
        assert_eq!(name("http://pager:8080/hook"), "pager:8080");
        for url in ["pager.example", "ftp://pager", "", "file:///etc/passwd"] {
            assert!(target(url).is_err(), "{url}");
        }
    }
}
