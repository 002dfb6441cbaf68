//! Arithmetic that never wraps, and numbers of different types on one line.

use std::cmp::Ordering;

use crate::Value;

/// Numbers by value, whatever their types; `None` for NaN and for what is no number.
pub(crate) fn compare(a: &Value<'_>, b: &Value<'_>) -> Option<Ordering> {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Uint(a), Value::Uint(b)) => Some(a.cmp(b)),
        (Value::Double(a), Value::Double(b)) => a.partial_cmp(b),
        (Value::Int(a), Value::Uint(b)) => Some(i128::from(*a).cmp(&i128::from(*b))),
        (Value::Uint(a), Value::Int(b)) => Some(i128::from(*a).cmp(&i128::from(*b))),
        (Value::Int(a), Value::Double(b)) => whole_and_double(i128::from(*a), *b),
        (Value::Uint(a), Value::Double(b)) => whole_and_double(i128::from(*a), *b),
        (Value::Double(a), Value::Int(b)) => whole_and_double(i128::from(*b), *a).map(Ordering::reverse),
        (Value::Double(a), Value::Uint(b)) => whole_and_double(i128::from(*b), *a).map(Ordering::reverse),
        _ => None,
    }
}

fn whole_and_double(whole: i128, double: f64) -> Option<Ordering> {
    if double.is_nan() {
        return None;
    }
    // Beyond 2^65 no 64-bit integer is near, and below it the floor is exact in 128 bits.
    const FAR: f64 = 36_893_488_147_419_103_232.0;
    if double >= FAR {
        return Some(Ordering::Less);
    }
    if double <= -FAR {
        return Some(Ordering::Greater);
    }
    let floor = double.floor();
    let order = whole.cmp(&(floor as i128));
    Some(if order == Ordering::Equal && double > floor { Ordering::Less } else { order })
}

/// As Go's `strconv.FormatFloat(x, 'g', -1, 64)` with its exponent bounds -4 and 21.
pub(crate) fn double_text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..21).contains(&exponent) || value == 0.0 {
        return format!("{value}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_by_value() {
        let big = 9_007_199_254_740_993_i64;
        for (a, b, want) in [
            (Value::Int(1), Value::Double(1.5), Some(Ordering::Less)),
            (Value::Int(-1), Value::Uint(0), Some(Ordering::Less)),
            (Value::Int(big), Value::Double(9_007_199_254_740_992.0), Some(Ordering::Greater)),
            (Value::Double(-1.5), Value::Int(-2), Some(Ordering::Greater)),
            (Value::Int(1), Value::Double(f64::NAN), None),
            (Value::Uint(u64::MAX), Value::Double(1e30), Some(Ordering::Less)),
        ] {
            assert_eq!(compare(&a, &b), want, "{a} and {b}");
        }
    }

    #[test]
    fn doubles_print_as_go_prints_them() {
        for (value, want) in
            [(1.5, "1.5"), (1e21, "1e+21"), (1e20, "100000000000000000000"), (0.00001, "1e-05"), (2.0, "2")]
        {
            assert_eq!(double_text(value), want);
        }
    }
}
