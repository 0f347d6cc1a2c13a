//! One Canary of one cluster, as often as it changes.

use super::canary::CanaryObject;
use super::kind::Kind;
use super::route::{object_name, routes_of, weight};
use super::view::view;
use super::watch::{Found, NamespaceWatch};
use crate::reason::one_line;
use haldane_core::cluster::{CanaryView, Seen};
use haldane_core::policy::Routes;
use serde_json::Value;
use tokio::sync::watch;

/// Sees one Canary.
pub struct Observer {
    watch: NamespaceWatch,
    changes: watch::Receiver<u64>,
    name: String,
    routes: Option<Routes>,
    /// What was told last, without its date.
    last: Option<Seen>,
}

impl Observer {
    /// The Canary `name` in the namespace of `watch`; `routes` carry its weights, where the Canary does not say.
    pub fn new(watch: NamespaceWatch, name: &str, routes: Option<Routes>) -> Self {
        let changes = watch.changes();
        Self { watch, changes, name: name.to_owned(), routes, last: None }
    }

    /// Waits for something that was not told before.
    pub async fn next(&mut self) -> Seen {
        loop {
            self.changes.mark_unchanged();
            if let Some(seen) = self.seen().filter(|seen| self.last.as_ref() != Some(&undated(seen))) {
                self.last = Some(undated(&seen));
                return seen;
            }
            // The sender lives as long as `watch` does.
            let _ = self.changes.changed().await;
        }
    }

    /// What is known now; nothing before everything that belongs to the Canary has been listed once.
    fn seen(&self) -> Option<Seen> {
        match self.known()? {
            Ok(seen) => Some(seen),
            Err(why) => Some(Seen::Lost { why }),
        }
    }

    fn known(&self) -> Option<Result<Seen, String>> {
        let object = match self.object(Kind::Canary, &self.name)? {
            Ok(Some(object)) => object,
            Ok(None) => return Some(Ok(Seen::Gone)),
            Err(why) => return Some(Err(why)),
        };
        let canary: CanaryObject = match serde_json::from_value(object) {
            Ok(canary) => canary,
            Err(error) => return Some(Err(misshapen(&error))),
        };
        let target = match Kind::of_target(&canary.spec.target_ref.kind) {
            Some(kind) => match self.object(kind, &canary.spec.target_ref.name)? {
                Ok(target) => target,
                Err(why) => return Some(Err(why)),
            },
            None => None,
        };
        let weight = match routes_of(&canary.spec, self.routes) {
            Some(routes) => match self.object(Kind::of_routes(routes), &object_name(&canary.spec, routes))? {
                Ok(object) => object.and_then(|object| weight(&canary.spec, routes, &object)),
                Err(why) => return Some(Err(why)),
            },
            None => None,
        };
        Some(Ok(Seen::Canary(Box::new(view(&canary, target.as_ref(), weight)))))
    }

    /// One object: none yet; it, or that there is none; or why nobody can look.
    fn object(&self, kind: Kind, name: &str) -> Option<Result<Option<Value>, String>> {
        match self.watch.get(kind, name) {
            Found::NotYet => None,
            Found::Object(object) => Some(Ok(Some(object))),
            Found::Absent => Some(Ok(None)),
            Found::Unreadable(why) => Some(Err(format!("{}: {why}", kind.plural()))),
        }
    }
}

/// What is wrong with a Canary, without the value that is: it may be anything, also a credential.
fn misshapen(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let expected = text.rsplit_once(", expected ").map_or(text.as_str(), |(_, expected)| expected);
    format!("the Canary is of a shape that is not known: {}", one_line(expected))
}

/// What is seen without when it was written. Flagger writes the status of a Canary that has failed on every tick, for ever;
/// that alone is no news.
fn undated(seen: &Seen) -> Seen {
    match seen {
        Seen::Canary(view) => Seen::Canary(Box::new(CanaryView { written: None, ..(**view).clone() })),
        Seen::Gone | Seen::Lost { .. } => seen.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canary_that_cannot_be_read_is_named_without_what_stands_in_it() {
        let wrong =
            serde_json::json!({"spec": {"analysis": {"threshold": "hunter2\n, expected \u{1b}[31m"}}});
        let why = misshapen(&serde_json::from_value::<CanaryObject>(wrong).unwrap_err());
        assert_eq!(why, "the Canary is of a shape that is not known: u32");
        let none = misshapen(&serde_json::from_value::<CanaryObject>(serde_json::json!({})).unwrap_err());
        assert!(none.contains("missing field `spec`"), "{none}");
    }
}
