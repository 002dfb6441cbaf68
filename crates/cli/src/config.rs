//! `rampart.yaml`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use rampart_document::{Diagnostic, FieldPath, Source};
use rampart_model::{Carriers, CustomCarrier, Problem, Version};
use rampart_report::{Severity, locate, problem_text, read_as};
use rampart_rules::Settings;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::arguments::{FailOn, ProfileName, fail_on, severity};
use crate::terminal;

/// Settings of Rampart. Flags count more, and environment variables do, too.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(title = "rampart.yaml")]
struct File {
    /// default: what everybody should fix; strict: hardening that many leave out on purpose, too.
    #[schemars(extend("enum" = ["default", "strict", null]))]
    profile: Option<String>,
    /// Version whose defaults and rules count, e.g. 1.34; the newest known by default.
    kubernetes_version: Option<String>,
    /// Namespace of objects that name none.
    namespace: Option<String>,
    /// The input is all there is: a reference to an object outside it is dangling, not unknown.
    complete: bool,
    /// Show only findings at or above this severity.
    #[schemars(extend("enum" = ["critical", "high", "medium", "low", "info", null]))]
    severity: Option<String>,
    /// Exit with 1 when a finding is at or above this severity, or never.
    #[schemars(extend("enum" = ["critical", "high", "medium", "low", "info", "never", null]))]
    fail_on: Option<String>,
    /// Run only these rules or groups.
    select: Vec<String>,
    /// Leave out these rules or groups.
    ignore: Vec<String>,
    /// What rules compare with.
    settings: Settings,
    /// Custom kinds that carry a pod template.
    templates: Vec<TemplateKind>,
    /// File of accepted findings; rampart-exceptions.yaml beside this file by default.
    exceptions: Option<String>,
    /// Baseline or JSON report whose findings are known.
    baseline: Option<String>,
    /// Files of frameworks of your own, which --framework then knows by name.
    frameworks: Vec<String>,
    /// Files of rules of your own.
    rules: Vec<String>,
}

/// A custom kind that carries a pod template.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TemplateKind {
    /// API group.
    group: String,
    /// Kind.
    kind: String,
    /// Path from the object to the template, e.g. spec.template.
    path: String,
}

/// The JSON Schema of the file.
pub(crate) fn schema() -> serde_json::Value {
    schemars::schema_for!(File).to_value()
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
    /// The exceptions file that it names, or the one beside it (or, without configuration, the nearest upwards).
    pub(crate) exceptions: Option<PathBuf>,
    /// The baseline that it names.
    pub(crate) baseline: Option<PathBuf>,
    /// Files of frameworks of the user's own.
    pub(crate) frameworks: Vec<PathBuf>,
    /// Files of rules of the user's own.
    pub(crate) rules: Vec<PathBuf>,
}

/// Found without being named when it lies beside `rampart.yaml`.
const EXCEPTIONS: &str = "rampart-exceptions.yaml";

impl Config {
    /// Reads the named file, or `rampart.yaml` here or in a directory above; nothing found means defaults.
    pub(crate) fn load(named: Option<&str>) -> anyhow::Result<Self> {
        let path = match named {
            Some(path) => PathBuf::from(path),
            None => match find("rampart.yaml") {
                Some(path) => path,
                None => return Ok(Self { exceptions: find(EXCEPTIONS), ..Self::default() }),
            },
        };
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut config = Self::parse(&Source::new(path.display().to_string(), text))?;
        // What the file names lies where the file lies, wherever the program is started.
        let directory = path.parent().unwrap_or(Path::new(""));
        let beside = |named: PathBuf| directory.join(named);
        config.exceptions = match config.exceptions.map(beside) {
            Some(named) => Some(named),
            None => Some(directory.join(EXCEPTIONS)).filter(|path| path.is_file()),
        };
        config.baseline = config.baseline.map(beside);
        config.frameworks = config.frameworks.into_iter().map(beside).collect();
        config.rules = config.rules.into_iter().map(beside).collect();
        Ok(config)
    }

    fn parse(source: &Source) -> anyhow::Result<Self> {
        let read = read_as::<File>(source).map_err(|problem| not_understood(&problem, source.name()))?;
        let Some((tree, file)) = read else { return Ok(Self::default()) };
        let at = |path: &FieldPath, message: String| {
            let span = tree.documents().next().map_or_else(Default::default, |root| locate(root, path).span);
            not_understood(&Problem::text(source, Diagnostic::error("config", span, message)), source.name())
        };
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
            exceptions: file.exceptions.map(PathBuf::from),
            baseline: file.baseline.map(PathBuf::from),
            frameworks: file.frameworks.into_iter().map(PathBuf::from).collect(),
            rules: file.rules.into_iter().map(PathBuf::from).collect(),
        })
    }
}

/// An error about a file that steers the program, with the file's line under it.
pub(crate) fn not_understood(problem: &Problem, file: &str) -> anyhow::Error {
    anyhow!("{}", problem_text(problem, &terminal::stderr())).context(format!("{file} was not understood"))
}

/// The file of this name here or in a directory above, as a path from here: reports name it, and they shall not depend
/// on where the project lies.
fn find(name: &str) -> Option<PathBuf> {
    let levels = std::env::current_dir().ok()?.ancestors().count();
    let above = |level: usize| std::iter::repeat_n("..", level).collect::<PathBuf>().join(name);
    (0..levels).map(above).find(|path| path.is_file())
}
