//! Which of the known words somebody may have meant: those that differ in a few letters.

/// The words of `known` that are near `word`, nearest first; at most three.
pub(super) fn near<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    const SHOWN: usize = 3;
    const LONGEST: usize = 64;
    let letters: Vec<char> = word.to_lowercase().chars().take(LONGEST).collect();
    // One slip in three letters is still the same word, more is another one.
    let most = (letters.len() / 3).min(3);
    let far = |other: &'a str| (distance(&letters, &other.to_lowercase()), other);
    let mut found: Vec<(usize, &str)> = known.map(far).filter(|(slips, _)| *slips <= most).collect();
    found.sort_unstable();
    found.into_iter().take(SHOWN).map(|(_, other)| other).collect()
}

/// How many letters have to be put in, left out or changed (Levenshtein).
fn distance(one: &[char], other: &str) -> usize {
    let mut row: Vec<usize> = (0..=one.len()).collect();
    for (i, b) in other.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, a) in one.iter().enumerate() {
            let changed = diagonal + usize::from(*a != b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[one.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_fingers_is_seen_and_another_word_is_not() {
        const RULES: [&str; 3] = ["region-up", "replication-lag", "failover"];
        assert_eq!(near("replicaton-lag", RULES.into_iter()), ["replication-lag"]);
        assert_eq!(near("Failovr", RULES.into_iter()), ["failover"]);
        assert_eq!(near("latency", RULES.into_iter()), [""; 0]);
        assert_eq!(near("", RULES.into_iter()), [""; 0]);
    }

    #[test]
    fn slips_are_counted_as_letters_put_in_left_out_or_changed() {
        let letters = |word: &str| word.chars().collect::<Vec<_>>();
        for (one, other, slips) in [("", "abc", 3), ("kitten", "sitting", 3), ("zone", "zone", 0)] {
            assert_eq!(distance(&letters(one), other), slips, "{one} {other}");
        }
    }
}
