//! The checksum that Flagger puts into payloads: a name for a revision, not for a run.
//!
//! Flagger hashes the pod template with FNV-32a and writes the decimal digits in an alphabet without vowels. The
//! revision's name stands for the template here; the look is the same.

/// Digit by digit, what Flagger writes instead.
const ALPHABET: [char; 10] = ['4', '5', '6', '7', '8', '9', 'b', 'c', 'd', 'f'];

/// The checksum of a revision: ten characters, always the same for the same revision.
pub fn checksum(revision: &str) -> String {
    let hash = revision.bytes().fold(0x811c_9dc5_u32, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193));
    format!("{hash:010}").bytes().map(|digit| ALPHABET[usize::from(digit - b'0')]).collect()
}

#[cfg(test)]
mod tests {
    use super::checksum;

    #[test]
    fn a_revision_has_one_checksum_of_ten_characters_and_another_revision_has_another() {
        assert_eq!(checksum("v1"), checksum("v1"));
        assert_ne!(checksum("v1"), checksum("v2"));
        for revision in ["", "v1", "registry.example/api:1.2.3"] {
            assert_eq!(checksum(revision).len(), 10, "{revision}");
        }
    }
}
