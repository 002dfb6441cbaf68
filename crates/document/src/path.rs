use std::fmt::{self, Write as _};

/// A path of field names and list indexes inside one object: `spec.containers[0].image`.
///
/// Stored as its canonical text, so a path costs one allocation and comparing two is comparing strings. A key that is
/// not a plain field name (letters, digits, `-`, `_`, `/` …) is written `["a.b/c"]`. The empty path is the object itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct FieldPath(String);

/// One step of a [`FieldPath`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment<'a> {
    /// A field of a mapping.
    Key(std::borrow::Cow<'a, str>),
    /// An element of a sequence, from 0.
    Index(usize),
}

/// Why a text is not a field path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a field path at byte {at}: {problem} (a path looks like spec.containers[0].image)")]
pub struct PathError {
    /// Byte offset in the text.
    pub at: usize,
    /// What was found.
    pub problem: &'static str,
}

impl FieldPath {
    /// The path of the object itself.
    pub fn root() -> Self {
        Self::default()
    }

    /// Reads the printed form. Errors tell the byte at which the text stops being a path.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        // Without brackets the text is canonical as it is, which is nearly always.
        if !text.is_empty() && text.split('.').all(is_plain) {
            return Ok(Self(text.to_owned()));
        }
        let mut path = Self::root();
        let mut rest = text;
        while !rest.is_empty() {
            let at = text.len() - rest.len();
            let (segment, after) =
                next_segment(rest, at == 0).map_err(|problem| PathError { at, problem })?;
            match segment {
                Segment::Key(key) => path.push_key(&key),
                Segment::Index(index) => path.push_index(index),
            }
            rest = after;
        }
        Ok(path)
    }

    /// Appends a field name.
    pub fn push_key(&mut self, key: &str) {
        if is_plain(key) {
            if !self.0.is_empty() {
                self.0.push('.');
            }
            self.0.push_str(key);
        } else {
            self.0.push_str("[\"");
            for c in key.chars() {
                match c {
                    '"' | '\\' => self.0.extend(['\\', c]),
                    '\n' => self.0.push_str("\\n"),
                    _ => self.0.push(c),
                }
            }
            self.0.push_str("\"]");
        }
    }

    /// Appends a list index.
    pub fn push_index(&mut self, index: usize) {
        // Writing to a String cannot fail.
        let _ = write!(self.0, "[{index}]");
    }

    /// This path with a field name appended.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        let mut path = self.with_room(key.len() + 1);
        path.push_key(key);
        path
    }

    /// This path with a list index appended.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        let mut path = self.with_room(4);
        path.push_index(index);
        path
    }

    /// This path followed by `tail`.
    #[must_use]
    pub fn join(&self, tail: &FieldPath) -> Self {
        if tail.0.is_empty() {
            return self.clone();
        }
        let mut path = self.with_room(tail.0.len() + 1);
        if !path.0.is_empty() && !tail.0.starts_with('[') {
            path.0.push('.');
        }
        path.0.push_str(&tail.0);
        path
    }

    /// A copy that takes `more` bytes without moving.
    fn with_room(&self, more: usize) -> Self {
        let mut text = String::with_capacity(self.0.len() + more);
        text.push_str(&self.0);
        Self(text)
    }

    /// Gives back memory that further steps would take; for paths that are kept.
    pub fn shrink_to_fit(&mut self) {
        self.0.shrink_to_fit();
    }

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True for the object itself.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The steps from the object down.
    pub fn segments(&self) -> impl Iterator<Item = Segment<'_>> {
        let mut rest = self.0.as_str();
        let mut first = true;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            // The text is canonical by construction, so this never errs.
            let (segment, after) = next_segment(rest, first).ok()?;
            rest = after;
            first = false;
            Some(segment)
        })
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for FieldPath {
    type Err = PathError;
    fn from_str(text: &str) -> Result<Self, PathError> {
        Self::parse(text)
    }
}

fn is_plain(key: &str) -> bool {
    !key.is_empty()
        && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'$' | b'/'))
}

fn next_segment(text: &str, first: bool) -> Result<(Segment<'_>, &str), &'static str> {
    if let Some(inner) = text.strip_prefix("[\"") {
        return quoted(inner);
    }
    if let Some(inner) = text.strip_prefix('[') {
        let (digits, after) = inner.split_once(']').ok_or("`[` without `]`")?;
        let plain = digits.bytes().all(|b| b.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0'));
        let index = digits.parse().ok().filter(|_| plain).ok_or("a list index is a number")?;
        return Ok((Segment::Index(index), after));
    }
    let body = match text.strip_prefix('.') {
        Some(body) if !first => body,
        None if first => text,
        _ => return Err("expected `.` or `[` between fields"),
    };
    let end = body.find(['.', '[']).unwrap_or(body.len());
    let (key, after) = body.split_at(end);
    if is_plain(key) {
        Ok((Segment::Key(key.into()), after))
    } else {
        Err("a field name with special characters needs [\"…\"]")
    }
}

fn quoted(inner: &str) -> Result<(Segment<'_>, &str), &'static str> {
    let mut key = String::new();
    let mut chars = inner.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => {
                let after = inner[at + 1..].strip_prefix(']').ok_or("`[\"` without `\"]`")?;
                return Ok((Segment::Key(key.into()), after));
            }
            '\\' => match chars.next() {
                Some((_, 'n')) => key.push('\n'),
                Some((_, escaped)) => key.push(escaped),
                None => break,
            },
            _ => key.push(c),
        }
    }
    Err("`[\"` without `\"]`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_and_parses_back() {
        for text in [
            "",
            "spec.containers[0].image",
            "metadata.annotations[\"a.b/c\"]",
            "data[\"x \\\"y\\\"\"][2][3].z",
            "[0].a",
            "data[\"\"]",
        ] {
            assert_eq!(FieldPath::parse(text).unwrap().as_str(), text);
        }
        assert_eq!(FieldPath::root().key("spec").key("a.b").index(1).as_str(), "spec[\"a.b\"][1]");
        let joined = FieldPath::root().key("spec").join(&FieldPath::parse("containers[1]").unwrap());
        assert_eq!(joined.segments().count(), 3);
    }

    #[test]
    fn refuses_what_is_not_a_path() {
        for text in [".a", "a..b", "a[", "a[x]", "a[01]", "a b", "a[\"x]", "a]"] {
            assert!(FieldPath::parse(text).is_err(), "{text}");
        }
    }
}
