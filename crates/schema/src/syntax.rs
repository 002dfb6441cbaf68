//! Names, labels and the texts that decode to something else. Grammar: the API machinery's own validation functions.

/// A DNS label (RFC 1123): at most 63 lower-case letters, digits and inner `-`.
pub(crate) fn is_label(text: &str) -> bool {
    text.len() <= 63 && is_label_of_any_length(text)
}

fn is_label_of_any_length(text: &str) -> bool {
    let bytes = text.as_bytes();
    let outer = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    bytes.first().is_some_and(outer)
        && bytes.last().is_some_and(outer)
        && bytes.iter().all(|b| outer(b) || *b == b'-')
}

/// A DNS label that starts with a letter (RFC 1035).
pub(crate) fn is_label_1035(text: &str) -> bool {
    is_label(text) && text.as_bytes()[0].is_ascii_lowercase()
}

/// A DNS subdomain (RFC 1123): labels of any length joined by dots, at most 253 bytes.
pub(crate) fn is_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_label_of_any_length)
}

/// A name that is one segment of a URL path.
pub(crate) fn is_path_segment(text: &str) -> bool {
    !matches!(text, "." | "..") && !text.contains(['/', '%'])
}

fn is_qualified_part(text: &str) -> bool {
    let bytes = text.as_bytes();
    let outer = |b: &u8| b.is_ascii_alphanumeric();
    text.len() <= 63
        && bytes.first().is_some_and(outer)
        && bytes.last().is_some_and(outer)
        && bytes.iter().all(|b| outer(b) || matches!(b, b'-' | b'_' | b'.'))
}

/// Why a text is no label key: `name` or `subdomain/name`.
pub(crate) fn label_key_problem(text: &str) -> Option<&'static str> {
    let (prefix, name) = text.split_once('/').map_or((None, text), |(prefix, name)| (Some(prefix), name));
    if prefix.is_some_and(|prefix| !is_subdomain(prefix)) {
        Some("what stands before the slash must be a DNS name in lower case, like example.com")
    } else if !is_qualified_part(name) {
        Some(
            "it must be 1 to 63 letters, digits, `-`, `_` or `.`, starting and ending with a letter or digit, \
             optionally after a DNS name and one slash",
        )
    } else {
        None
    }
}

/// As [`label_key_problem`]; annotation keys may have capitals before the slash.
pub(crate) fn annotation_key_problem(text: &str) -> Option<&'static str> {
    if text.bytes().any(|b| b.is_ascii_uppercase()) {
        label_key_problem(&text.to_ascii_lowercase())
    } else {
        label_key_problem(text)
    }
}

/// Why a text is no label value.
pub(crate) fn label_value_problem(text: &str) -> Option<&'static str> {
    (!text.is_empty() && !is_qualified_part(text)).then_some(
        "it must be at most 63 letters, digits, `-`, `_` or `.`, starting and ending with a letter or digit",
    )
}

/// Whether the API reads a text as a quantity. It is as lenient as the API: `1.` and `Ki` count.
pub(crate) fn is_quantity(text: &str) -> bool {
    let text = text.trim();
    if text.is_empty() {
        return false;
    }
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let mut rest = &body[digits(body)..];
    if let Some(fraction) = rest.strip_prefix('.') {
        rest = &fraction[digits(fraction)..];
    }
    match rest {
        "" | "n" | "u" | "m" | "k" | "M" | "G" | "T" | "P" | "E" | "Ki" | "Mi" | "Gi" | "Ti" | "Pi"
        | "Ei" => true,
        _ => rest.strip_prefix(['e', 'E']).is_some_and(|exponent| {
            let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            !exponent.is_empty() && digits(exponent) == exponent.len() && exponent.len() <= 18
        }),
    }
}

/// Whether Go's `time.Parse(time.RFC3339, …)` reads a text; with `micro` the fraction must have exactly six digits.
pub(crate) fn is_time(text: &str, micro: bool) -> bool {
    time_rest(text.as_bytes(), micro).is_some_and(|rest| match rest {
        b"Z" => true,
        [b'+' | b'-', a, b, b':', c, d] => {
            let hours = two(&[*a, *b]);
            hours.is_some_and(|h| h <= 24) && two(&[*c, *d]).is_some_and(|m| m < 60)
        }
        _ => false,
    })
}

/// The zone part, after a valid date and time of day.
fn time_rest(text: &[u8], micro: bool) -> Option<&[u8]> {
    let year = two(text.get(..2)?)? * 100 + two(text.get(2..4)?)?;
    let (month, day) = (two(text.get(5..7)?)?, two(text.get(8..10)?)?);
    if text[4] != b'-' || text[7] != b'-' || *text.get(10)? != b'T' {
        return None;
    }
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    // Go takes an hour of one digit here, although RFC 3339 does not.
    let width = if *text.get(12)? == b':' { 1 } else { 2 };
    let hour = text.get(11..11 + width)?;
    let hour = if width == 1 { two(&[b'0', hour[0]])? } else { two(hour)? };
    let clock = text.get(11 + width..)?;
    let (minute, second) = (two(clock.get(1..3)?)?, two(clock.get(4..6)?)?);
    let in_range = (1..=days).contains(&day) && hour < 24 && minute < 60 && second < 60;
    if !in_range || clock[0] != b':' || clock[3] != b':' {
        return None;
    }
    let rest = &clock[6..];
    let digits = match rest.first() {
        Some(b'.' | b',') => rest[1..].iter().take_while(|b| b.is_ascii_digit()).count(),
        _ => 0,
    };
    match digits {
        0 => (!micro).then_some(rest),
        _ if micro && digits != 6 => None,
        _ => Some(&rest[1 + digits..]),
    }
}

