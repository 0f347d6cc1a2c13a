//! Time zones by their IANA names, and the names near one that does not exist.

use super::near::near;
use super::weekly;
use crate::time::Timestamp;
use chrono_tz::{TZ_VARIANTS, Tz};

/// The zone of that name.
pub(super) fn named(name: &str) -> Option<Tz> {
    name.parse().ok()
}

/// Names like `name`, nearest first: those of the same place, else those that differ in a few letters.
pub(super) fn like(name: &str) -> Vec<&'static str> {
    let place = |zone: &str| zone.rsplit('/').next().unwrap_or(zone).to_lowercase();
    let wanted = place(&name.replace(' ', "_"));
    let all = || TZ_VARIANTS.iter().map(|zone| zone.name());
    let same: Vec<&str> = all().filter(|zone| place(zone) == wanted).take(3).collect();
    if same.is_empty() { near(name, all()) } else { same }
}

/// An instant in the time of a zone, for people: `Fri 2026-01-09 18:00 CET`; none where there is no such zone.
pub fn local_text(zone: &str, at: Timestamp) -> Option<String> {
    let shown = weekly::shown(named(zone)?, at)?;
    Some(shown.format("%a %Y-%m-%d %H:%M %Z").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zone_that_somebody_meant_is_offered() {
        assert_eq!(like("Berlin"), ["Europe/Berlin"]);
        assert_eq!(like("Europe/Berln")[0], "Europe/Berlin");
        assert_eq!(like("america/new york"), ["America/New_York"]);
        assert_eq!(like("xyzzy"), [""; 0]);
    }

    #[test]
    fn an_instant_is_shown_as_the_clocks_there_show_it() {
        let at = Timestamp::from_s(1_767_978_000);
        assert_eq!(local_text("Europe/Berlin", at).unwrap(), "Fri 2026-01-09 18:00 CET");
        assert_eq!(local_text("Asia/Kolkata", at).unwrap(), "Fri 2026-01-09 22:30 IST");
        assert_eq!(local_text("Europe/Nowhere", at), None);
        assert_eq!(local_text("UTC", Timestamp::from_us(i64::MAX)), None);
    }
}
