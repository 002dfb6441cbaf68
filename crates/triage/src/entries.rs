//! The exceptions file.

use rampart_document::{Diagnostic, FieldPath, Source, Span, Tree};
use rampart_model::{Object, Problem};
use rampart_report::{Exception, ExceptionKind, Finding, locate, read_as, stable_path};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::glob::Globs;
use crate::pattern::{ObjectPattern, image_at, image_fits, path_fits};
use crate::words::Words;
use crate::{Day, RuleNames};

/// Findings that somebody accepted.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "rampart-exceptions.yaml")]
struct File {
    /// One entry for each reason to accept something.
    exceptions: Vec<Written>,
}

/// Accepts the findings of some rules that fit all patterns.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    /// Rule ids, groups of rules, or `*` for all.
    rule: Words,
    #[serde(default)]
    object: ObjectPattern,
    /// Field paths; a parent fits all below it. List elements by number or name: `spec.containers[api]`.
    #[serde(default)]
    path: Globs,
    /// Images of the container that the finding is in, as written or with the registry filled in.
    #[serde(default)]
    image: Globs,
    /// Why it is accepted.
    #[schemars(length(min = 1))]
    reason: String,
    /// Who answers for it.
    #[schemars(length(min = 1))]
    owner: String,
    /// Last day on which it works (UTC), `YYYY-MM-DD`.
    #[schemars(regex(pattern = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"))]
    expires: Option<String>,
}

/// One entry of an exceptions file.
#[derive(Debug, Clone)]
pub struct Entry {
    pub(crate) rules: Vec<String>,
    object: ObjectPattern,
    path: Globs,
    image: Globs,
    pub(crate) exception: Exception,
    pub(crate) expires: Option<Day>,
    /// What problems of the entry point at.
    pub(crate) span: Span,
}

/// An exceptions file, checked as a whole: it works altogether or not at all.
#[derive(Debug, Clone)]
pub struct ExceptionsFile {
    pub(crate) source: Source,
    pub(crate) entries: Vec<Entry>,
}

impl ExceptionsFile {
    /// Reads the file. The error tells the first place that is not as it must be, and what is expected there.
    pub fn parse(source: &Source, rules: &RuleNames) -> Result<Self, Box<Problem>> {
        let mut entries = Vec::new();
        if let Some((tree, file)) = read_as::<File>(source)? {
            for (index, written) in file.exceptions.into_iter().enumerate() {
                let at = FieldPath::root().key("exceptions").index(index);
                let entry = check(written, &tree, &at, rules).map_err(|(path, message)| {
                    let span =
                        tree.documents().next().map_or(Span::default(), |root| locate(root, &path).span);
                    Box::new(Problem::text(source, Diagnostic::error("exceptions", span, message)))
                })?;
                entries.push(entry);
            }
        }
        Ok(Self { source: source.clone(), entries })
    }

    /// The JSON Schema of the file.
    pub fn schema() -> serde_json::Value {
        schemars::schema_for!(File).to_value()
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True when there is no entry.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

fn check(
    written: Written,
    tree: &Tree,
    at: &FieldPath,
    rules: &RuleNames,
) -> Result<Entry, (FieldPath, String)> {
    for word in &written.rule.0 {
        if word != "*" && !rules.is_rule(word) && !rules.is_group(word) {
            let hint = rules.suggestion(word);
            return Err((at.key("rule"), format!("`{word}` is no rule and no group{hint}")));
        }
    }
    for (field, text) in [("reason", &written.reason), ("owner", &written.owner)] {
        if text.trim().is_empty() {
            return Err((at.key(field), format!("expected a {field} that is not empty")));
        }
    }
    let expires = match &written.expires {
        None => None,
        Some(text) => Some(
            Day::parse(text)
                .ok_or_else(|| (at.key("expires"), format!("`{text}` is no day; expected YYYY-MM-DD")))?,
        ),
    };
    let span = tree.documents().next().map_or(Span::default(), |root| locate(root, &at.key("rule")).span);
    let source = tree.source();
    Ok(Entry {
        rules: written.rule.0,
        object: written.object,
        path: written.path,
        image: written.image,
        exception: Exception {
            kind: ExceptionKind::File,
            reason: written.reason.trim().to_owned(),
            owner: Some(written.owner.trim().to_owned()),
            expires: expires.map(|day| day.to_string()),
            file: source.name().to_owned(),
            line: Some(source.position(span.start).line),
        },
        expires,
        span,
    })
}

impl Entry {
    /// True when the entry is about this finding; its rule was compared already.
    pub(crate) fn fits(&self, object: Object<'_>, finding: &Finding) -> bool {
        if !self.object.fits(object) {
            return false;
        }
        if self.path.is_open() && self.image.is_open() {
            return true;
        }
        let path = finding.path();
        path_fits(&self.path, &path, || stable_path(object, finding))
            && (self.image.is_open()
                || image_at(object, &path).is_some_and(|image| image_fits(&self.image, image)))
    }

    /// True when the entry is about the object, whatever is found there.
    pub(crate) fn is_about(&self, object: Object<'_>) -> bool {
        self.object.fits(object)
    }
}
