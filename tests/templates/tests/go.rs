//! Haldane reads a template as Go does, or refuses it: held to what Go said of a thousand of them.
//!
//! `go/recorded.jsonl` is what the program in `go/` printed; `scripts/go-templates` holds it to Go again, and writes it anew.

use haldane_signals::templates::{Names, Refused, go_template};
use serde::Deserialize;
use std::collections::BTreeMap;

const RECORDED: &str = include_str!("../go/recorded.jsonl");

#[derive(Deserialize)]
struct Answer {
    template: String,
    world: usize,
    text: Option<String>,
}

/// The names of the program's worlds.
fn worlds() -> [Names; 2] {
    let text = |text: &str| text.to_owned();
    let variables = [("key", "value"), ("topic_2", "a\"b\\c"), ("K", ""), ("é", "accent"), ("index", "i")];
    [
        Names {
            name: text("api"),
            namespace: text("fnp"),
            target: text("api-deploy"),
            service: text("api-svc"),
            ingress: text("api-web"),
            route: text("api-route"),
            interval: text("1m"),
            variables: variables.map(|(key, value)| (text(key), text(value))).into(),
        },
        Names {
            name: text("{{ target }}"),
            namespace: text("\"} or vector(1) #"),
            target: text(" -}}\n"),
            service: text("<&'>"),
            ingress: text("`"),
            route: String::new(),
            interval: text("\\"),
            variables: BTreeMap::new(),
        },
    ]
}

fn answers() -> Vec<Answer> {
    RECORDED.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn what_haldane_reads_is_to_the_byte_what_go_writes_and_what_go_refuses_is_refused() {
    let worlds = worlds();
    let (mut same, mut refused) = (0, 0);
    for Answer { template, world, text } in answers() {
        match (go_template(&template, &worlds[world]), text) {
            (Ok(ours), Some(text)) => {
                assert_eq!(ours, text, "{template:?}");
                same += 1;
            }
            (Ok(ours), None) => panic!("{template:?}: Go refuses it, and Haldane says {ours:?}"),
            (Err(_), None) => refused += 1,
            (Err(refused), Some(text)) => {
                assert!(is_named(&refused), "{template:?}: Go says {text:?}, and Haldane {refused}");
            }
        }
    }
    assert!(same > 700 && refused > 700, "{same} same, {refused} refused by both");
}

/// Whether what is refused although Go reads it is one of the things that are left out on purpose, by their names.
fn is_named(refused: &Refused) -> bool {
    match refused {
        Refused::Word { word } => {
            let builtins = [
                "print", "printf", "len", "html", "not", "urlquery", "true", "if", "range", "with", "define",
            ];
            word.starts_with(|c: char| c.is_ascii_digit())
                || builtins.contains(&word.as_str())
                || word == "block"
        }
        Refused::Construct { what, .. } => {
            let signs = [
                "'.'",
                "'\\''",
                "'-'",
                "a pipeline",
                "a variable ($)",
                "parentheses",
                "data (a dot)",
                "the escape",
            ];
            let forms = ["variables without one plain key", "another index"];
            signs.iter().chain(&forms).any(|form| what.starts_with(form))
        }
        Refused::Unclosed { .. } | Refused::NoVariable { .. } => false,
    }
}
