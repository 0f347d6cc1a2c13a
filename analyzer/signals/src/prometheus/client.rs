//! One question to the source and its answer, bounded in time, bytes and series.

use super::answer::{Matrix, ResponseFault, read_matrix, read_time};
use super::config::{Auth, PrometheusConfig, shown};
use super::dialect::Manner;
use super::hub::{Books, Tally, Traffic};
use super::identity::{StoreProbe, identify};
use super::number::read_number;
use super::refusal::ConfigError;
use super::secret;
use super::vector::read_vector;
use crate::http::{self, Failure, tls};
use haldane_core::increment::{Missing, Region, SourceFault};
use haldane_core::time::{Span, Timestamp};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{self, HeaderMap};
use reqwest::{Client, RequestBuilder, StatusCode, Url};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Bytes from which on an answer is read beside the other work of this process.
const LARGE: usize = 256 << 10;

/// The oldest sample that a whole query may rest on, where the source lets that be said: its own five minutes are long for
/// what stands now.
const LOOKBACK: Span = Span::from_min(2);

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
    account: Account,
}

/// Where it is written down what asking costs.
enum Account {
    Nowhere,
    Tally(Arc<Tally>),
    Region(Arc<Books>, Region),
}

#[derive(Clone)]
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
        Ok(Session { source: self, client: self.client()?, login, account: Account::Nowhere })
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

    /// How long after an instant it has heard of everything up to it.
    pub(crate) const fn settles(&self) -> Span {
        self.manner.settles()
    }

    /// Host and port.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// How long a whole poll may take, in real time.
    pub(crate) const fn deadline(&self) -> Duration {
        self.deadline
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

impl std::fmt::Debug for Source {
    /// Its name only: the rest may carry credentials.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").field("name", &self.name).finish_non_exhaustive()
    }
}

impl<'a> Session<'a> {
    /// The same, counting what it costs.
    pub(crate) fn counting(&self, tally: Arc<Tally>) -> Self {
        let (source, client, login) = (self.source, self.client.clone(), self.login.clone());
        Session { source, client, login, account: Account::Tally(tally) }
    }

    /// The same, at one region's expense.
    pub(crate) fn charging(self, books: Arc<Books>, region: Region) -> Self {
        Session { account: Account::Region(books, region), ..self }
    }

    /// The raw samples that `query` (a range selector) finds, seen from `at` in the source's time.
    pub(crate) async fn samples(&self, query: &str, at: Timestamp) -> Result<Matrix, Missing> {
        let s = format!("{:.3}", at.as_us() as f64 / 1e6);
        let (form, most) = (format!("query={}&time={s}", encoded(query)), self.source.max_series);
        let found = self.ask(form, move |body| read_matrix(body, most)).await;
        found.map(|matrix| self.source.manner.cleaned(matrix))
    }

    /// The one number that `query` gives at `at` in the source's time; `signal` is whose query it is.
    pub(crate) async fn number(&self, query: &str, signal: &str, at: Timestamp) -> Result<f64, Missing> {
        let s = format!("{:.3}", at.as_us() as f64 / 1e6);
        let found = self.ask(format!("query={}&time={s}", encoded(query)), read_number).await?;
        found.map_err(|found| Missing::NotOneNumber { signal: signal.to_owned(), found })
    }

    /// The numbers that `query` gives at `at` in the source's time, none from a sample that is older than two minutes.
    pub(crate) async fn vector(&self, query: &str, at: Timestamp, most: usize) -> Result<Matrix, Missing> {
        let s = format!("{:.3}", at.as_us() as f64 / 1e6);
        let back = self.source.manner.looks_back(LOOKBACK);
        let found =
            self.ask(format!("query={}&time={s}{back}", encoded(query)), move |body| read_vector(body, most));
        let mut found = found.await;
        if let Err(Missing::Source { fault: SourceFault::TooManySeries { limit }, .. }) = &mut found {
            *limit = u64::try_from(most).unwrap_or(u64::MAX);
        }
        found
    }

    /// The source's time now.
    pub(crate) async fn time(&self) -> Result<Timestamp, Missing> {
        self.ask(format!("query={}", encoded("time()")), read_time).await
    }

    async fn ask<T: Send + 'static>(
        &self,
        form: String,
        read: impl FnOnce(&[u8]) -> Result<T, ResponseFault> + Send + 'static,
    ) -> Result<T, Missing> {
        let first = self.send(&form).await;
        // Once more, at once: a connection that the source closed meanwhile, or one of several replicas in trouble.
        let reply = if worth_repeating(&first) { self.send(&form).await } else { first };
        let reply = reply.map_err(|why| self.failed(why))?;
        if reply.status != StatusCode::OK {
            self.account.write(Traffic { failures: 1.0, ..Traffic::default() });
        }
        let found = if reply.body.len() > LARGE {
            let work = tokio::task::spawn_blocking(move || read(&reply.body)).await;
            // It ends early only with this process.
            work.unwrap_or_else(|_| Err(ResponseFault::NotAnAnswer("reading it was given up".to_owned())))
        } else {
            read(&reply.body)
        };
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
        let form = format!("{form}{}", self.source.manner.parameters);
        let sent_bytes = u64::try_from(form.len()).unwrap_or(u64::MAX);
        self.account.write(Traffic { queries: 1.0, sent_bytes, ..Traffic::default() });
        let request = self.client.post(self.source.endpoint.clone());
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(form);
        let reply = self.receive(request).await;
        let failures = if reply.is_err() { 1.0 } else { 0.0 };
        self.account.write(Traffic { failures, ..Traffic::default() });
        reply
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
        let received = AtomicU64::new(0);
        let reply = self.read(request, &received).await;
        self.account.write(Traffic { received_bytes: received.load(Relaxed), ..Traffic::default() });
        reply
    }

    async fn read(&self, request: RequestBuilder, received: &AtomicU64) -> Result<Reply, Failure> {
        let response = request.send().await?;
        let status = response.status();
        let body = http::counted_body(response, self.source.max_body_bytes, received).await?;
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

impl Account {
    fn write(&self, spent: Traffic) {
        match self {
            Self::Nowhere => {}
            Self::Tally(tally) => tally.add(spent),
            Self::Region(books, region) => books.charge_one(region, spent),
        }
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
