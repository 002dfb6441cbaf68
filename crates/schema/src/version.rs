use std::fmt;
use std::str::FromStr;

/// A minor version of Kubernetes (1.x); patch releases do not change the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    minor: u16,
}

/// Why a text is not a Kubernetes version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a Kubernetes version (like 1.36 or v1.36.3)")]
pub struct VersionError(String);

impl Version {
    /// The oldest minor whose types are told apart; an older target is treated as this one.
    pub const OLDEST: Self = Self { minor: 28 };
    /// The newest minor in the tables; a newer target is treated as this one.
    pub const NEWEST: Self = Self { minor: 37 };

    /// The version 1.`minor`.
    pub const fn new(minor: u16) -> Self {
        Self { minor }
    }

    /// The x in 1.x.
    pub const fn minor(self) -> u16 {
        self.minor
    }

    /// True from 1.`minor` on.
    pub const fn at_least(self, minor: u16) -> bool {
        self.minor >= minor
    }

    /// Reads `1.36`, `v1.36.3` and what distributions add (`v1.36.3+k3s1`, `v1.36.3-gke.100`, `1.36+`).
    pub fn parse(text: &str) -> Result<Self, VersionError> {
        text.parse()
    }

    /// True when the tables know exactly this minor.
    pub fn is_known(self) -> bool {
        (Self::OLDEST..=Self::NEWEST).contains(&self)
    }
}

impl Default for Version {
    /// The newest known version.
    fn default() -> Self {
        Self::NEWEST
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.minor)
    }
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let read = || {
            let body = text.strip_prefix('v').unwrap_or(text);
            let body = body.split(['+', '-']).next()?;
            let mut parts = body.split('.');
            let number = |part: &str| {
                (!part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
                    .then(|| part.parse::<u16>().ok())?
            };
            let major = number(parts.next()?)?;
            let minor = number(parts.next()?)?;
            let patch_is_number = parts.next().is_none_or(|patch| number(patch).is_some());
            (major == 1 && patch_is_number && parts.next().is_none()).then_some(Self { minor })
        };
        read().ok_or_else(|| VersionError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_versions() {
        for (text, minor) in
            [("1.36", 36), ("v1.36.3", 36), ("v1.30.2+k3s1", 30), ("v1.29.6-gke.100", 29), ("1.31+", 31)]
        {
            assert_eq!(text.parse(), Ok(Version::new(minor)), "{text}");
        }
        for text in ["", "1", "2.3", "1.", "1.x", "v1.36.3.4", "1.36.x", "1.99999", "+1.3"] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
        assert_eq!(Version::new(9).to_string(), "1.9");
        assert!(!Version::new(99).is_known() && Version::NEWEST.is_known());
    }
}
