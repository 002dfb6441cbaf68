use rampart_document::{Diagnostic, Level, Source};

/// Something that could not be read or is wrong with the input itself.
#[derive(Debug, Clone)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// How bad.
    pub level: Level,
    /// Stable name, e.g. `unreadable`.
    pub code: &'static str,
    /// What went wrong, without a final stop.
    pub message: String,
    /// What to do now.
    pub help: Option<String>,
}

/// Where a [`Problem`] is.
#[derive(Debug, Clone)]
pub enum Place {
    /// In the text of a source.
    Text {
        /// The source.
        source: Source,
        /// The diagnostic with its span; its message is repeated in the problem.
        diagnostic: Box<Diagnostic>,
    },
    /// A file or directory as a whole.
    Path(String),
}

impl Problem {
    /// A problem of a whole file or directory.
    pub fn path(code: &'static str, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            place: Place::Path(path.into()),
            level: Level::Error,
            code,
            message: message.into(),
            help: None,
        }
    }

    /// A problem at a place in a text.
    pub fn text(source: &Source, diagnostic: Diagnostic) -> Self {
        Self {
            level: diagnostic.level,
            code: diagnostic.code,
            message: diagnostic.message.clone(),
            help: diagnostic.help.clone(),
            place: Place::Text { source: source.clone(), diagnostic: Box::new(diagnostic) },
        }
    }

    /// Adds advice.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// As a warning: everything was still read.
    #[must_use]
    pub fn warning(mut self) -> Self {
        self.level = Level::Warning;
        self
    }
}
