use std::cmp::Ordering;

/// A resource quantity with the API's grammar, exact: `100m`, `1.5Gi`, `1e3`.
/// Source: `k8s.io/apimachinery/pkg/api/resource` (sign, decimal digits, one of the suffixes below). The default is 0.
#[derive(Debug, Clone, Copy, Default, Eq, PartialEq, Hash)]
pub struct Quantity {
    /// Value in units of 10^-9; the API rounds finer values up.
    nanos: i128,
}

/// The text is not a quantity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a quantity; write it like 250m, 1.5Gi or 2")]
pub struct QuantityError(String);

const NANO: i128 = 1_000_000_000;

impl Quantity {
    /// Reads a quantity. Values beyond the API's range are capped, as the API does.
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        Self::read(text).ok_or_else(|| QuantityError(text.to_owned()))
    }

    fn read(text: &str) -> Option<Self> {
        let (negative, body) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let end = body.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(body.len());
        let (number, suffix) = body.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
            return None;
        }
        let (base, power) = scale(suffix)?;
        if whole.len() + fraction.len() > 24 {
            return Some(Self::cap(negative));
        }
        let digits = whole.bytes().chain(fraction.bytes());
        let mantissa = digits.fold(0_i128, |value, digit| value * 10 + i128::from(digit - b'0'));
        // value = mantissa * base^power * 10^(9 - fraction digits), in nanos
        let factor = match base {
            Base::Two => 1_i128.checked_shl(power as u32)?.checked_mul(NANO),
            Base::Ten => pow10(9 + power),
        };
        let nanos = match (base, factor) {
            (Base::Ten, _) => decimal(mantissa, 9 + power - fraction.len() as i32),
            (Base::Two, Some(factor)) => mantissa
                .checked_mul(factor)
                .map(|value| div_up(value, pow10(fraction.len() as i32).unwrap_or(1))),
            (Base::Two, None) => None,
        };
        let Some(nanos) = nanos else { return Some(Self::cap(negative)) };
        Some(Self { nanos: if negative { -nanos } else { nanos } })
    }

    fn cap(negative: bool) -> Self {
        let nanos = i128::from(i64::MAX) * NANO;
        Self { nanos: if negative { -nanos } else { nanos } }
    }

    /// True for 0 in any notation.
    pub fn is_zero(self) -> bool {
        self.nanos == 0
    }

    /// The sum, capped at the numeric range.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { nanos: self.nanos.saturating_add(other.nanos) }
    }

    /// This many times the value, capped at the numeric range.
    #[must_use]
    pub fn times(self, count: i64) -> Self {
        Self { nanos: self.nanos.saturating_mul(i128::from(count)) }
    }

    /// A whole number.
    #[must_use]
    pub fn whole(value: i64) -> Self {
        Self { nanos: i128::from(value) * NANO }
    }

    /// The value in units of 10^-9.
    pub fn nanos(self) -> i128 {
        self.nanos
    }

    /// The value in thousandths, rounded up.
    pub fn millis(self) -> i128 {
        div_up(self.nanos, 1_000_000)
    }
}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.nanos.cmp(&other.nanos)
    }
}

#[derive(Clone, Copy)]
enum Base {
    Two,
    Ten,
}

fn scale(suffix: &str) -> Option<(Base, i32)> {
    Some(match suffix {
        "" => (Base::Ten, 0),
        "n" => (Base::Ten, -9),
        "u" => (Base::Ten, -6),
        "m" => (Base::Ten, -3),
        "k" => (Base::Ten, 3),
        "M" => (Base::Ten, 6),
        "G" => (Base::Ten, 9),
        "T" => (Base::Ten, 12),
        "P" => (Base::Ten, 15),
        "E" => (Base::Ten, 18),
        "Ki" => (Base::Two, 10),
        "Mi" => (Base::Two, 20),
        "Gi" => (Base::Two, 30),
        "Ti" => (Base::Two, 40),
        "Pi" => (Base::Two, 50),
        "Ei" => (Base::Two, 60),
        _ => {
            let exponent = suffix.strip_prefix(['e', 'E'])?;
            let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            (Base::Ten, exponent.parse::<i32>().ok()?.clamp(-100, 100))
        }
    })
}

fn pow10(power: i32) -> Option<i128> {
    u32::try_from(power).ok().and_then(|power| 10_i128.checked_pow(power))
}

fn decimal(mantissa: i128, power: i32) -> Option<i128> {
    if power >= 0 {
        if mantissa == 0 { Some(0) } else { mantissa.checked_mul(pow10(power)?) }
    } else {
        Some(pow10(-power).map_or_else(|| i128::from(mantissa != 0), |by| div_up(mantissa, by)))
    }
}

fn div_up(value: i128, by: i128) -> i128 {
    value / by + i128::from(value % by > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_across_notations() {
        for (a, b, want) in [
            ("1000m", "1", Ordering::Equal),
            ("1Gi", "1073741824", Ordering::Equal),
            ("1.5Gi", "1536Mi", Ordering::Equal),
            ("1e3", "1k", Ordering::Equal),
            ("0.5", "500m", Ordering::Equal),
            ("1G", "1Gi", Ordering::Less),
            (".5", "0.49", Ordering::Greater),
            ("1Ei", "1E", Ordering::Greater),
            ("0", "0m", Ordering::Equal),
        ] {
            assert_eq!(Quantity::parse(a).unwrap().cmp(&Quantity::parse(b).unwrap()), want, "{a} {b}");
        }
    }

    #[test]
    fn adds_and_multiplies() {
        let quantity = |text| Quantity::parse(text).unwrap();
        assert_eq!(quantity("250m").plus(quantity("0.75")), quantity("1"));
        assert_eq!(quantity("1.5Gi").times(4), quantity("6Gi"));
        assert_eq!(Quantity::default().plus(quantity("1Ki")), quantity("1024"));
        assert!(quantity("9E").times(i64::MAX) > quantity("9E"));
    }

    #[test]
    fn refuses_what_the_api_refuses() {
        for text in ["", "m", "1.2.3", "1KB", "1 Gi", "0x10", "1e", "1e1.5", "--1", "."] {
            assert!(Quantity::parse(text).is_err(), "{text}");
        }
    }
}
