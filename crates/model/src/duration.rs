use std::time::Duration;

/// Reads a duration as the API writes it (`metav1.Duration`, Go's `time.ParseDuration`): `1h30m`, `1.5h`, `300ms`, `0`.
/// `None` for anything else; negative ones are not durations for any field that we read. Values beyond the 64-bit
/// nanoseconds of Go are refused as Go refuses them.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest == "0" {
        return Some(Duration::ZERO);
    }
    if rest.is_empty() {
        return None;
    }
    let mut nanos: u128 = 0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(end);
        let end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, after) = tail.split_at(end);
        let unit: u128 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') || whole.len() > 20 {
            return None;
        }
        let whole: u128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        // More digits than nanoseconds have do not count, as in Go.
        let digits = &fraction[..fraction.len().min(18)];
        let part = if digits.is_empty() {
            0
        } else {
            digits.parse::<u128>().ok()? * unit / 10_u128.pow(digits.len() as u32)
        };
        nanos = nanos.checked_add(whole.checked_mul(unit)?.checked_add(part)?)?;
        rest = after;
    }
    let nanos = i64::try_from(nanos).ok()?;
    Some(Duration::from_nanos(nanos.unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_go_reads() {
        for (text, want) in [
            ("1h30m", Some(5_400_000_000_000)),
            ("1.5h", Some(5_400_000_000_000)),
            (".5s", Some(500_000_000)),
            ("300ms", Some(300_000_000)),
            ("0", Some(0)),
            ("24h0m0s", Some(86_400_000_000_000)),
            ("1us", Some(1_000)),
            ("", None),
            ("5", None),
            ("5d", None),
            ("-1s", None),
            ("1 s", None),
            (".s", None),
            ("9999999999h", None),
        ] {
            assert_eq!(parse_duration(text).map(|d| d.as_nanos()), want, "{text:?}");
        }
    }
}
