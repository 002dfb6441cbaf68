//! What a plain scalar means to the API server, which reads YAML through a YAML 1.1 library and then JSON:
//! `yes` and `on` are booleans, `0777` is octal, `1_000` is a number, `12:30` is text.

use crate::Kind;

/// The type of a plain (unquoted, untagged) scalar.
pub(crate) fn plain_kind(text: &str) -> Kind {
    let Some(&first) = text.as_bytes().first() else { return Kind::Null };
    match first {
        b'~' if text.len() == 1 => Kind::Null,
        b'0'..=b'9' | b'+' | b'-' | b'.' => number_kind(text),
        b'n' | b'N' if matches!(text, "null" | "Null" | "NULL") => Kind::Null,
        b't' | b'T' | b'f' | b'F' | b'y' | b'Y' | b'n' | b'N' | b'o' | b'O' if is_bool(text) => Kind::Bool,
        _ => Kind::Str,
    }
}

fn is_bool(text: &str) -> bool {
    matches!(
        text,
        "true"
            | "True"
            | "TRUE"
            | "false"
            | "False"
            | "FALSE"
            | "yes"
            | "Yes"
            | "YES"
            | "no"
            | "No"
            | "NO"
            | "on"
            | "On"
            | "ON"
            | "off"
            | "Off"
            | "OFF"
            | "y"
            | "Y"
            | "n"
            | "N"
    )
}

pub(crate) fn bool_value(text: &str) -> bool {
    matches!(text, "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "y" | "Y")
}

fn number_kind(text: &str) -> Kind {
    if int_value(text).is_some() || text.parse::<u64>().is_ok() {
        Kind::Int
    } else if float_value(text).is_some() {
        Kind::Float
    } else {
        Kind::Str
    }
}

/// Reads an integer as Go's `strconv.ParseInt(text, 0, 64)` does after underscores are taken out.
pub(crate) fn int_value(text: &str) -> Option<i64> {
    let plain = text.replace('_', "");
    let (negative, digits) = match plain.as_bytes().first()? {
        b'-' => (true, &plain[1..]),
        b'+' => (false, &plain[1..]),
        _ => (false, plain.as_str()),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    if digits.is_empty() || digits.starts_with(['+', '-']) {
        return None;
    }
    let magnitude = i128::from(u64::from_str_radix(digits, radix).ok()?);
    i64::try_from(if negative { -magnitude } else { magnitude }).ok()
}

/// Reads a number of any kind; the YAML spellings of infinity and not-a-number are numbers too.
pub(crate) fn float_value(text: &str) -> Option<f64> {
    match text {
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Some(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Some(f64::NEG_INFINITY),
        ".nan" | ".NaN" | ".NAN" => return Some(f64::NAN),
        _ => {}
    }
    if let Some(value) = int_value(text) {
        return Some(value as f64);
    }
    let digits = text.bytes().any(|b| b.is_ascii_digit());
    let shape = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'));
    if digits && shape { text.parse().ok() } else { None }
}
