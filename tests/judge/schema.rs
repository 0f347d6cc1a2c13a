//! The schema says what the reader reads: it accepts its own examples, and refuses what the reader refuses.

use crate::program::{errors, haldane, healthy, judge};
use jsonschema::Validator;
use serde_json::{Value, json};

fn schema() -> Value {
    let output = haldane().arg("--schema").output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn validator() -> Validator {
    jsonschema::draft202012::new(&schema()).unwrap()
}

/// Every example in the schema.
fn examples() -> Vec<Value> {
    let schema = schema();
    let definitions = schema["$defs"].as_object().unwrap().values();
    definitions.filter_map(|d| d["examples"].as_array()).flatten().cloned().collect()
}

#[test]
fn it_is_a_schema_of_2020_12_in_which_everything_is_described() {
    let schema = schema();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    jsonschema::meta::validate(&schema).unwrap();
    for (name, definition) in schema["$defs"].as_object().unwrap() {
        assert!(definition["description"].is_string(), "{name}");
        let properties = definition["properties"].as_object().into_iter().flatten();
        for (key, property) in properties {
            assert!(property["description"].is_string(), "{name}.{key}");
        }
    }
}

#[test]
fn it_accepts_its_own_examples_alone_and_in_a_list() {
    let (validator, examples) = (validator(), examples());
    assert_eq!(examples.len(), 2, "one of each kind of case");
    assert!(examples.iter().all(|example| validator.is_valid(example)));
    assert!(validator.is_valid(&json!(examples)) && validator.is_valid(&healthy()));
}

#[test]
fn its_example_of_counts_is_judged() {
    let example = examples().into_iter().find(|e| e["signals"].is_array()).unwrap();
    let said = judge(&example);
    assert_eq!(
        (said.code, said.lines()[0]["signals"].as_array().map(Vec::len)),
        (Some(4), Some(4)),
        "{said:?}"
    );
}

#[test]
fn it_refuses_what_the_reader_refuses() {
    let validator = validator();
    let changed = |pointer: &str, value: Value| {
        let mut case = errors(|_| 0);
        *case.pointer_mut(pointer).unwrap() = value;
        case
    };
    for wrong in [
        json!([]),
        json!(7),
        json!({}),
        changed("/signals/0/canary/bad/7", json!(-1)),
        changed("/signals/0/canary/bad/7", Value::Null),
        changed("/signals/0/kind", json!("counter")),
        changed("/signals/0/limit", json!(0)),
        changed("/signals/0/canary", json!({"bad": [1], "total": [1], "more": 1})),
        changed("/intervalSeconds", json!(0)),
        json!({"metrics": [{"name": "a", "control": [1], "experiment": [1], "direction": "up"}]}),
    ] {
        assert!(!validator.is_valid(&wrong), "the schema accepts {wrong}");
        assert_eq!(judge(&wrong).code, Some(2), "the reader accepts {wrong}");
    }
}
