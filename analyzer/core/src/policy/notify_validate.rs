//! Checks whom to tell: an address without a secret in it.

use super::notify_draft::NotifyDraft;
use super::refusal::Refusals;
use super::source_validate::address;
use super::sources::NotifySource;

const PATH: &str = "spec.notify";

/// Who is told; none where nobody is.
pub(super) fn notify(draft: Option<&NotifyDraft>, refusals: &mut Refusals) -> Option<NotifySource> {
    let NotifyDraft { url, token_file, ca_file } = draft?;
    let like = "https://pager.example/hook";
    address(&format!("{PATH}.url"), url, &["http://", "https://"], like, refusals);
    if url.contains(['?', '#']) {
        // The address itself is not repeated: a query is where keys stand.
        let cure = "leave it out; a secret goes into a file: tokenFile";
        refusals.add(format!("{PATH}.url"), "the address has a query or a fragment", cure);
    }
    if ca_file.is_some() && !url.starts_with("https://") {
        let cure = "write https://, or leave it out";
        refusals.add(format!("{PATH}.caFile"), "plain http shows no certificate", cure);
    }
    for (key, file) in [("tokenFile", token_file), ("caFile", ca_file)] {
        if file.as_ref().is_some_and(|file| file.is_empty() || file.chars().any(char::is_control)) {
            let cure = "write the path of a file, or leave it out";
            refusals.add(format!("{PATH}.{key}"), "it names no file", cure);
        }
    }
    Some(NotifySource { url: url.clone(), token_file: token_file.clone(), ca_file: ca_file.clone() })
}
