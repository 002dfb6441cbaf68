//! What can go wrong with a test cluster.

use std::path::{Path, PathBuf};

/// A failure of the test cluster itself; tests usually unwrap it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Go is missing or too old.
    #[error("{0}")]
    Unavailable(String),
    /// The Go program did not build.
    #[error("build of the cluster program: {0}")]
    Build(String),
    /// A file or directory.
    #[error("{path}: {source}")]
    File {
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A program could not be started, ended early or did not become ready.
    #[error("{program}: {what}\n{log}")]
    Program {
        /// Its name.
        program: &'static str,
        /// What happened.
        what: String,
        /// The last lines it logged.
        log: String,
    },
    /// A certificate or key.
    #[error("certificate: {0}")]
    Certificate(String),
    /// A request got no HTTP answer.
    #[error("{method} {path}: {source}")]
    Http {
        /// GET, POST, …
        method: String,
        /// Path and query.
        path: String,
        /// Why.
        #[source]
        source: Box<ureq::Error>,
    },
    /// A request was answered with a status that means failure.
    #[error("{method} {path}: {status} {message}")]
    Status {
        /// GET, POST, …
        method: String,
        /// Path and query.
        path: String,
        /// HTTP status.
        status: u16,
        /// `message` of the returned Status object, or the body.
        message: String,
    },
    /// An answer or an object has not the expected form.
    #[error("unexpected form: {0}")]
    Form(String),
}

impl Error {
    /// For `map_err` on file operations.
    pub(crate) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::File { path, source }
    }
}
