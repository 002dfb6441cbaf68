//! What a scalar means to the API server, which reads YAML through a YAML 1.1 library (Go's yaml.v2 as used by
//! sigs.k8s.io/yaml), turns it into JSON and reads that: `yes` and `on` are booleans, `0777` is octal, `1_000` is a
//! number, `3.0` arrives as the integer 3, `12:30` and dates are text.

use std::borrow::Cow;

use crate::Kind;

/// The type of a plain (unquoted, untagged) YAML scalar.
pub(crate) fn plain_kind(text: &str) -> Kind {
    let Some(&first) = text.as_bytes().first() else { return Kind::Null };
    match first {
        b'0'..=b'9' | b'+' | b'-' | b'.' => match number(text) {
            Some(Number::Signed(_) | Number::Unsigned(_)) => Kind::Int,
            Some(Number::Float(value)) => float_kind(value),
            None => Kind::Str,
        },
        b'~' if text.len() == 1 => Kind::Null,
        b'n' | b'N' if matches!(text, "null" | "Null" | "NULL") => Kind::Null,
        b't' | b'T' | b'f' | b'F' | b'y' | b'Y' | b'n' | b'N' | b'o' | b'O' if bool_of(text).is_some() => {
            Kind::Bool
        }
        _ => Kind::Str,
    }
}

/// The type of a JSON number, which is never rewritten on its way: `3.0` stays a float. `None` when it is too large
/// for any number type.
pub(crate) fn json_number_kind(text: &str) -> Option<Kind> {
    if !text.contains(['.', 'e', 'E'])
        && number(text).is_some_and(|number| !matches!(number, Number::Float(_)))
    {
        return Some(Kind::Int);
    }
    text.parse::<f64>().ok().filter(|value| value.is_finite()).map(|_| Kind::Float)
}

/// What YAML calls a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Number {
    Signed(i64),
    /// Above `i64::MAX`.
    Unsigned(u64),
    Float(f64),
}

fn bool_of(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "y" | "Y" => Some(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "n" | "N" => Some(false),
        _ => None,
    }
}

pub(crate) fn bool_value(text: &str) -> bool {
    bool_of(text) == Some(true)
}

/// A float whose JSON form is all digits arrives as an integer.
fn float_kind(value: f64) -> Kind {
    if integral(value).is_some() { Kind::Int } else { Kind::Float }
}

/// The integer that a float turns into when it is written as JSON (shortest digits, no exponent below 1e21).
fn integral(value: f64) -> Option<i64> {
    if value.is_finite() && value.fract() == 0.0 && value.abs() < 1e21 {
        value.to_string().parse().ok()
    } else {
        None
    }
}

/// The value of a scalar of [`Kind::Int`]; `None` above `i64::MAX`.
pub(crate) fn int_value(text: &str) -> Option<i64> {
    match number(text)? {
        Number::Signed(value) => Some(value),
        Number::Unsigned(_) => None,
        Number::Float(value) => integral(value),
    }
}

/// The value of a scalar of [`Kind::Int`] above `i64::MAX`.
pub(crate) fn unsigned_value(text: &str) -> Option<u64> {
    match number(text)? {
        Number::Unsigned(value) => Some(value),
        _ => None,
    }
}

/// The value of a number of any kind.
pub(crate) fn float_value(text: &str) -> Option<f64> {
    Some(match number(text)? {
        Number::Signed(value) => value as f64,
        Number::Unsigned(value) => value as f64,
        Number::Float(value) => value,
    })
}

/// True for the spellings of infinity and not-a-number, which YAML has and JSON (hence Kubernetes) has not.
pub(crate) fn is_not_finite(text: &str) -> bool {
    special_float(text).is_some()
}

