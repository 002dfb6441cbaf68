use std::fmt;

use rampart_model::Version;

/// Kubernetes versions from one on, before one, or both: `>=1.25`, `<1.35`, `>=1.25 <1.35`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VersionRange {
    from: Option<Version>,
    before: Option<Version>,
}

impl VersionRange {
    /// Reads a range; `None` when the text is none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut range = Self { from: None, before: None };
        for word in text.split_whitespace() {
            let (end, version) = match word.strip_prefix(">=") {
                Some(version) => (&mut range.from, version),
                None => (&mut range.before, word.strip_prefix('<')?),
            };
            if end.replace(Version::parse(version).ok()?).is_some() {
                return None;
            }
        }
        (range.from.is_some() || range.before.is_some()).then_some(range)
    }

    /// True when the version lies in the range.
    pub fn holds(self, version: Version) -> bool {
        self.from.is_none_or(|from| version >= from) && self.before.is_none_or(|before| version < before)
    }
}

impl fmt::Display for VersionRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.from, self.before) {
            (Some(from), Some(before)) => write!(f, ">={from} <{before}"),
            (Some(from), None) => write!(f, ">={from}"),
            (None, Some(before)) => write!(f, "<{before}"),
            (None, None) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_ranges() {
        for (text, inside, outside) in
            [(">=1.34", 34, 33), ("<1.30", 29, 30), (">=1.25 <1.35", 34, 35), (">=1.25 <1.35", 25, 24)]
        {
            let range = VersionRange::parse(text).unwrap();
            assert!(range.holds(Version::new(inside)) && !range.holds(Version::new(outside)), "{text}");
            assert_eq!(range.to_string(), text);
        }
        for text in ["", "1.34", ">1.34", ">=x", ">=1.2 >=1.3"] {
            assert_eq!(VersionRange::parse(text), None, "{text}");
        }
    }
}
