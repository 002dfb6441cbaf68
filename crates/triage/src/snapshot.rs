//! Findings as they are compared with those of another run.

use rampart_model::{Inventory, Object};
use rampart_report::{Finding, SCHEMA, Severity, Verdict, fingerprint, place};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::BASELINE_SCHEMA;

/// Why a text is not a list of findings.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// Not JSON, or JSON of another shape.
    #[error("not a report or baseline of Rampart: {0}")]
    Shape(#[from] serde_json::Error),
    /// Another schema than those that are known.
    #[error(
        "its schema is `{0}`; expected `{SCHEMA}` (scan -o json) or `{BASELINE_SCHEMA}` (--write-baseline)"
    )]
    Schema(String),
    /// A severity or verdict that does not exist.
    #[error("finding {index} has the {field} `{word}`, which does not exist")]
    Word {
        /// Place in the list, from 1.
        index: usize,
        /// `severity` or `verdict`.
        field: &'static str,
        /// What stands there.
        word: String,
    },
}

/// An object by its names.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectName {
    /// As written.
    pub api_version: String,
    /// As written.
    pub kind: String,
    /// `None` for cluster-scoped objects.
    pub namespace: Option<String>,
    /// As written.
    pub name: String,
}

impl ObjectName {
    fn of(object: Object<'_>) -> Self {
        Self {
            api_version: object.api_version().to_owned(),
            kind: object.kind().to_owned(),
            namespace: object.effective_namespace().map(str::to_owned),
            name: object.name().to_owned(),
        }
    }
}

impl std::fmt::Display for ObjectName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{} {namespace}/{}", self.kind, self.name),
            None => write!(f, "{} {}", self.kind, self.name),
        }
    }
}

/// One finding, apart from the run that made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What tells it apart; equal for objects that are defined twice.
    pub fingerprint: String,
    /// Rule id.
    pub rule: String,
    /// Fail or unknown.
    pub verdict: Verdict,
    /// How much it matters.
    pub severity: Severity,
    /// The object.
    pub object: ObjectName,
    /// Field path; empty when it is not known.
    pub path: String,
    /// File; empty when it is not known.
    pub file: String,
    /// Line and column, from 1.
    pub start: Option<(u32, u32)>,
    /// What was seen; empty when it is not known.
    pub what: String,
    /// True when somebody accepted it.
    pub excepted: bool,
}

impl Record {
    /// How bad it is, to compare: unknown, then failures from info to critical.
    pub(crate) fn level(&self) -> (bool, Severity) {
        (self.verdict == Verdict::Fail, self.severity)
    }

    /// `file:line:column`, or what of it is known.
    pub fn place(&self) -> String {
        match self.start {
            Some((line, column)) => format!("{}:{line}:{column}", self.file),
            None => self.file.clone(),
        }
    }
}

/// How bad a finding is, on the scale of [`Record::level`].
pub(crate) fn level(finding: &Finding) -> (bool, Severity) {
    (finding.detail.verdict == Verdict::Fail, finding.detail.severity)
}

/// The findings of one run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// In the order of the run.
    pub records: Vec<Record>,
}

/// A report or a baseline, as far as findings go.
#[derive(Deserialize)]
struct File {
    schema: String,
    #[serde(default)]
    findings: Vec<Written>,
}

#[derive(Deserialize)]
struct Written {
    fingerprint: String,
    rule: String,
    verdict: String,
    severity: String,
    #[serde(default)]
    object: ObjectName,
    #[serde(default)]
    path: Option<String>,
    #[serde(default)]
    file: Option<String>,
    #[serde(default)]
    line: Option<u32>,
    #[serde(default)]
    column: Option<u32>,
    #[serde(default)]
    what: Option<String>,
    #[serde(default)]
    excepted: Option<IgnoredAny>,
    #[serde(default = "once")]
    count: u32,
}

fn once() -> u32 {
    1
}

impl Snapshot {
    /// The findings of a scan.
    pub fn of(inventory: &Inventory, findings: &[Finding]) -> Self {
        let record = |finding: &Finding| {
            let object = inventory.object(finding.object);
            let path = finding.path();
            let at = place(object, &path);
            Record {
                fingerprint: fingerprint(object, finding),
                rule: finding.detail.rule.to_owned(),
                verdict: finding.detail.verdict,
                severity: finding.detail.severity,
                object: ObjectName::of(object),
                path: path.as_str().to_owned(),
                file: at.file.to_owned(),
                start: at.start,
                what: finding.detail.what.to_string(),
                excepted: finding.excepted.is_some(),
            }
        };
        Self { records: findings.iter().map(record).collect() }
    }

    /// Reads a JSON report or a baseline. Errors tell line and column where the text is not as it must be.
    pub fn read(text: &str) -> Result<Self, SnapshotError> {
        let file: File = serde_json::from_str(text)?;
        if file.schema != SCHEMA && file.schema != BASELINE_SCHEMA {
            return Err(SnapshotError::Schema(file.schema));
        }
        let mut records = Vec::new();
        for (index, written) in file.findings.into_iter().enumerate() {
            let count = written.count;
            let record = written.record().map_err(|(field, word)| SnapshotError::Word {
                index: index + 1,
                field,
                word,
            })?;
            records.extend(std::iter::repeat_n(record, count as usize));
        }
        Ok(Self { records })
    }
}

impl Written {
    fn record(self) -> Result<Record, (&'static str, String)> {
        let verdict = match self.verdict.as_str() {
            "fail" => Verdict::Fail,
            "unknown" => Verdict::Unknown,
            _ => return Err(("verdict", self.verdict)),
        };
        let Some(severity) = Severity::parse(&self.severity) else {
            return Err(("severity", self.severity));
        };
        Ok(Record {
            fingerprint: self.fingerprint,
            rule: self.rule,
            verdict,
            severity,
            object: self.object,
            path: self.path.unwrap_or_default(),
            file: self.file.unwrap_or_default(),
            start: self.line.map(|line| (line, self.column.unwrap_or(1))),
            what: self.what.unwrap_or_default(),
            excepted: self.excepted.is_some(),
        })
    }
}