fn special_float(text: &str) -> Option<f64> {
    match text {
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Some(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Some(f64::NEG_INFINITY),
        ".nan" | ".NaN" | ".NAN" => Some(f64::NAN),
        _ => None,
    }
}

/// Reads a number as yaml.v2 does. Values out of a float's range are text there, so they are `None` here.
pub(crate) fn number(text: &str) -> Option<Number> {
    let first = *text.as_bytes().first()?;
    if !matches!(first, b'0'..=b'9' | b'+' | b'-' | b'.') {
        return None;
    }
    if let Some(value) = special_float(text) {
        return Some(Number::Float(value));
    }
    // Underscores count for nothing anywhere, except that after a leading dot they must stand between digits.
    let plain = match text.contains('_') {
        true if first == b'.' && !separates_digits(text) => return None,
        true => Cow::Owned(text.replace('_', "")),
        false => Cow::Borrowed(text),
    };
    integer(&plain).or_else(|| float(&plain).map(Number::Float)).or_else(|| odd_binary(&plain))
}

fn separates_digits(text: &str) -> bool {
    let digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    let bytes = text.as_bytes();
    bytes.iter().enumerate().all(|(at, &byte)| {
        byte != b'_' || digit(at.checked_sub(1).and_then(|at| bytes.get(at))) && digit(bytes.get(at + 1))
    })
}

fn integer(plain: &str) -> Option<Number> {
    let (sign, digits) = match plain.as_bytes().first()? {
        b'-' => (-1, &plain[1..]),
        b'+' => (1, &plain[1..]),
        _ => (0, plain),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', _, ..] => (16, &digits[2..]),
        [b'0', b'o' | b'O', _, ..] => (8, &digits[2..]),
        [b'0', b'b' | b'B', _, ..] => (2, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    if !digits.as_bytes().first()?.is_ascii_alphanumeric() {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    let signed = if sign < 0 {
        // The magnitude of the least number is one more than that of the greatest.
        0_i64.checked_sub_unsigned(magnitude)
    } else {
        i64::try_from(magnitude).ok()
    };
    match signed {
        Some(value) => Some(Number::Signed(value)),
        None if sign == 0 => Some(Number::Unsigned(magnitude)),
        None => None,
    }
}

fn float(plain: &str) -> Option<f64> {
    let unsigned = plain.strip_prefix(['+', '-']).unwrap_or(plain);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa_fits =
        digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty()) && mantissa != ".";
    let exponent_fits = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    let value: f64 =
        (mantissa_fits && !mantissa.is_empty() && exponent_fits).then(|| plain.parse().ok())??;
    value.is_finite().then_some(value)
}

/// yaml.v2 takes a second sign after `0b`.
fn odd_binary(plain: &str) -> Option<Number> {
    let digits = plain.strip_prefix("0b")?;
    if !digits.starts_with(['+', '-']) {
        return None;
    }
    i64::from_str_radix(digits, 2).ok().map(Number::Signed)
}

/// The field name that a plain scalar becomes as a mapping key: sigs.k8s.io/yaml writes booleans and numbers out.
/// `None` for keys that it refuses (null, integers above `i64::MAX`).
pub(crate) fn key_text(text: &str) -> Option<Cow<'_, str>> {
    match plain_kind(text) {
        Kind::Null => None,
        Kind::Bool => Some(if bool_value(text) { "true" } else { "false" }.into()),
        Kind::Int | Kind::Float => match number(text)? {
            Number::Signed(value) => Some(value.to_string().into()),
            Number::Unsigned(_) => None,
            Number::Float(value) => Some(float_key(value as f32).into()),
        },
        Kind::Str | Kind::Seq | Kind::Map => Some(text.into()),
    }
}

/// Go's `strconv.FormatFloat(value, 'g', -1, 32)` with YAML's names for what is not finite.
fn float_key(value: f32) -> String {
    if value.is_nan() {
        return ".nan".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.into();
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..6).contains(&exponent) {
        return value.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_follow_yaml_1_1() {
        let table: &[(&str, Kind)] = &[
            ("", Kind::Null),
            ("~", Kind::Null),
            ("NULL", Kind::Null),
            ("nULL", Kind::Str),
            ("yes", Kind::Bool),
            ("y", Kind::Bool),
            ("oN", Kind::Str),
            ("0777", Kind::Int),
            ("08", Kind::Int),
            ("0o17", Kind::Int),
            ("0o8", Kind::Str),
            ("1_000", Kind::Int),
            ("_1", Kind::Str),
            ("12:30", Kind::Str),
            ("2001-12-14", Kind::Str),
            ("3.0", Kind::Int),
            ("1e3", Kind::Int),
            ("1e21", Kind::Float),
            ("1.5", Kind::Float),
            (".5", Kind::Float),
            ("1e999", Kind::Str),
            (".", Kind::Str),
            ("-", Kind::Str),
            ("0x", Kind::Str),
            ("0b-1", Kind::Int),
            ("18446744073709551615", Kind::Int),
            ("18446744073709551616", Kind::Float),
            ("1.2.3", Kind::Str),
            ("100m", Kind::Str),
        ];
        for &(text, kind) in table {
            assert_eq!(plain_kind(text), kind, "{text:?}");
        }
    }

    #[test]
    fn numbers_have_values() {
        for (text, value) in [
            ("0777", 511),
            ("08", 8),
            ("-0x10", -16),
            ("0b101", 5),
            ("0b-1", -1),
            ("+1_0", 10),
            ("3.0", 3),
            ("-9223372036854775808", i64::MIN),
            ("1152921504606846976.0", 1_152_921_504_606_847_000),
        ] {
            assert_eq!(int_value(text), Some(value), "{text}");
        }
        assert_eq!(unsigned_value("18446744073709551615"), Some(u64::MAX));
    }

    #[test]
    fn keys_are_written_out() {
        for (text, key) in [
            ("yes", Some("true")),
            ("0x10", Some("16")),
            ("1.0", Some("1")),
            ("1e9", Some("1e+09")),
            ("0.1", Some("0.1")),
            ("1e-7", Some("1e-07")),
            (".inf", Some(".inf")),
            ("~", None),
            ("18446744073709551615", None),
            ("name", Some("name")),
        ] {
            assert_eq!(key_text(text).as_deref(), key, "{text}");
        }
    }
}
