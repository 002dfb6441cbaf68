//! Durations as Go writes them: `1h30m`, `1.5s`, `300ms`.

/// Nanoseconds of a duration; none if the text is none or more than about 290 years.
pub(super) fn parse(text: &str) -> Option<i64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total = 0.0f64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        if !number.bytes().any(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let number: f64 = number.parse().ok()?;
        let end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, next) = after.split_at(end);
        total += number
            * match unit {
                "ns" => 1.0,
                "us" | "µs" | "μs" => 1e3,
                "ms" => 1e6,
                "s" => 1e9,
                "m" => 60e9,
                "h" => 3600e9,
                _ => return None,
            };
        rest = next;
    }
    #[expect(clippy::cast_possible_truncation, reason = "checked against the range")]
    (total < 9.2e18).then_some((sign * total) as i64)
}

#[cfg(test)]
mod tests {
    #[test]
    fn durations_of_go() {
        for (text, want) in [
            ("3s", Some(3_000_000_000)),
            ("1h30m", Some(5_400_000_000_000)),
            ("1.5s", Some(1_500_000_000)),
            ("-2ms", Some(-2_000_000)),
            ("0", Some(0)),
            ("3", None),
            ("", None),
            ("s", None),
            (".s", None),
            ("1d", None),
        ] {
            assert_eq!(super::parse(text), want, "{text}");
        }
    }
}
