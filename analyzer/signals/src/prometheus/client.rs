//! One question to the source and its answer, bounded in time, bytes and series.

use super::answer::{Matrix, ResponseFault, read_matrix, read_time};
use super::config::{Auth, PrometheusConfig, shown};
use super::dialect::Manner;
use super::identity::{StoreProbe, identify};
use super::number::read_number;
use super::refusal::ConfigError;
use super::secret;
use crate::http::{self, Failure, tls};
use haldane_core::increment::{Missing, SourceFault};
use haldane_core::time::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{self, HeaderMap};
use reqwest::{Client, RequestBuilder, StatusCode, Url};
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

/// A source and how to ask it.
pub(crate) struct Source {
    endpoint: Url,
    /// Host and port: what reasons say.
    name: String,
    headers: HeaderMap,
    pub(crate) manner: Manner,
    auth: Auth,
    /// CA, certificate, key: those that are configured.
    ca_file: Option<PathBuf>,
    identity: Option<(PathBuf, PathBuf)>,
    deadline: Duration,
    max_body_bytes: u64,
    max_series: usize,
    /// The pooled client, and the files' content that it was made of.
    made: Mutex<Option<(Trust, Client)>>,
}

/// The content of the files that a client is made of.
#[derive(Clone, PartialEq, Eq)]
struct Trust {
    ca: Option<Vec<u8>>,
    identity: Option<(Vec<u8>, Vec<u8>)>,
}

/// A source with this poll's secrets.
pub(crate) struct Session<'a> {
    source: &'a Source,
    client: Client,
    login: Login,
}

enum Login {
    None,
    Basic(String, String),
    Bearer(String),
}

/// A body, or the status that came with it.
struct Reply {
    status: StatusCode,
    body: Vec<u8>,
}

impl Source {
    pub(crate) fn new(config: &PrometheusConfig) -> Result<Self, ConfigError> {
        let endpoint = config.endpoint()?;
        Ok(Self {
            name: shown(&endpoint),
            endpoint,
            headers: config.header_map()?,
            manner: Manner::new(config.dialect, &config.replica_labels),
            auth: config.auth.clone(),
            ca_file: config.ca_file.clone(),
            identity: config.identity.clone().map(|i| (i.cert_file, i.key_file)),
            deadline: config.deadline,
            max_body_bytes: config.max_body_bytes,
            max_series: config.max_series,
            made: Mutex::new(None),
        })
    }

    /// Reads the secrets as they are now; the connections of the last session are kept while the files are the same.
    pub(crate) fn session(&self) -> Result<Session<'_>, Missing> {
        let login = match &self.auth {
            Auth::None => Login::None,
            Auth::Basic { username, password_file } => {
                Login::Basic(username.clone(), secret::text(password_file)?)
            }
            Auth::Bearer { token_file } => Login::Bearer(secret::text(token_file)?),
        };
        Ok(Session { source: self, client: self.client()?, login })
    }

    fn client(&self) -> Result<Client, Missing> {
        let read = |file: &PathBuf| secret::bytes(file);
        let identity = self.identity.as_ref().map(|(cert, key)| Ok((read(cert)?, read(key)?))).transpose()?;
        let trust = Trust { ca: self.ca_file.as_ref().map(read).transpose()?, identity };
        let mut made = self.made.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((from, client)) = &*made
            && *from == trust
        {
            return Ok(client.clone());
        }
        let client = self.make(&trust)?;
        *made = Some((trust, client.clone()));
        Ok(client)
    }

    fn make(&self, trust: &Trust) -> Result<Client, Missing> {
        let roots = match &trust.ca {
            _ if self.endpoint.scheme() == "http" => tls::Roots::Nobody,
            Some(pem) => tls::Roots::Pem(pem),
            None => tls::Roots::System,
        };
        let identity = trust.identity.as_ref().map(|(chain, key)| tls::Identity { chain, key });
        let unusable = |detail: &str| match (&self.ca_file, &self.identity) {
            (_, Some((cert, _))) if detail.contains("client") => secret::unusable(cert, detail),
            (Some(ca), _) => secret::unusable(ca, detail),
            (None, _) => self.missing(SourceFault::Unreachable { detail: detail.to_owned() }),
        };
        let config = tls::config(&roots, identity).map_err(unusable)?;
        http::client(self.deadline, config).map_err(|e| unusable(&crate::reason::one_line(&e.to_string())))
    }

    /// `fault` as increments tell it.
    pub(crate) fn missing(&self, fault: SourceFault) -> Missing {
        Missing::Source { source: self.name.clone(), fault }
    }

    /// The whole poll took too long.
    pub(crate) fn timed_out(&self) -> Missing {
        let deadline_ms = u64::try_from(self.deadline.as_millis()).unwrap_or(u64::MAX);
        self.missing(SourceFault::TimedOut { deadline_ms })
    }
}

