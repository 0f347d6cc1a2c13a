//! Labels and regular expressions as nobody should choose them: for the model of a store, and for a real one.

/// Values of labels as nobody should choose them.
pub(crate) const VALUES: [&str; 17] = [
    "",
    "a",
    "b",
    "a|b",
    "a.b",
    "axb",
    "a\\",
    "\"",
    "a\nb",
    "9",
    "\n",
    "(",
    "[a]{2}",
    "ä→",
    "api-7d9f-x1",
    "web-7d9f-x1",
    "٣",
];

/// Regular expressions, also some that two engines read differently and one that needs its own words.
pub(crate) const PATTERNS: [&str; 24] = [
    "",
    "a",
    "a|b",
    "a.b",
    "a\\.b",
    "a\\|b",
    ".*",
    ".+",
    "a.*",
    "[^a]*",
    "(a|b)?",
    "\\n",
    "\\d+",
    "\\w+",
    "\\[a\\]\\{2\\}",
    "\\\\|a\\\\",
    "(?i)A",
    "[ab.|]+",
    "api-[0-9a-zA-Z]+-[0-9a-zA-Z]+",
    "web-[0-9a-zA-Z]+-[0-9a-zA-Z]+",
    "ä.",
    "a{1,2}|b",
    "^a.+$",
    "\\pL.",
];

/// As PromQL and the exposition format write a text between quotes.
pub(crate) fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
