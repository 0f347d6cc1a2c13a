//! Why a policy is refused: the place, what is wrong there, and what to write instead.

use std::fmt;

/// One reason to refuse a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The key, such as `spec.steps[1].observe`. Whoever read the text can find its line.
    pub path: String,
    /// What is wrong there.
    pub problem: String,
    /// What to write instead.
    pub cure: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.path, self.problem, self.cure)
    }
}

/// Collects refusals, so that a file is refused once with everything that is wrong in it.
#[derive(Default)]
pub(super) struct Refusals(pub(super) Vec<Refusal>);

impl Refusals {
    pub(super) fn add(
        &mut self,
        path: impl Into<String>,
        problem: impl Into<String>,
        cure: impl Into<String>,
    ) {
        self.0.push(Refusal { path: path.into(), problem: problem.into(), cure: cure.into() });
    }

    /// The value, or its refusal collected.
    pub(super) fn take<T>(&mut self, path: &str, value: Result<T, (String, String)>) -> Option<T> {
        value.map_err(|(problem, cure)| self.add(path, problem, cure)).ok()
    }
}
