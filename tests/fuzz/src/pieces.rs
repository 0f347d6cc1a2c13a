//! How one input holds several things: pages, or calls.

/// ASCII's record separator. No page, answer or payload needs it, so an input without it is one piece.
const SEPARATOR: u8 = 0x1e;

/// The pieces of an input, in their order; the separators are left out.
pub(crate) fn pieces(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    data.split(|byte| *byte == SEPARATOR)
}

/// The first byte and the rest; nothing if there is none. What a byte chooses is taken modulo the number of choices, so
/// that every byte chooses something.
pub(crate) fn first(data: &[u8]) -> Option<(u8, &[u8])> {
    data.split_first().map(|(first, rest)| (*first, rest))
}

/// Whether a text fits a log line, a terminal and a page: printable ASCII, at most `most` bytes.
pub(crate) fn is_plain(text: &str, most: usize) -> bool {
    text.len() <= most && text.bytes().all(|b| (b' '..=b'~').contains(&b))
}
