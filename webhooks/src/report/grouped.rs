//! Guards that say the same in one sentence: where a source is away, every guard of its region says so.
//!
//! It is done to sentences and not to data: programs read each guard by itself, only people are spared the repetition.

/// The lines, with those of guards of one region that differ in the guard's name alone made one.
pub(super) fn grouped(lines: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut all: Vec<Line> = Vec::new();
    for line in lines {
        let line = Line::read(line);
        let same = |known: &&mut Line| {
            !known.guards.is_empty() && (&known.before, &known.after) == (&line.before, &line.after)
        };
        match all.iter_mut().find(same) {
            Some(known) => known.guards.extend(line.guards),
            None => all.push(line),
        }
    }
    all.into_iter().map(Line::text).collect()
}

/// `before guard NAME after`; no guard in any other line.
struct Line {
    before: String,
    guards: Vec<String>,
    after: String,
}

impl Line {
    fn read(line: String) -> Self {
        let before = if line.starts_with("waits: guard ") { "waits: " } else { "" };
        let named = line[before.len()..].strip_prefix("guard ").and_then(|rest| rest.split_once(" in "));
        match named {
            Some((name, after)) if !name.contains(' ') => {
                Self { before: before.to_owned(), guards: vec![name.to_owned()], after: after.to_owned() }
            }
            Some(_) | None => Self { before: line, guards: Vec::new(), after: String::new() },
        }
    }

    fn text(self) -> String {
        let Self { before, guards, after } = self;
        match guards.split_last() {
            None => before,
            Some((name, [])) => format!("{before}guard {name} in {after}"),
            Some((last, names)) => format!("{before}guards {} and {last} in {after}", names.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guards_of_one_region_that_say_the_same_are_one_sentence_and_all_others_stay_as_they_are() {
        let away = "in us-east: not known: connection refused, for 30s now";
        let lines = [
            "us-east is frozen by ann: a sale".to_owned(),
            format!("guard health {away}"),
            "guard lag in us-east: the copy is 9.0 s behind".to_owned(),
            format!("guard region-up {away}"),
            format!("waits: guard health {away}"),
            format!("guard alerts {away}"),
            "guard health in apac: not known: connection refused, for 30s now".to_owned(),
        ];
        let told = grouped(lines.clone());
        let together = format!("guards health, region-up and alerts {away}");
        assert_eq!(told, [&lines[0], &together, &lines[2], &lines[4], &lines[6]].map(String::as_str));
    }
}
