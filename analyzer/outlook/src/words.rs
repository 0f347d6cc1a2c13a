//! Numbers as people read them: two or three digits, and the unit.

use haldane_core::signal::{Kind, Signal};
use haldane_core::time::Span;

/// How bad a canary is: `0.23 %`, or `12/min` for a rate.
pub fn rate(signal: Signal, rate: f64) -> String {
    match signal.kind() {
        Kind::Ratio | Kind::Latency | Kind::Gauge | Kind::Place => format!("{} %", digits(rate * 100.0)),
        Kind::Rate => format!("{}/min", digits(rate)),
    }
}

/// Minutes as `45s`, `12m`, `1h30m`; seconds only below ten minutes.
pub fn minutes(minutes: f64) -> String {
    const MOST_MIN: f64 = 60.0 * 24.0 * 365.0;
    if minutes > MOST_MIN {
        return "more than a year".to_owned();
    }
    let s = minutes * 60.0;
    let grain = if minutes < 10.0 { 1.0 } else { 60.0 };
    Span::from_s(((s / grain).round() * grain) as i64).to_string()
}

/// A whole number with separators: `12,400`.
pub fn whole(number: f64) -> String {
    let digits = format!("{:.0}", number.round());
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Two digits that count, without a tail of zeros: `0.0052`, `4.4`, `120`, `1,117`.
pub fn digits(number: f64) -> String {
    if number >= 999.5 {
        return whole(number);
    }
    let places = match number {
        n if n >= 9.95 || n <= 0.0 => 0,
        n if n >= 0.995 => 1,
        n => (0..12).find(|places| n * scale(*places) >= 0.995).map_or(12, |p| p + 1),
    };
    let text = format!("{number:.*}", places as usize);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

fn scale(places: u32) -> f64 {
    f64::from(10_u32.saturating_pow(places.min(9))) * if places > 9 { 10.0 } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_with_two_digits_that_count() {
        let told: Vec<String> = [0.0052, 0.1, 1.0, 4.44, 9.99, 120.4, 0.000_05, 1116.6].map(digits).into();
        assert_eq!(told, ["0.0052", "0.1", "1", "4.4", "10", "120", "0.00005", "1,117"]);
    }

    #[test]
    fn whole_numbers_are_separated() {
        assert_eq!([999.0, 1000.0, 1_234_567.4].map(whole), ["999", "1,000", "1,234,567"]);
    }

    #[test]
    fn minutes_are_told_as_lengths_of_time() {
        assert_eq!([0.75, 1.5, 12.2, 95.0].map(minutes), ["45s", "1m30s", "12m", "1h35m"]);
    }
}