impl Session<'_> {
    /// The raw samples that `query` (a range selector) finds, seen from `at` in the source's time.
    pub(crate) async fn samples(&self, query: &str, at: Timestamp) -> Result<Matrix, Missing> {
        let s = format!("{:.3}", at.as_us() as f64 / 1e6);
        let form = format!("query={}&time={s}", encoded(query));
        let found = self.ask(form, |body| read_matrix(body, self.source.max_series)).await;
        found.map(|matrix| self.source.manner.cleaned(matrix))
    }

    /// The one number that `query` gives at `at` in the source's time; `signal` is whose query it is.
    pub(crate) async fn number(&self, query: &str, signal: &str, at: Timestamp) -> Result<f64, Missing> {
        let s = format!("{:.3}", at.as_us() as f64 / 1e6);
        let found = self.ask(format!("query={}&time={s}", encoded(query)), read_number).await?;
        found.map_err(|found| Missing::NotOneNumber { signal: signal.to_owned(), found })
    }

    /// The source's time now.
    pub(crate) async fn time(&self) -> Result<Timestamp, Missing> {
        self.ask(format!("query={}", encoded("time()")), read_time).await
    }

    async fn ask<T>(
        &self,
        form: String,
        read: impl Fn(&[u8]) -> Result<T, ResponseFault>,
    ) -> Result<T, Missing> {
        let first = self.send(&form).await;
        // Once more, at once: a connection that the source closed meanwhile, or one of several replicas in trouble.
        let reply = if worth_repeating(&first) { self.send(&form).await } else { first };
        let reply = reply.map_err(|why| self.failed(why))?;
        let found = read(&reply.body);
        match (reply.status, found) {
            (StatusCode::OK, found) => found.map_err(|why| self.faulty(why)),
            (_, Err(why @ ResponseFault::Refused { .. })) => Err(self.faulty(why)),
            (status, _) => Err(self.source.missing(SourceFault::HttpStatus { status: status.as_u16() })),
        }
    }

    /// What the source seems to be.
    pub(crate) async fn identity(&self) -> StoreProbe {
        let time = self.send(&format!("query={}", encoded("time()"))).await;
        let mut url = self.source.endpoint.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop().extend(["status", "buildinfo"]);
        }
        let build = self.receive(self.client.get(url)).await;
        let build = build.ok().filter(|reply| reply.status == StatusCode::OK).map(|reply| reply.body);
        let time = time.map(|reply| reply.body).unwrap_or_default();
        identify(self.source.manner.dialect, &time, build.as_deref())
    }

    async fn send(&self, form: &str) -> Result<Reply, Failure> {
        let request = self.client.post(self.source.endpoint.clone());
        let request = request
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(format!("{form}{}", self.source.manner.parameters));
        self.receive(request).await
    }

    async fn receive(&self, request: RequestBuilder) -> Result<Reply, Failure> {
        let request = self
            .login(request)
            .headers(self.source.headers.clone())
            .header(header::ACCEPT, "application/json");
        let request = match self.source.manner.header() {
            Some((name, value)) => request.header(name, value),
            None => request,
        };
        let response = request.send().await?;
        let status = response.status();
        let body = http::body(response, self.source.max_body_bytes).await?;
        Ok(Reply { status, body })
    }

    fn login(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.login {
            Login::None => request,
            Login::Basic(user, password) => request.basic_auth(user, Some(password)),
            Login::Bearer(token) => request.bearer_auth(token),
        }
    }

    fn failed(&self, why: Failure) -> Missing {
        match why {
            Failure::TimedOut => self.source.timed_out(),
            Failure::Unreachable(detail) => self.source.missing(SourceFault::Unreachable { detail }),
            Failure::TooLarge => {
                self.source.missing(SourceFault::TooLarge { limit_bytes: self.source.max_body_bytes })
            }
        }
    }

    fn faulty(&self, why: ResponseFault) -> Missing {
        self.source.missing(match why {
            ResponseFault::NotAnAnswer(detail) => SourceFault::NotAnAnswer { detail },
            ResponseFault::Refused { kind, detail } => SourceFault::Refused { kind, detail },
            ResponseFault::Partial(warning) => SourceFault::Partial { warning },
            ResponseFault::TooManySeries => SourceFault::TooManySeries {
                limit: u64::try_from(self.source.max_series).unwrap_or(u64::MAX),
            },
        })
    }
}

fn worth_repeating(reply: &Result<Reply, Failure>) -> bool {
    match reply {
        Ok(reply) => reply.status.is_server_error() || reply.status == StatusCode::TOO_MANY_REQUESTS,
        Err(Failure::Unreachable(_)) => true,
        Err(Failure::TimedOut | Failure::TooLarge) => false,
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}
