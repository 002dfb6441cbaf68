use serde::Deserialize;

use crate::words::Words;

/// A pattern in which `*` stands for any text, also none and across `/` and `.`; everything else is literal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Glob(String);

impl Glob {
    /// True when the whole text fits.
    pub(crate) fn fits(&self, text: &str) -> bool {
        let (pattern, text) = (self.0.as_bytes(), text.as_bytes());
        let (mut p, mut t) = (0, 0);
        // Where to go on when the last `*` has to take one more byte.
        let mut retry: Option<(usize, usize)> = None;
        while t < text.len() {
            if pattern.get(p) == Some(&b'*') {
                retry = Some((p + 1, t));
                p += 1;
            } else if pattern.get(p) == Some(&text[t]) {
                (p, t) = (p + 1, t + 1);
            } else if let Some((after, taken)) = retry {
                retry = Some((after, taken + 1));
                (p, t) = (after, taken + 1);
            } else {
                return false;
            }
        }
        pattern[p..].iter().all(|&byte| byte == b'*')
    }
}

/// Several patterns, any of which may fit; none at all fits everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Globs(Vec<Glob>);

impl Globs {
    /// True when nothing was asked for.
    pub(crate) fn is_open(&self) -> bool {
        self.0.is_empty()
    }

    /// True when one fits, or when there is none.
    pub(crate) fn fit(&self, text: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|glob| glob.fits(text))
    }
}

impl<'de> Deserialize<'de> for Globs {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let words = Words::deserialize(deserializer)?;
        Ok(Self(words.0.into_iter().map(Glob).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_text() {
        for (pattern, text, want) in [
            ("", "", true),
            ("a", "ab", false),
            ("*", "", true),
            ("*", "a/b.c", true),
            ("node-*", "node-exporter", true),
            ("node-*", "anode-x", false),
            ("*-db", "pay-db-db", true),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZ", false),
            ("spec.containers[*].image", "spec.containers[12].image", true),
            ("x?", "xy", false),
        ] {
            assert_eq!(Glob(pattern.to_owned()).fits(text), want, "{pattern:?} on {text:?}");
        }
        assert!(Globs::default().fit("anything"));
    }
}
