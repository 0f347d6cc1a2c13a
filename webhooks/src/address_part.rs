//! Text as one part of an address: a secret in a hook's, a release in a page's.
//!
//! What stands for itself (RFC 3986, section 2.3) is left as it is, so that an address can still be read; all else is escaped,
//! a slash too.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};

const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// `text`, escaped as it is written.
pub(crate) fn address_part(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, ESCAPED)
}
