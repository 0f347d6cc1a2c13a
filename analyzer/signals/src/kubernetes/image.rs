//! How a release is called where nobody names it: after its image.
//!
//! The API server takes any text for an image. What names a release ends in answers, logs, pages and the record, so only
//! what a registry could serve does; a pod of anything else never starts, and its run comes to nothing by itself.

/// The longest that a real one can be is 456: a name of 255, a tag of 128, a digest.
const LONGEST: usize = 512;

/// How every image is called that cannot be one.
const UNUSABLE: &str = "(unusable)";

/// `repository/name:tag` without registry and folders, which may differ by region; digests stay whole.
pub fn short_image(image: &str) -> String {
    let name = image.rsplit('/').next().unwrap_or(image);
    let usable = !name.is_empty() && name.len() <= LONGEST && name.bytes().all(|b| b.is_ascii_graphic());
    (if usable { name } else { UNUSABLE }).to_owned()
}

#[cfg(test)]
mod tests {
    use super::short_image;

    #[test]
    fn the_same_image_from_two_registries_has_one_name() {
        for image in ["api:2.0.0", "eu.example.org:5000/fnp/api:2.0.0", "us.example.org/mirror/fnp/api:2.0.0"]
        {
            assert_eq!(short_image(image), "api:2.0.0");
        }
        assert_eq!(short_image("r/api@sha256:0a"), "api@sha256:0a");
        let longest = format!("{}:{}@sha256:{}", "a".repeat(255), "t".repeat(128), "0".repeat(64));
        assert_eq!(short_image(&longest), longest, "as long as a real one can be");
    }

    #[test]
    fn what_no_image_can_be_called_names_no_release() {
        let long = "x".repeat(1_000_000);
        for hostile in ["api:2\n200 OK", "api:\u{1b}[31m", "api:2.0\u{202e}", "", "r/", "api 2", &long] {
            let name = short_image(hostile);
            assert_eq!(name, "(unusable)", "{}", hostile.escape_debug().take(40).collect::<String>());
        }
    }
}
