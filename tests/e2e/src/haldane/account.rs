//! What Haldane's report says of one region, for tests in which several take part: the newest rollout is any region's.

use super::Haldane;
use anyhow::{Context, Result};
use haldane_clock::Clock;
use haldane_core::time::{Span, Timestamp};
use serde_json::Value;

/// Between two questions: a report is long, and no test is about a second.
const PAUSE: Span = Span::from_s(1);

/// The report of a region's newest rollout, as the API tells it.
#[derive(Clone, Debug)]
pub struct Account(pub Value);

/// An answer to Flagger.
#[derive(Clone, Debug)]
pub struct Answered {
    /// When.
    pub at: Timestamp,
    /// The status code.
    pub status: u64,
    /// The line of text.
    pub line: String,
}

impl Haldane {
    /// The newest rollout of `region` as the list of all shows it, judged now; none before the first.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn newest_in(&self, region: &str) -> Result<Option<Value>> {
        Ok(self.rollouts().await?.into_iter().find(|rollout| rollout["region"] == region))
    }

    /// Waits until the newest rollout of `region` is as wanted in the list, which costs little, and then in its report.
    ///
    /// # Errors
    /// It is not within this time; the end of what it was instead.
    pub async fn tells(
        &self,
        region: &str,
        what: &str,
        within: Span,
        listed: impl Fn(&Value) -> bool + Send,
        wanted: impl Fn(&Account) -> bool + Send,
    ) -> Result<Account> {
        let clock = Clock::real();
        let deadline = clock.now() + within;
        loop {
            let newest = self.newest_in(region).await?;
            if let Some(rollout) = newest.as_ref().filter(|rollout| listed(rollout)) {
                let account = Account(self.report(rollout).await?);
                if wanted(&account) {
                    return Ok(account);
                }
            }
            if clock.now() > deadline {
                anyhow::bail!("not within {within}: {region}: {what}; {newest:#?}\n{}", self.log());
            }
            clock.sleep(PAUSE).await;
        }
    }
}

impl Account {
    /// How it stands, in one word.
    pub fn standing(&self) -> &str {
        self.0["standing"].as_str().unwrap_or_default()
    }

    /// What is happening, and why.
    pub fn headline(&self) -> &str {
        self.0["headline"].as_str().unwrap_or_default()
    }

    /// The last look.
    pub fn last(&self) -> &Value {
        self.0["looks"].as_array().and_then(|looks| looks.last()).unwrap_or(&Value::Null)
    }

    /// When the region was last polled, as the last look knows.
    pub fn polled(&self) -> Option<Timestamp> {
        instant(&self.last()["polled"])
    }

    /// Requests that its gates have counted in all, of the canary and then of the promoted version.
    pub fn counted(&self) -> f64 {
        let gates = self.last()["gates"].as_array().into_iter().flatten();
        gates.filter_map(|gate| gate["total"].as_f64()).fold(0.0, f64::max)
    }

    /// Since when the rollout is in the stage of the last look.
    ///
    /// # Errors
    /// The stage has no beginning.
    pub fn since(&self) -> Result<Timestamp> {
        let stage = &self.last()["stage"];
        instant(&stage["since"]).with_context(|| format!("since when: {stage}"))
    }

    /// When confirm-rollout was answered yes.
    ///
    /// # Errors
    /// It was not.
    pub fn admitted(&self) -> Result<Timestamp> {
        let facts = self.0["facts"].as_array().context("a report has facts")?;
        let admitted = facts.iter().find(|entry| entry["fact"]["fact"] == "admitted");
        admitted.and_then(|entry| instant(&entry["at"])).context("it was never admitted")
    }

    /// The answers that a hook got, oldest first.
    ///
    /// # Errors
    /// One is incomplete.
    pub fn answers(&self, hook: &str) -> Result<Vec<Answered>> {
        let answers = self.0["answers"].as_array().context("a report has answers")?;
        answers.iter().filter(|answer| answer["hook"] == hook).map(Answered::of).collect()
    }

    /// How often confirm-rollout was refused after this instant.
    pub fn refused_after(&self, instant: Timestamp) -> usize {
        let answers = self.answers("confirm-rollout").unwrap_or_default();
        answers.iter().filter(|answer| answer.at > instant && answer.status == 403).count()
    }
}

impl Answered {
    fn of(answer: &Value) -> Result<Self> {
        Ok(Self {
            at: instant(&answer["at"]).context("an answer has an instant")?,
            status: answer["status"].as_u64().context("an answer has a status")?,
            line: answer["line"].as_str().context("an answer has a line")?.to_owned(),
        })
    }
}

fn instant(value: &Value) -> Option<Timestamp> {
    value.as_i64().map(Timestamp::from_us)
}
