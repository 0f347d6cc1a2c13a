//! The draft's Prometheus: what somebody said, where Flagger itself asks, or a guess that says that it is one.

use super::quoted;
use haldane_core::policy::Family;
use reqwest::Url;

/// `prometheus:` of the draft.
pub(super) struct Prometheus {
    /// The address, quoted.
    pub(super) url: String,
    /// Whose word it is, where it is not the user's.
    pub(super) comment: Option<&'static str>,
}

/// Reads `--prometheus`.
///
/// # Errors
/// A policy would refuse it. The address is not repeated: it may hold what it should not.
pub fn address(text: &str) -> Result<String, String> {
    let refusal =
        || "write where its API begins, without user, password and query: http://prometheus:9090".to_owned();
    let url = Url::parse(text).map_err(|_| refusal())?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if plain { Ok(url.as_str().trim_end_matches('/').to_owned()) } else { Err(refusal()) }
}

impl Prometheus {
    pub(super) fn of(given: Option<&str>, of_flagger: Option<&str>, family: Family) -> Self {
        let guess = match family {
            Family::Plain | Family::Nginx | Family::GatewayApi => "http://prometheus:9090",
            Family::Istio => "http://prometheus.istio-system:9090",
            Family::Linkerd => "http://prometheus.linkerd-viz:9090",
        };
        let known = given.map(str::to_owned);
        let flaggers = || of_flagger.and_then(|url| address(url).ok());
        let (url, comment) = match known {
            Some(url) => (url, None),
            None => match flaggers() {
                Some(url) => (url, Some("where the Canary lets Flagger ask; can haldane reach it?")),
                None => (guess.to_owned(), Some("A GUESS: write this region's own")),
            },
        };
        Self { url: quoted(&url), comment }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_s_word_is_taken_before_the_canary_s_and_no_credential_is() {
        let of = |given, flaggers| {
            let Prometheus { url, comment } = Prometheus::of(given, flaggers, Family::Plain);
            (url, comment.is_some())
        };
        assert_eq!(of(Some("http://a:1"), Some("http://b:2")), ("\"http://a:1\"".to_owned(), false));
        assert_eq!(of(None, Some("http://b:2/")), ("\"http://b:2\"".to_owned(), true));
        for flaggers in [None, Some("http://u:hunter2@b:2"), Some("b")] {
            assert_eq!(of(None, flaggers), ("\"http://prometheus:9090\"".to_owned(), true));
        }
        assert!(!address("http://u:hunter2@b").unwrap_err().contains("hunter2"));
    }
}
