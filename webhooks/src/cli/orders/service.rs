//! A running service, as an operator's command line sees it.

use crate::http::{Asked, FreezeAsked, FrozenNow};
use crate::report::summary::RolloutSummary;
use anyhow::Context;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Client, StatusCode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// An order takes milliseconds; a service that takes longer than this is in trouble.
const DEADLINE: Duration = Duration::from_secs(15);

/// The API of a service, with an operator's token.
pub(in crate::cli) struct Service {
    client: Client,
    base: String,
}

/// What came of an order.
pub(in crate::cli) enum Answer<T> {
    /// It stands; this is what stands with it.
    Stands(Box<T>),
    /// It does not, for this reason.
    Refused(String),
}

#[derive(Deserialize)]
struct Refused {
    error: String,
}

impl Service {
    pub(in crate::cli) fn new(server: &str, token: &str) -> anyhow::Result<Self> {
        let mut bearer = HeaderValue::from_str(&format!("Bearer {token}"))
            .map_err(|_| anyhow::anyhow!("the token is not one line of printable ASCII"))?;
        bearer.set_sensitive(true);
        let headers = HeaderMap::from_iter([(AUTHORIZATION, bearer)]);
        // The client has no provider of its own, and one that is installed already does as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // Whoever answers with a redirect is not Haldane, and must not see a token sent on.
        let client = Client::builder()
            .default_headers(headers)
            .timeout(DEADLINE)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { client, base: server.trim_end_matches('/').to_owned() })
    }

    pub(in crate::cli) async fn rollouts(&self) -> anyhow::Result<Vec<RolloutSummary>> {
        let response = self.client.get(format!("{}/api/v1/rollouts", self.base)).send().await;
        let response = response.with_context(|| {
            format!(
                "{} does not answer; --server is where haldane listens, such as http://haldane:8080",
                self.base
            )
        })?;
        let status = response.status();
        anyhow::ensure!(status.is_success(), "{} answers {status} instead of its rollouts", self.base);
        response.json().await.with_context(|| format!("{} answers, but not as haldane does", self.base))
    }

    pub(in crate::cli) async fn order(
        &self,
        id: &str,
        asked: &Asked,
    ) -> anyhow::Result<Answer<RolloutSummary>> {
        self.give(&format!("rollouts/{id}/orders"), asked).await
    }

    /// Freezes `service`, or thaws it.
    pub(in crate::cli) async fn freeze(
        &self,
        service: &str,
        word: &str,
        asked: &FreezeAsked,
    ) -> anyhow::Result<Answer<FrozenNow>> {
        self.give(&format!("services/{service}/{word}"), asked).await
    }

    async fn give<T: DeserializeOwned>(
        &self,
        place: &str,
        asked: &impl Serialize,
    ) -> anyhow::Result<Answer<T>> {
        let response = self.client.post(format!("{}/api/v1/{place}", self.base)).json(asked).send().await;
        let response = response
            .context("no answer; whether the order stands is not known: look before you repeat it")?;
        let status = response.status();
        if status == StatusCode::OK {
            let stands =
                response.json().await.context("the order stands, but the answer is not as haldane's")?;
            return Ok(Answer::Stands(Box::new(stands)));
        }
        let told =
            response.json().await.unwrap_or_else(|_| Refused { error: format!("the answer is {status}") });
        if status.is_client_error() {
            return Ok(Answer::Refused(told.error));
        }
        anyhow::bail!("{}", told.error)
    }
}
