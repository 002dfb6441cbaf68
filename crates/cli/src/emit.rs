//! Several outputs of one answer: `-o FORMAT[=FILE]`, repeatable.

use std::fs::{File, OpenOptions};
use std::io::Write;

use anyhow::{Context as _, bail};

/// A format and where it goes.
pub(crate) struct Emit {
    /// The format's word.
    pub(crate) format: String,
    file: Option<(String, File)>,
}

/// A word of `-o` and the file behind it, opened before any work, so that a path that cannot be written fails at once;
/// `None` is standard output.
pub(crate) fn target(argument: &str) -> anyhow::Result<(&str, Option<(String, File)>)> {
    let (format, path) = match argument.split_once('=') {
        Some((format, path)) => (format, Some(path).filter(|path| *path != "-")),
        None => (argument, None),
    };
    let file = path.map(|path| {
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(path);
        file.map(|file| (path.to_owned(), file)).with_context(|| format!("cannot write {path}"))
    });
    Ok((format, file.transpose()?))
}

/// Reads `-o` arguments and opens their files. Where there is no text, the default word means the first format.
pub(crate) fn open(arguments: &[String], known: &[&str]) -> anyhow::Result<Vec<Emit>> {
    let mut outputs = Vec::new();
    for argument in arguments {
        let argument = match known {
            [first, ..] if argument == "text" && !known.contains(&"text") => first,
            _ => argument.as_str(),
        };
        let word = argument.split('=').next().unwrap_or(argument);
        if !known.contains(&word) {
            bail!("`{word}` is no output format here; known are {}", known.join(", "));
        }
        let (format, file) = target(argument)?;
        outputs.push(Emit { format: format.to_owned(), file });
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