fn two(digits: &[u8]) -> Option<u32> {
    match digits {
        [a @ b'0'..=b'9', b @ b'0'..=b'9'] => Some(u32::from(a - b'0') * 10 + u32::from(b - b'0')),
        _ => None,
    }
}

/// Whether Go's `base64.StdEncoding` decodes a text: padded, line breaks ignored.
pub(crate) fn is_base64(text: &str) -> bool {
    let (mut symbols, mut padding) = (0_usize, 0_usize);
    for byte in text.bytes() {
        match byte {
            b'\r' | b'\n' => {}
            b'=' => padding += 1,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' if padding == 0 => symbols += 1,
            _ => return false,
        }
    }
    match symbols % 4 {
        0 => padding == 0,
        1 => false,
        rest => padding == 4 - rest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let long = "a".repeat(64);
        for (text, label, label_1035, subdomain, segment) in [
            ("a", true, true, true, true),
            ("1a", true, false, true, true),
            ("a.b", false, false, true, true),
            ("a..b", false, false, false, true),
            ("-a", false, false, false, true),
            ("a-", false, false, false, true),
            ("A", false, false, false, true),
            ("", false, false, false, true),
            (long.as_str(), false, false, true, true),
            ("system:x", false, false, false, true),
            ("a/b", false, false, false, false),
            ("..", false, false, false, false),
        ] {
            let found = (is_label(text), is_label_1035(text), is_subdomain(text), is_path_segment(text));
            assert_eq!(found, (label, label_1035, subdomain, segment), "{text:?}");
        }
        assert!(is_subdomain(&"a".repeat(253)) && !is_subdomain(&"a".repeat(254)));
    }

    #[test]
    fn labels() {
        for key in ["a", "A.b_c-d", "example.com/a", "1/1"] {
            assert_eq!(label_key_problem(key), None, "{key}");
        }
        for key in ["", "a/", "/a", "a/b/c", "Example.com/a", "a b", "-a", "a-", "a_/b"] {
            assert!(label_key_problem(key).is_some(), "{key}");
        }
        assert_eq!(annotation_key_problem("Example.com/A"), None);
        for (value, good) in [("", true), ("a.B_c-1", true), ("a b", false), ("-a", false), ("é", false)] {
            assert_eq!(label_value_problem(value).is_none(), good, "{value}");
        }
    }

    #[test]
    fn quantities() {
        for text in
            ["0", "1", "-1", "+.5", "1.", "500m", "1Gi", "1e3", "1E-3", "2E", " 5 ", "Ki", "-", "0.5Gi", "1k"]
        {
            assert!(is_quantity(text), "{text:?}");
        }
        for text in
            ["", " ", "1K", "1mi", "1 Gi", "one", "1e", "1e3.5", "1GiB", "0x10", "1_000", "--1", "1,5"]
        {
            assert!(!is_quantity(text), "{text:?}");
        }
    }

    #[test]
    fn times() {
        for text in [
            "2024-02-29T23:59:59Z",
            "2024-01-01T1:00:00Z",
            "2024-01-01T00:00:00.123+02:00",
            "2024-01-01T00:00:00,5Z",
        ] {
            assert!(is_time(text, false), "{text}");
        }
        for text in [
            "",
            "2024-01-01",
            "2023-02-29T00:00:00Z",
            "2024-01-01T24:00:00Z",
            "2024-01-01T00:00:00",
            "2024-01-01 00:00:00Z",
            "2024-01-01T00:00:00.Z",
            "2024-13-01T00:00:00Z",
            "2024-01-01T00:00:00z",
        ] {
            assert!(!is_time(text, false), "{text}");
        }
        for (text, good) in [
            ("2024-01-01T00:00:00.000000Z", true),
            ("2024-01-01T00:00:00Z", false),
            ("2024-01-01T00:00:00.000Z", false),
            ("2024-01-01T00:00:00.0000000Z", false),
        ] {
            assert_eq!(is_time(text, true), good, "{text}");
        }
    }

    #[test]
    fn base64() {
        for (text, good) in [
            ("", true),
            ("YQ==", true),
            ("YWI=", true),
            ("YWJj", true),
            ("YW\nJj\n", true),
            ("YQ", false),
            ("YQ=", false),
            ("Y", false),
            ("YQ==YQ==", false),
            ("Y-==", false),
            ("hello world", false),
            ("====", false),
        ] {
            assert_eq!(is_base64(text), good, "{text:?}");
        }
    }
}
