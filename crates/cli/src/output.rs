use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::{Context as _, bail};
use rampart_report::{
    Base, PolicyApi, PolicyForm, Report, write_csv, write_github, write_gitlab, write_html, write_json,
    write_junit, write_markdown, write_policy_report, write_sarif, write_text,
};

use crate::{emit, terminal};

/// An output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// `rampart.dev/report/v1`.
    Json,
    Sarif,
    Junit,
    Csv,
    Markdown,
    Github,
    Gitlab,
    /// One self-contained page.
    Html,
    OpenReports,
    PolicyReport,
}

/// The words of `-o`.
const FORMATS: [(&str, Format); 11] = [
    ("text", Format::Text),
    ("json", Format::Json),
    ("html", Format::Html),
    ("sarif", Format::Sarif),
    ("junit", Format::Junit),
    ("csv", Format::Csv),
    ("markdown", Format::Markdown),
    ("github", Format::Github),
    ("gitlab", Format::Gitlab),
    ("openreports", Format::OpenReports),
    ("policyreport", Format::PolicyReport),
];

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
    let name = argument.split('=').next().unwrap_or(argument);
    let Some((_, format)) = FORMATS.into_iter().find(|(word, _)| *word == name) else {
        let words = FORMATS.map(|(word, _)| word).join(", ");
        bail!("`{name}` is no output format; known are {words}");
    };
    Ok(Output { format, file: emit::target(argument)?.1 })
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

    /// JSON where the file's name says so.
    fn form(&self) -> PolicyForm {
        let json =
            self.file.as_ref().is_some_and(|(path, _)| Path::new(path).extension() == Some("json".as_ref()));
        if json { PolicyForm::Json } else { PolicyForm::Yaml }
    }

    fn render(
        &self,
        report: &Report<'_>,
        options: &rampart_report::TextOptions,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let mut out = BufWriter::with_capacity(1 << 16, out);
        let out = &mut out;
        match self.format {
            Format::Text => write_text(report, options, out)?,
            Format::Json => write_json(report, out)?,
            Format::Sarif => write_sarif(report, out)?,
            Format::Junit => write_junit(report, out)?,
            Format::Csv => write_csv(report, out)?,
            Format::Markdown => write_markdown(report, out)?,
            Format::Github => write_github(report, out)?,
            Format::Gitlab => write_gitlab(report, out)?,
            Format::Html => write_html(report, out)?,
            Format::OpenReports => write_policy_report(report, PolicyApi::OpenReports, self.form(), out)?,
            Format::PolicyReport => write_policy_report(report, PolicyApi::WgPolicy, self.form(), out)?,
        }
        out.flush()
    }
}

/// Where paths are given from, and the root of the repository that they belong to.
pub(crate) fn base() -> Base {
    let Ok(directory) = std::env::current_dir() else { return Base::default() };
    let root = directory.ancestors().find(|path| path.join(".git").exists()).unwrap_or(&directory);
    let text = |path: &Path| path.display().to_string().replace(std::path::MAIN_SEPARATOR, "/");
    Base { root: text(root), directory: text(&directory) }
}
