//! `rampart.yaml`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use rampart_document::{Diagnostic, FieldPath, Limits, Source, parse_yaml};
use rampart_model::{Carriers, CustomCarrier, Problem, Version};
use rampart_report::{Severity, locate, problem_text};
use rampart_rules::Settings;
use serde::Deserialize;

use crate::arguments::{FailOn, ProfileName, fail_on, severity};
use crate::terminal;

/// The file as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct File {
    profile: Option<String>,
    kubernetes_version: Option<String>,
    namespace: Option<String>,
    complete: bool,
    severity: Option<String>,
    fail_on: Option<String>,
    select: Vec<String>,
    ignore: Vec<String>,
    settings: Settings,
    templates: Vec<TemplateKind>,
}

/// A custom kind that carries a pod template.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TemplateKind {
    group: String,
    kind: String,
    path: String,
}

/// What the file says, checked.
#[derive(Debug, Default)]
pub(crate) struct Config {
    pub(crate) profile: Option<ProfileName>,
    pub(crate) kubernetes_version: Option<Version>,
    pub(crate) namespace: Option<String>,
    pub(crate) complete: bool,
    pub(crate) severity: Option<Severity>,
    pub(crate) fail_on: Option<FailOn>,
    pub(crate) select: Vec<String>,
    pub(crate) ignore: Vec<String>,
    pub(crate) settings: Settings,
    pub(crate) carriers: Carriers,
}

impl Config {
    /// Reads the named file, or `rampart.yaml` here or in a directory above; nothing found means defaults.
    pub(crate) fn load(named: Option<&str>) -> anyhow::Result<Self> {
        let path = match named {
            Some(path) => PathBuf::from(path),
            None => match find() {
                Some(path) => path,
                None => return Ok(Self::default()),
            },
        };
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&Source::new(path.display().to_string(), text))
    }

    fn parse(source: &Source) -> anyhow::Result<Self> {
        let parsed = parse_yaml(source, &Limits::default());
        if let Some(diagnostic) = parsed.diagnostics.first() {
            return Err(shown(source, diagnostic.clone()));
        }
        let Some(root) = parsed.tree.documents().next() else { return Ok(Self::default()) };
        let at = |path: &FieldPath, message: String| {
            shown(source, Diagnostic::error("config", locate(root, path).span, message))
        };
        let file: File = serde_path_to_error::deserialize(root.to_json()).map_err(|error| {
            let path = FieldPath::parse(&error.path().to_string()).unwrap_or_default();
            at(&path, error.into_inner().to_string())
        })?;
        let word = |field: &str, message: String| at(&FieldPath::root().key(field), message);
        let mut carriers = Vec::new();
        for (index, kind) in file.templates.iter().enumerate() {
            let path = FieldPath::parse(&kind.path).map_err(|error| {
                at(&FieldPath::root().key("templates").index(index).key("path"), error.to_string())
            })?;
            carriers.push(CustomCarrier { group: kind.group.clone(), kind: kind.kind.clone(), path });
        }
        let profile = match file.profile.as_deref() {
            None => None,
            Some("default") => Some(ProfileName::Default),
            Some("strict") => Some(ProfileName::Strict),
            Some(_) => return Err(word("profile", "expected default or strict".to_owned())),
        };
        let parsed_version = file.kubernetes_version.as_deref().map(Version::parse).transpose();
        Ok(Self {
            profile,
            kubernetes_version: parsed_version
                .map_err(|error| word("kubernetesVersion", error.to_string()))?,
            namespace: file.namespace,
            complete: file.complete,
            severity: file
                .severity
                .as_deref()
                .map(severity)
                .transpose()
                .map_err(|error| word("severity", error))?,
            fail_on: file
                .fail_on
                .as_deref()
                .map(fail_on)
                .transpose()
                .map_err(|error| word("failOn", error))?,
            select: file.select,
            ignore: file.ignore,
            settings: file.settings,
            carriers: Carriers::new(carriers),
        })
    }
}

/// An error with the file's line under it.
fn shown(source: &Source, diagnostic: Diagnostic) -> anyhow::Error {
    anyhow!("{}", problem_text(&Problem::text(source, diagnostic), &terminal::stderr()))
        .context(format!("{} was not understood", source.name()))
}

fn find() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    here.ancestors().map(|directory: &Path| directory.join("rampart.yaml")).find(|path| path.is_file())
}
