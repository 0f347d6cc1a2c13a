//! Bucket edges must be the same everywhere: "slow" has to mean one thing in both arms.

/// Whose edges differ, and from whose.
#[derive(Debug, PartialEq)]
pub(crate) struct Odd<T> {
    pub(crate) odd: T,
    pub(crate) first: T,
}

/// The edges that all share; the first are what the others are held to.
pub(crate) fn common<'a, T>(
    mut seen: impl Iterator<Item = (T, &'a [f64])>,
) -> Result<Option<Vec<f64>>, Odd<T>> {
    let Some((first, edges)) = seen.next() else {
        return Ok(None);
    };
    match seen.find(|(_, others)| *others != edges) {
        None => Ok(Some(edges.to_vec())),
        Some((odd, _)) => Err(Odd { odd, first }),
    }
}

/// What reasons say of the odd one.
pub(crate) fn other_than(first: &str) -> String {
    format!("other bucket edges than {first}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_differs_is_named_beside_the_first_of_all() {
        let (a, b): (&[f64], &[f64]) = (&[100.0, f64::INFINITY], &[200.0, f64::INFINITY]);
        assert_eq!(common([("x", a), ("y", a)].into_iter()), Ok(Some(a.to_vec())));
        assert_eq!(common([("x", a), ("y", b)].into_iter()), Err(Odd { odd: "y", first: "x" }));
        assert_eq!(common::<&str>([].into_iter()), Ok(None));
    }
}
