//! One pod's answer, bounded in time and in bytes, or why there is none.

use super::config::ConfigError;
use super::target::Target;
use crate::http::{self, Failure, tls};
use haldane_core::increment::{Arm, Missing};
use reqwest::{Client, StatusCode};
use std::time::Duration;

/// A pooled client with the bounds of one region.
pub(crate) struct Fetcher {
    client: Client,
    deadline: Duration,
    max_body_bytes: u64,
}

impl Fetcher {
    pub(crate) fn new(deadline: Duration, max_body_bytes: u64) -> Result<Self, ConfigError> {
        // Targets are plain http; reqwest still wants to know whom to trust, and nobody is enough.
        let tls = tls::config(&tls::Roots::Nobody, None).map_err(ConfigError::Tls)?;
        let client = http::client(deadline, tls).map_err(ConfigError::Client)?;
        Ok(Self { client, deadline, max_body_bytes })
    }

    /// The whole body of a 200, or why there is none.
    pub(crate) async fn body(&self, arm: Arm, target: &Target) -> Result<Vec<u8>, Missing> {
        let sent = self.client.get(target.url.clone()).send().await;
        let response = sent.map_err(|e| self.missing(arm, target, e.into()))?;
        if response.status() != StatusCode::OK {
            let status = response.status().as_u16();
            return Err(Missing::HttpStatus { arm, target: target.name.clone(), status });
        }
        http::body(response, self.max_body_bytes).await.map_err(|why| self.missing(arm, target, why))
    }

    fn missing(&self, arm: Arm, target: &Target, why: Failure) -> Missing {
        let target = target.name.clone();
        match why {
            Failure::TimedOut => {
                let deadline_ms = u64::try_from(self.deadline.as_millis()).unwrap_or(u64::MAX);
                Missing::TimedOut { arm, target, deadline_ms }
            }
            Failure::Unreachable(detail) => Missing::Unreachable { arm, target, detail },
            Failure::TooLarge => Missing::TooLarge { arm, target, limit_bytes: self.max_body_bytes },
        }
    }
}
