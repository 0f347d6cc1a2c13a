//! Where each key of a YAML text stands: path → line.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;
use std::collections::BTreeMap;
use std::fmt;

/// The places (line and column) of a text's values, by path (`spec.steps[1].observe`).
pub(super) struct Places(BTreeMap<String, (u64, u64)>);

impl Places {
    /// The path of the value that begins at `place`.
    pub(super) fn path_at(&self, place: (u64, u64)) -> Option<&str> {
        self.0.iter().rfind(|(path, at)| **at == place && !path.is_empty()).map(|(path, _)| path.as_str())
    }

    /// The map that has a key at `place`: its path, and where it begins.
    pub(super) fn holder_of_key(&self, place: (u64, u64)) -> Option<(&str, (u64, u64))> {
        let value = self.0.iter().filter(|(_, at)| **at > place).min_by_key(|(path, at)| (**at, path.len()));
        let of = value.and_then(|(path, _)| path.rfind('.').map(|dot| &path[..dot]))?;
        self.0.get_key_value(of).map(|(path, at)| (path.as_str(), *at))
    }

    /// The line of `path`, or of its nearest ancestor that exists.
    pub(super) fn nearest(&self, path: &str) -> Option<u64> {
        let mut path = path;
        loop {
            if let Some((line, _)) = self.0.get(path) {
                return Some(*line);
            }
            path = &path[..path.rfind(['.', '['])?];
        }
    }
}

/// Reads the places of `text`; none if it is no YAML.
pub(super) fn of(text: &str) -> Places {
    let mut lines = BTreeMap::new();
    if let Ok(root) = serde_saphyr::from_str::<Spanned<Node>>(text) {
        collect(&root, String::new(), &mut lines);
    }
    Places(lines)
}

fn collect(node: &Spanned<Node>, path: String, lines: &mut BTreeMap<String, (u64, u64)>) {
    match &node.value {
        Node::Leaf => {}
        Node::List(items) => {
            items.iter().enumerate().for_each(|(i, item)| collect(item, format!("{path}[{i}]"), lines));
        }
        Node::Map(entries) => {
            let dot = if path.is_empty() { "" } else { "." };
            entries.iter().for_each(|(key, item)| collect(item, format!("{path}{dot}{key}"), lines));
        }
    }
    lines.insert(path, (node.referenced.line(), node.referenced.column()));
}

/// Any YAML, without its values.
enum Node {
    Leaf,
    List(Vec<Spanned<Node>>),
    Map(Vec<(String, Spanned<Node>)>),
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyNode)
    }
}

struct AnyNode;

impl<'de> Visitor<'de> for AnyNode {
    type Value = Node;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any YAML")
    }
    fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
        Ok(Node::Leaf)
    }
    fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
        Ok(Node::Leaf)
    }
    fn visit_u64<E>(self, _: u64) -> Result<Node, E> {
        Ok(Node::Leaf)
    }
    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Leaf)
    }
    fn visit_str<E>(self, _: &str) -> Result<Node, E> {
        Ok(Node::Leaf)
    }
    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Leaf)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element()? {
            all.push(item);
        }
        Ok(Node::List(all))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut all = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            all.push(entry);
        }
        Ok(Node::Map(all))
    }
}
