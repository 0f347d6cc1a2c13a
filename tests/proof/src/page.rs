//! Tables in a page, between markers: what stands there is what the stored result renders to, or a test fails.

/// The page with everything between `<!-- proof:id -->` and `<!-- /proof -->` replaced. None without such a place.
pub fn filled(page: &str, id: &str, content: &str) -> Option<String> {
    let (from, to) = between(page, id)?;
    Some(format!("{}\n{content}{}", &page[..from], &page[to..]))
}

/// What stands there now.
pub fn stands<'a>(page: &'a str, id: &str) -> Option<&'a str> {
    let (from, to) = between(page, id)?;
    page[from..to].strip_prefix('\n')
}

fn between(page: &str, id: &str) -> Option<(usize, usize)> {
    let opening = format!("<!-- proof:{id} -->");
    let from = page.find(&opening)? + opening.len();
    let to = from + page[from..].find("<!-- /proof -->")?;
    Some((from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_markers_is_replaced() {
        let page = "a\n<!-- proof:t1 -->\nold\n<!-- /proof -->\nb <!-- proof:t2 -->\n<!-- /proof -->\n";
        let page = filled(page, "t1", "new\n").unwrap();
        assert_eq!(
            page,
            "a\n<!-- proof:t1 -->\nnew\n<!-- /proof -->\nb <!-- proof:t2 -->\n<!-- /proof -->\n"
        );
        assert_eq!(stands(&page, "t1"), Some("new\n"));
        assert_eq!(filled(&page, "t3", ""), None);
    }
}
