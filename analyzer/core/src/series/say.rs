//! Numbers as a sentence shows them: short, finite, the same everywhere.

/// A relative difference: `+23 %`, `-4.1 %`, `×12`.
pub(super) fn relative(share: Option<f64>) -> String {
    let Some(share) = share else { return "from 0".into() };
    let percent = share * 100.0;
    match percent.abs() {
        size if size < 10.0 => format!("{percent:+.1} %"),
        size if size < 1000.0 => format!("{percent:+.0} %"),
        _ => factor(share + 1.0),
    }
}

/// A factor: `×3.1`.
pub(super) fn factor(factor: f64) -> String {
    match factor.abs() {
        size if size < 1000.0 => format!("×{factor:.2}"),
        size if size < 1e100 => format!("×{factor:.1e}"),
        _ => "beyond any factor".into(),
    }
}

/// A probability: `0.021`, `3e-7`.
pub(super) fn chance(p: f64) -> String {
    if p >= 0.1 {
        format!("{p:.2}")
    } else if p >= 0.001 {
        format!("{p:.4}")
    } else {
        format!("{p:.0e}")
    }
}
