//! Fills a selector in: names, the policy's own matchers, and labels that every series must have.

use super::TemplateError;
use super::file::Template;
use super::holes::Holed;
use super::lists::{For, Lists, Match};
use super::names::Names;
use super::query::Query;
use super::selector::Shape;
use haldane_core::policy::PrometheusSource;

/// Whose selector.
#[derive(Clone, Copy)]
pub(super) enum Arm {
    Canary,
    Primary,
    /// Nobody's: the place as a whole.
    Place,
}

/// What selectors are filled in with.
pub(super) struct Render {
    pub(super) names: Names,
    canary: Option<Lists>,
    primary: Option<Lists>,
    /// What every series must have.
    labels: Vec<Match>,
}

impl Render {
    /// For templates of a family: the policy's own matchers take the place of theirs.
    pub(super) fn new(source: &PrometheusSource) -> Result<Self, TemplateError> {
        let own = |key: &'static str, text: &Option<String>| match text {
            None => Ok(None),
            Some(text) => own_matchers(key, text).map(Some),
        };
        let (canary, primary) = (own("canary", &source.canary)?, own("primary", &source.primary)?);
        Ok(Self { canary, primary, ..Self::for_own(source) })
    }

    /// For a user's own template, which names its series itself.
    pub(super) fn for_own(source: &PrometheusSource) -> Self {
        let labels = source.labels.iter().map(|(label, value)| Match::equal(label, value)).collect();
        Self { names: Names::from(source), canary: None, primary: None, labels }
    }

    /// Whether anything of the policy's stands in the selectors beside names.
    pub(super) fn changes_selectors(&self) -> bool {
        self.canary.is_some() || self.primary.is_some() || !self.labels.is_empty()
    }

    /// Matchers with the policy's own and its labels.
    pub(super) fn matchers(&self, arm: Arm, lists: &Lists) -> Lists {
        let own = match arm {
            Arm::Canary => self.canary.as_ref(),
            Arm::Primary => self.primary.as_ref(),
            Arm::Place => None,
        };
        own.map_or_else(|| lists.clone(), |own| lists.replaced(own)).and(&self.labels)
    }

    /// The selector of the annotation `key`, to be asked.
    pub(super) fn selector(
        &self,
        arm: Arm,
        template: &Template,
        key: &'static str,
    ) -> Result<String, TemplateError> {
        let shape = shape(template, key)?;
        let shape = Shape { lists: self.matchers(arm, &shape.lists), ..shape };
        let text = shape.print(&For::Query(&self.names));
        text.map_err(|refused| template.refused(key, refused.to_string()))
    }

    /// What stands between braces in the annotation `bad`, to be held against labels.
    pub(super) fn bad(&self, template: &Template) -> Result<Option<String>, TemplateError> {
        let Some(text) = template.optional("bad") else { return Ok(None) };
        let refused = |problem: String| template.refused("bad", problem);
        let holed = Holed::read(text).map_err(|e| refused(e.to_string()))?;
        let inside = holed.text.trim();
        let inside = inside.strip_prefix('{').and_then(|t| t.strip_suffix('}')).unwrap_or(inside);
        let lists = Lists::read(inside, &holed).map_err(refused)?;
        holed.are_all(lists.holes()).map_err(refused)?;
        if lists.0.iter().any(Vec::is_empty) {
            return Err(template.refused("bad", "is empty; leave it out where every event is bad".to_owned()));
        }
        let text = lists.print(&For::Query(&self.names));
        text.map(Some).map_err(|e| template.refused("bad", e.to_string()))
    }

    /// A whole query, to be asked.
    pub(super) fn query(&self, query: &str) -> Result<String, String> {
        Query::read(query)?.map(|lists| lists.and(&self.labels)).filled(&self.names)
    }

    /// The labels that every series must have.
    pub(super) fn labels(&self) -> Lists {
        Lists(vec![self.labels.clone()])
    }
}

/// The selector of the annotation `key`, not filled in yet.
pub(super) fn shape(template: &Template, key: &'static str) -> Result<Shape, TemplateError> {
    Shape::read(template.annotation(key)?).map_err(|problem| template.refused(key, problem))
}

/// Matchers from a policy: text as it is, whatever braces stand in its quotes.
fn own_matchers(key: &'static str, text: &str) -> Result<Lists, TemplateError> {
    let plain = Holed::without(text.trim().trim_end_matches(','));
    Lists::read(&plain.text, &plain).map_err(|problem| TemplateError::Own { key, problem })
}
