//! Names that Kubernetes accepts. Whatever else arrives as a name is refused before it is used or stored.

/// Whether `name` is a DNS-1123 subdomain, as object names are: lower case, digits, `-` and `.`, at most 253 long,
/// each label beginning and ending with a letter or digit.
pub fn is_kubernetes_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= 253 && name.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    let bytes = label.as_bytes();
    let plain = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    bytes.len() <= 63
        && bytes.first().is_some_and(plain)
        && bytes.last().is_some_and(plain)
        && bytes.iter().all(|b| plain(b) || *b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn object_names_are_accepted_and_anything_else_is_not() {
        for name in ["api", "fnp-api", "a.b-c.d9", "0"] {
            assert!(is_kubernetes_name(name), "{name}");
        }
        let long = "a".repeat(64);
        for name in ["", "-a", "a-", "A", "a_b", "a/b", "a..b", "a b", "é", "a\n", "<script>", &long] {
            assert!(!is_kubernetes_name(name), "{name:?}");
        }
    }
}
