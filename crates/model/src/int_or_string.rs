use rampart_document::{Kind, Node};

/// A field that takes a number or a text: a port by number or name, a count or a percentage.
/// Source: `k8s.io/apimachinery/pkg/util/intstr`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntOrString<'a> {
    /// A number.
    Int(i64),
    /// A text: a name, or a percentage.
    Text(&'a str),
}

impl<'a> IntOrString<'a> {
    /// Reads a node. Null is absent; any other type counts as a mismatch and gives `None`.
    pub fn read(node: Node<'a>) -> Option<Self> {
        match node.kind() {
            Kind::Str => node.as_str().map(Self::Text),
            _ => node.as_i64().map(Self::Int),
        }
    }

    /// The share of a percentage: `25%` is 25. The API takes digits and one `%`, nothing else.
    pub fn percent(self) -> Option<u32> {
        let Self::Text(text) = self else { return None };
        let digits = text.strip_suffix('%')?;
        if digits.bytes().all(|b| b.is_ascii_digit()) { digits.parse().ok() } else { None }
    }

    /// The number that is meant of `total`: itself, or the percentage of it, rounded up or down as the field asks.
    pub fn scaled(self, total: i64, round_up: bool) -> Option<i64> {
        match self {
            Self::Int(value) => Some(value),
            Self::Text(_) => {
                let product = i128::from(self.percent()?) * i128::from(total);
                let value = if round_up { (product + 99).div_euclid(100) } else { product.div_euclid(100) };
                i64::try_from(value).ok()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_as_the_api_does() {
        for (value, total, up, want) in [
            (IntOrString::Int(3), 10, true, Some(3)),
            (IntOrString::Text("25%"), 10, true, Some(3)),
            (IntOrString::Text("25%"), 10, false, Some(2)),
            (IntOrString::Text("100%"), 7, false, Some(7)),
            (IntOrString::Text("0%"), 7, true, Some(0)),
            (IntOrString::Text("+5%"), 7, true, None),
            (IntOrString::Text("http"), 7, true, None),
        ] {
            assert_eq!(value.scaled(total, up), want, "{value:?} of {total}");
        }
    }
}
