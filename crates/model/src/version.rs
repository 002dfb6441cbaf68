use std::fmt;

/// A Kubernetes minor version, e.g. `1.36`. Rules and API defaults depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    minor: u16,
}

/// The text is not a Kubernetes version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a Kubernetes version; write it like 1.36 or v1.36.3")]
pub struct VersionError(String);

impl Version {
    /// The newest minor whose semantics are known here; the default when nothing says otherwise.
    pub const NEWEST: Self = Self::new(36);

    /// Version `1.minor`.
    pub const fn new(minor: u16) -> Self {
        Self { minor }
    }

    /// Reads `1.36`, `v1.36`, `v1.36.3` and cloud forms such as `v1.36.3-gke.100` or `1.36+`.
    pub fn parse(text: &str) -> Result<Self, VersionError> {
        let error = || VersionError(text.to_owned());
        let rest = text.trim().trim_start_matches('v').strip_prefix("1.").ok_or_else(error)?;
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (digits, tail) = rest.split_at(end);
        let known_tail = tail.is_empty() || tail.starts_with(['.', '+', '-']);
        let minor = digits.parse().ok().filter(|_| known_tail).ok_or_else(error)?;
        Ok(Self { minor })
    }

    /// The minor number.
    pub const fn minor(self) -> u16 {
        self.minor
    }

    /// True from `1.minor` on.
    pub const fn at_least(self, minor: u16) -> bool {
        self.minor >= minor
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.minor)
    }
}

impl std::str::FromStr for Version {
    type Err = VersionError;
    fn from_str(text: &str) -> Result<Self, VersionError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_clusters_report() {
        for (text, want) in [
            ("1.36", Some(36)),
            ("v1.30.2", Some(30)),
            ("v1.29.1-gke.15", Some(29)),
            ("1.27+", Some(27)),
            ("2.1", None),
            ("1.x", None),
            ("1.", None),
        ] {
            assert_eq!(Version::parse(text).ok().map(Version::minor), want, "{text}");
        }
    }
}
