use std::num::NonZeroU32;

/// How somebody said that a finding is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExceptionKind {
    /// An entry of the exceptions file.
    File,
    /// A comment in the manifest.
    Comment,
    /// An annotation of the object or of its pod template.
    Annotation,
}

impl ExceptionKind {
    /// The word used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Comment => "comment",
            Self::Annotation => "annotation",
        }
    }
}

/// Why findings do not count: somebody accepted them. They stay visible and are counted apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// How it was said.
    pub kind: ExceptionKind,
    /// Why the findings are accepted.
    pub reason: String,
    /// Who answers for it, when that was said.
    pub owner: Option<String>,
    /// Last day on which it works, `YYYY-MM-DD`; `None` means no end.
    pub expires: Option<String>,
    /// File that says so.
    pub file: String,
    /// Line there, from 1; `None` when it is not known (rendered manifests).
    pub line: Option<u32>,
}

impl Exception {
    /// `file:line`, or what of it is known.
    pub fn place(&self) -> String {
        match self.line {
            Some(line) => format!("{}:{line}", self.file),
            None => self.file.clone(),
        }
    }

    /// Reason, owner and end on one line: `scanner needs it (team-sec, until 2027-01-31)`.
    pub fn text(&self) -> String {
        let until = self.expires.as_ref().map(|day| format!("until {day}"));
        let facts: Vec<&str> = self.owner.iter().chain(&until).map(String::as_str).collect();
        if facts.is_empty() { self.reason.clone() } else { format!("{} ({})", self.reason, facts.join(", ")) }
    }
}

/// Place of an [`Exception`] in [`crate::Report::exceptions`]; four bytes, because there can be very many findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExceptionId(NonZeroU32);

impl ExceptionId {
    /// The id of the exception at `index`; `None` above four billion.
    pub fn new(index: usize) -> Option<Self> {
        u32::try_from(index).ok().and_then(|index| index.checked_add(1)).and_then(NonZeroU32::new).map(Self)
    }

    /// Where the exception is in the list.
    pub fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_indexes_and_cost_nothing_more() {
        assert_eq!(ExceptionId::new(7).map(ExceptionId::index), Some(7));
        assert_eq!(size_of::<Option<ExceptionId>>(), 4);
        assert_eq!(size_of::<crate::Finding>(), 24);
    }
}
