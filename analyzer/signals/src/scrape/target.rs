//! One pod's metrics page, and the only name of it that may be shown.

use crate::reason::one_line;
use reqwest::Url;

/// Where to ask, and what to call it.
#[derive(Clone)]
pub(crate) struct Target {
    /// The whole address; may carry credentials, so it is never shown.
    pub(crate) url: Url,
    /// Host and port: what reasons and logs say.
    pub(crate) name: String,
}

impl Target {
    /// Reads an absolute http URL; otherwise says what is wrong without repeating it.
    pub(crate) fn parse(url: &str) -> Result<Self, &'static str> {
        let url = Url::parse(url).map_err(|_| "is not an absolute URL")?;
        if url.scheme() != "http" {
            return Err("is not plain http, the only scheme that this version scrapes");
        }
        let host = url.host_str().ok_or("has no host")?;
        let port = url.port_or_known_default().unwrap_or(80);
        let name = one_line(&format!("{host}:{port}"));
        Ok(Self { url, name })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_named_by_host_and_port_alone() {
        let target = Target::parse("http://scraper:hunter2@10.0.0.7:9090/metrics?token=s3cret").unwrap();
        assert_eq!(target.name, "10.0.0.7:9090");
        assert_eq!(Target::parse("http://[::1]/metrics").unwrap().name, "[::1]:80");
    }

    #[test]
    fn other_schemes_and_half_urls_are_refused_unrepeated() {
        for url in
            ["https://u:hunter2@pod/metrics", "u:hunter2@pod:80/metrics", "/hunter2", "file:///hunter2"]
        {
            let refusal = Target::parse(url).err().unwrap();
            assert!(!refusal.contains("hunter2"), "{refusal}");
        }
    }
}
