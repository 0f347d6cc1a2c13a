//! What the command line decides about a Canary, each value refused where Flagger would quietly do something else.

use crate::secrets::Plain;
use haldane_core::increment::Region;
use haldane_core::time::Span;
use haldane_signals::kubernetes::go_duration;
use reqwest::Url;
use std::collections::BTreeMap;

/// Flagger's shortest interval, and the one that fits: a rollback waits for the next tick.
pub const INTERVAL: Span = Span::from_s(10);

/// How many times the policy's limit the backstop is, unless told otherwise: far enough that Haldane always decides first.
pub const BACKSTOP: f64 = 5.0;

/// The longest release name that a hook may carry, in bytes.
const LONGEST_RELEASE: usize = 256;

/// Which documents are wanted, by what takes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Print {
    /// MetricTemplates and spec.analysis, to read or to copy into the files that the Canary comes from
    All,
    /// Only the MetricTemplates, for kubectl apply
    Templates,
    /// Only spec.analysis of one region, for kubectl patch --type merge: what it replaces is removed with it
    Patch,
}

/// How a Canary is to ask.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where Flagger reaches Haldane, without a slash at its end: from [`haldane_url`].
    pub haldane: String,
    /// Time between two ticks: from [`interval`].
    pub interval: Span,
    /// Failed checks that roll back.
    pub threshold: u32,
    /// The release's name in every hook: from [`release`].
    pub release: Option<String>,
    /// How many times the limit of error-rate Flagger's own check is: from [`backstop_factor`].
    pub backstop: Option<f64>,
    /// Which documents are wanted.
    pub print: Print,
    /// The secrets that regions' hooks present.
    pub tokens: BTreeMap<Region, Plain>,
}

/// Reads `--haldane`.
///
/// # Errors
/// What is wrong with it. The address is not repeated: it may hold what it should not.
pub fn haldane_url(text: &str) -> Result<String, String> {
    let url =
        Url::parse(text).map_err(|_| "write where Flagger reaches Haldane, such as http://haldane:8080")?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err("write where Flagger reaches Haldane, beginning with http:// or https://".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        let why = "every user of this machine can read a command line";
        return Err(format!("it carries credentials, and {why}: take them out and use --hook-secrets"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("take the query and the fragment out: each hook has a path of its own".to_owned());
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// Reads `--interval`.
///
/// # Errors
/// It is no length of time, or one that Flagger would not keep.
pub fn interval(text: &str) -> Result<Span, String> {
    let span = go_duration(text).filter(|span| span.as_us() % 1_000_000 == 0);
    let span = span.ok_or("write whole seconds or minutes, such as 10s or 1m")?;
    if span < INTERVAL {
        return Err(format!(
            "Flagger raises every interval below {INTERVAL} to {INTERVAL} without a word; write {INTERVAL}"
        ));
    }
    Ok(span)
}

/// Reads `--release`.
///
/// # Errors
/// Haldane would refuse the hooks that carry it.
pub fn release(text: &str) -> Result<String, String> {
    let fits =
        !text.is_empty() && text.len() <= LONGEST_RELEASE && text.bytes().all(|b| (b' '..=b'~').contains(&b));
    fits.then(|| text.to_owned())
        .ok_or_else(|| format!("write 1 to {LONGEST_RELEASE} printable ASCII characters, such as 2.0.0"))
}

/// Reads `--backstop-factor`.
///
/// # Errors
/// So near to the limit that Flagger would decide before Haldane, or so far that nothing reaches it.
pub fn backstop_factor(text: &str) -> Result<f64, String> {
    let factor = text.trim_end_matches('x').parse().ok().filter(|f| (2.0..=100.0).contains(f));
    factor.ok_or_else(|| {
        "write a number from 2 to 100: nearer to the limit, Flagger's check would roll back by chance"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_that_flagger_would_not_keep_is_refused_with_the_reason() {
        assert_eq!(interval("1m"), Ok(Span::from_min(1)));
        for short in ["5s", "0s", "9s"] {
            assert!(interval(short).unwrap_err().contains("without a word"), "{short}");
        }
        for wrong in ["soon", "10", "10.5s", ""] {
            assert!(interval(wrong).unwrap_err().contains("such as 10s"), "{wrong}");
        }
    }

    #[test]
    fn an_address_with_credentials_is_refused_unrepeated() {
        assert_eq!(
            haldane_url("https://h.example.org/haldane/"),
            Ok("https://h.example.org/haldane".to_owned())
        );
        assert_eq!(haldane_url("http://haldane:8080"), Ok("http://haldane:8080".to_owned()));
        let refused = haldane_url("http://flagger:hunter2@haldane:8080").unwrap_err();
        assert!(refused.contains("--hook-secrets") && !refused.contains("hunter2"), "{refused}");
        for wrong in ["haldane:8080", "ftp://h", "http://", "http://h?x", "http://h#x", ""] {
            assert!(haldane_url(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn releases_and_factors_are_what_can_be_used() {
        assert!(release("2.0.0+build 7").is_ok() && release("").is_err() && release("2\n").is_err());
        assert!(release(&"x".repeat(257)).is_err());
        assert_eq!(backstop_factor("8x"), Ok(8.0));
        assert!(["1", "101", "nan", "x"].iter().all(|text| backstop_factor(text).is_err()));
    }
}
