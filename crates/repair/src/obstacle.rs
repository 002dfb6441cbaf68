use std::fmt;

/// Why a fix cannot be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// The object is the output of a template; the place to change by hand.
    Template {
        /// `file:line:column`, or the file alone.
        place: String,
    },
    /// No file of the kustomization holds the field: it comes from a generator, a transformer or a remote base.
    NoSource {
        /// The kustomization's directory.
        directory: String,
    },
    /// The object was read from a running cluster or its store, not from a file.
    NotAFile,
    /// The file takes no further document.
    NoRoom {
        /// The file.
        file: String,
    },
    /// The editor refused; the reason.
    Refused(String),
    /// Another fix changes the same place and was chosen first.
    Clash {
        /// The rule of the other fix.
        with: &'static str,
    },
    /// An object of this kind and name exists already; the object.
    Exists(String),
    /// After the change the rule still finds something.
    StillThere,
    /// The change brings another finding.
    Brings {
        /// Rule of the new finding.
        rule: &'static str,
        /// What it says.
        what: String,
    },
    /// Its source file was changed by another fix of this run.
    Again,
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Template { place } => write!(f, "made by a template: change {place} or its values"),
            Self::NoSource { directory } => {
                write!(f, "no file of the kustomization {directory} holds this field")
            }
            Self::NotAFile => f.write_str("not read from a file"),
            Self::NoRoom { file } => write!(f, "{file} takes no further document"),
            Self::Refused(reason) => f.write_str(reason),
            Self::Clash { with } => write!(f, "`{with}` changes the same place"),
            Self::Exists(object) => write!(f, "{object} exists already"),
            Self::StillThere => f.write_str("the rule would still find it after the change"),
            Self::Brings { rule, what } => write!(f, "it would bring `{rule}`: {what}"),
            Self::Again => f.write_str("its file was changed by another fix; run rampart fix again"),
        }
    }
}
