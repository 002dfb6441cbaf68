use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};

use anyhow::{Context as _, bail};
use rampart_report::{Report, write_json, write_text};

use crate::terminal;

/// An output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// `rampart.dev/report/v1`.
    Json,
}

/// Where one rendering of the report goes. Opened before the scan, so that a path that cannot be written fails at once.
#[derive(Debug)]
pub(crate) struct Output {
    format: Format,
    /// `None`: standard output.
    file: Option<(String, File)>,
}

/// Reads all `-o` arguments.
pub(crate) fn open(arguments: &[String]) -> anyhow::Result<Vec<Output>> {
    let outputs: Vec<Output> =
        arguments.iter().map(|argument| open_one(argument)).collect::<anyhow::Result<_>>()?;
    if outputs.iter().filter(|output| output.file.is_none()).count() > 1 {
        bail!("only one output can go to standard output; give the others a file, e.g. -o json=report.json");
    }
    Ok(outputs)
}

fn open_one(argument: &str) -> anyhow::Result<Output> {
    let (name, path) = match argument.split_once('=') {
        Some((name, path)) => (name, Some(path)),
        None => (argument, None),
    };
    let format = match name {
        "text" => Format::Text,
        "json" => Format::Json,
        _ => bail!("`{name}` is no output format; known are text and json"),
    };
    let file = path.filter(|path| *path != "-").map(|path| {
        let options = OpenOptions::new().write(true).create(true).truncate(false).open(path);
        options.map(|file| (path.to_owned(), file)).with_context(|| format!("cannot write {path}"))
    });
    Ok(Output { format, file: file.transpose()? })
}

impl Output {
    /// Renders the report here.
    pub(crate) fn write(&self, report: &Report<'_>, verbose: bool) -> anyhow::Result<()> {
        match &self.file {
            None => {
                self.render(report, &terminal::stdout(verbose), &mut io::stdout().lock()).map_err(Into::into)
            }
            Some((path, file)) => {
                let write = || {
                    file.set_len(0)?;
                    self.render(report, &terminal::file(verbose), &mut &*file)
                };
                write().with_context(|| format!("cannot write {path}"))
            }
        }
    }

    fn render(
        &self,
        report: &Report<'_>,
        options: &rampart_report::TextOptions,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let mut out = BufWriter::with_capacity(1 << 16, out);
        match self.format {
            Format::Text => write_text(report, options, &mut out)?,
            Format::Json => write_json(report, &mut out)?,
        }
        out.flush()
    }
}
