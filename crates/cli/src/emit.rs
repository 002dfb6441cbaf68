//! Several outputs of one answer: `-o FORMAT[=FILE]`, repeatable.

use std::fs::OpenOptions;
use std::io::Write;

use anyhow::{Context as _, bail};

/// A format and where it goes.
pub(crate) struct Emit {
    /// The format's word.
    pub(crate) format: String,
    file: Option<(String, std::fs::File)>,
}

/// Reads `-o` arguments and opens their files, before any work, so that a path that cannot be written fails at once.
pub(crate) fn open(arguments: &[String], known: &[&str]) -> anyhow::Result<Vec<Emit>> {
    let mut outputs = Vec::new();
    for argument in arguments {
        let (format, path) = match argument.split_once('=') {
            Some((format, path)) => (format, Some(path).filter(|path| *path != "-")),
            None => (argument.as_str(), None),
        };
        if !known.contains(&format) {
            bail!("`{format}` is no output format here; known are {}", known.join(", "));
        }
        let file = path.map(|path| {
            let file = OpenOptions::new().write(true).create(true).truncate(false).open(path);
            file.map(|file| (path.to_owned(), file)).with_context(|| format!("cannot write {path}"))
        });
        outputs.push(Emit { format: format.to_owned(), file: file.transpose()? });
    }
    if outputs.iter().filter(|output| output.file.is_none()).count() > 1 {
        bail!("only one output can go to standard output; give the others a file, e.g. -o json=answer.json");
    }
    Ok(outputs)
}

impl Emit {
    /// Writes one rendering.
    pub(crate) fn write(&self, text: &str) -> anyhow::Result<()> {
        match &self.file {
            None => anstream::stdout().lock().write_all(text.as_bytes())?,
            Some((path, file)) => {
                let mut file = file;
                let plain = anstream::adapter::strip_str(text).to_string();
                let written = file.set_len(0).and_then(|()| file.write_all(plain.as_bytes()));
                written.with_context(|| format!("cannot write {path}"))?;
            }
        }
        Ok(())
    }

    /// Writes a value as JSON for programs.
    pub(crate) fn json(&self, value: &serde_json::Value) -> anyhow::Result<()> {
        self.write(&format!("{value:#}\n"))
    }
}
