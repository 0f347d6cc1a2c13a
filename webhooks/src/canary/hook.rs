//! Which webhooks of a Canary are ours: known by their path, because names and hosts are anybody's.

use haldane_core::answer::Hook;
use reqwest::Url;

/// What the address of a hook of ours says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ours {
    /// The region in it, whether or not there is one of that name.
    pub region: String,
    /// The hook in it; absent where there is no such hook.
    pub hook: Option<Hook>,
}

/// Reads `…/hooks/{region}/{hook}`; none if `url` is no such address. A proxy may have put a path before it.
pub fn ours(url: &str) -> Option<Ours> {
    let url = Url::parse(url).ok()?;
    let segments: Vec<&str> = url.path_segments()?.collect();
    let [.., "hooks", region, hook] = segments.as_slice() else { return None };
    Some(Ours { region: (*region).to_owned(), hook: hook.parse().ok() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hook_of_ours_is_known_by_its_path_alone() {
        let rollback = Some(Ours { region: "us-east".to_owned(), hook: Some(Hook::Rollback) });
        for url in [
            "http://haldane:8080/hooks/us-east/rollback",
            "https://flagger:secret@proxy.example.org/haldane/hooks/us-east/rollback?x=y",
        ] {
            assert_eq!(ours(url), rollback, "{url}");
        }
        assert_eq!(ours("http://h/hooks/us-east/rolback").unwrap().hook, None);
        for url in ["http://loadtester/rollback/check", "http://h/hooks/us-east", "no address", ""] {
            assert_eq!(ours(url), None, "{url}");
        }
    }
}
