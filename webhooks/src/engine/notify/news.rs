//! One piece of news, as it is sent: JSON with a sentence in it, and where the whole account is.

use crate::report::release::href;
use haldane_core::increment::Region;
use haldane_core::time::Timestamp;
use serde::Serialize;

/// Something that people have to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct News {
    /// In one word for machines: `late-breach`.
    pub(super) event: &'static str,
    pub(super) region: Option<Region>,
    pub(super) release: Option<String>,
    pub(super) rollout: Option<String>,
    pub(super) at: Timestamp,
    /// In one sentence for people.
    pub(super) text: String,
}

#[derive(Serialize)]
struct Body<'a> {
    event: &'a str,
    service: &'a str,
    region: Option<&'a Region>,
    release: Option<&'a str>,
    rollout: Option<&'a str>,
    /// RFC 3339, UTC.
    at: String,
    text: &'a str,
    report: Option<String>,
}

/// `news` about `service` as it is sent; reports are at `public_url`.
pub(super) fn body(
    news: &News,
    service: &str,
    public_url: Option<&str>,
) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&Body {
        event: news.event,
        service,
        region: news.region.as_ref(),
        release: news.release.as_deref(),
        rollout: news.rollout.as_deref(),
        at: instant(news.at),
        text: &news.text,
        report: public_url.map(|url| format!("{url}{}", place(news))),
    })
}

fn place(news: &News) -> String {
    match (&news.rollout, &news.release) {
        (Some(rollout), _) => format!("/rollouts/{rollout}"),
        (None, Some(release)) => href(release),
        (None, None) => "/".to_owned(),
    }
}

fn instant(at: Timestamp) -> String {
    let instant = chrono::DateTime::from_timestamp_micros(at.as_us());
    instant.map_or_else(String::new, |at| at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_are_one_object_with_a_place_to_read_on() {
        let news = News {
            event: "contradiction",
            region: None,
            release: Some("ghcr.io/api:2".to_owned()),
            rollout: None,
            at: Timestamp::from_s(1_800_000_000),
            text: "sick here, well there".to_owned(),
        };
        let body = body(&news, "fnp/api", Some("https://h")).unwrap();
        assert_eq!(
            String::from_utf8(body).unwrap(),
            r#"{"event":"contradiction","service":"fnp/api","region":null,"release":"ghcr.io/api:2","rollout":null,"at":"2027-01-15T08:00:00.000Z","text":"sick here, well there","report":"https://h/releases/ghcr.io%2Fapi%3A2"}"#
        );
    }
}
