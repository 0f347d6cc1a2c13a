//! How a release is called where nobody names it: after its image.

/// `repository/name:tag` without registry and folders, which may differ by region; digests stay whole.
pub fn short_image(image: &str) -> String {
    image.rsplit('/').next().unwrap_or(image).to_owned()
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
    }
}
