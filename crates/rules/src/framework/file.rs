//! The file of a framework.

use std::collections::HashSet;
use std::fmt;

use rampart_document::{Diagnostic, FieldPath, Source};
use rampart_model::Problem;
use rampart_report::{locate, read_as};
use rampart_schema::nearest;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{Control, ControlNeeds, Framework, RuleRef, Section, VersionRange};
use crate::catalogue::{ROWS, row};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    framework: String,
    title: String,
    version: String,
    source: Option<String>,
    about: Option<String>,
    sections: Vec<WrittenSection>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WrittenSection {
    id: String,
    title: String,
    controls: Vec<WrittenControl>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WrittenControl {
    id: String,
    title: String,
    #[serde(default)]
    rules: Vec<WrittenRule>,
    needs: Option<ControlNeeds>,
    note: Option<String>,
    kubernetes: Option<String>,
}

impl<'de> Deserialize<'de> for ControlNeeds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "node" => Ok(Self::Node),
            "live" => Ok(Self::Live),
            "image" => Ok(Self::Image),
            "manual" => Ok(Self::Manual),
            other => Err(D::Error::custom(format!("`{other}`; expected node, live, image or manual"))),
        }
    }
}

/// A rule id, or a mapping that takes some of its findings.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, remote = "Self")]
struct WrittenRule {
    rule: String,
    #[serde(default)]
    class: Vec<String>,
    #[serde(default)]
    not_class: Vec<String>,
    #[serde(default)]
    object: WrittenObject,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenObject {
    kind: Option<String>,
    name: Option<String>,
}

impl<'de> Deserialize<'de> for WrittenRule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RuleVisitor)
    }
}

struct RuleVisitor;

impl<'de> Visitor<'de> for RuleVisitor {
    type Value = WrittenRule;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a rule id, or a mapping with `rule`")
    }

    fn visit_str<E: Error>(self, rule: &str) -> Result<WrittenRule, E> {
        Ok(WrittenRule { rule: rule.to_owned(), ..WrittenRule::default() })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<WrittenRule, A::Error> {
        WrittenRule::deserialize(MapAccessDeserializer::new(map))
    }
}

/// A place in the file and what is wrong there.
type Wrong = (FieldPath, String);

pub(super) fn parse(source: &Source, is_rule: &dyn Fn(&str) -> bool) -> Result<Framework, Box<Problem>> {
    let Some((tree, file)) = read_as::<File>(source)? else {
        return Err(Box::new(Problem::path(
            "framework",
            source.name(),
            "the file is empty; expected a framework",
        )));
    };
    check(file, is_rule).map_err(|(path, message)| {
        let span = tree.documents().next().map_or_else(Default::default, |root| locate(root, &path).span);
        Box::new(Problem::text(source, Diagnostic::error("framework", span, message)))
    })
}

fn check(file: File, is_rule: &dyn Fn(&str) -> bool) -> Result<Framework, Wrong> {
    let root = FieldPath::root();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    if file.framework.is_empty() || !file.framework.chars().all(plain) {
        let message = "expected a name of lower-case letters, digits, `-` and `.`";
        return Err((root.key("framework"), message.to_owned()));
    }
    let mut seen = HashSet::new();
    let mut sections = Vec::new();
    for (index, section) in file.sections.into_iter().enumerate() {
        let at = root.key("sections").index(index);
        let mut controls = Vec::new();
        for (index, control) in section.controls.into_iter().enumerate() {
            let at = at.key("controls").index(index);
            if !seen.insert(control.id.clone()) {
                return Err((at.key("id"), format!("control `{}` is there twice", control.id)));
            }
            controls.push(check_control(control, &at, is_rule)?);
        }
        sections.push(Section { id: section.id, title: section.title, controls });
    }
    if seen.is_empty() {
        return Err((root.key("sections"), "expected at least one control".to_owned()));
    }
    let File { framework: id, title, version, source, about, .. } = file;
    Ok(Framework { id, title, version, source, about, sections })
}

fn check_control(
    written: WrittenControl,
    at: &FieldPath,
    is_rule: &dyn Fn(&str) -> bool,
) -> Result<Control, Wrong> {
    if written.rules.is_empty() && written.needs.is_none() {
        let message = "expected `rules`, or `needs` (node, live, image, manual) that says why there are none";
        return Err((at.clone(), message.to_owned()));
    }
    let mut rules = Vec::new();
    for (index, named) in written.rules.into_iter().enumerate() {
        let WrittenRule { rule, class, not_class, object } = named;
        if row(&rule).is_none() && !is_rule(&rule) {
            let hint = nearest(&rule, ROWS.iter().map(|row| row.id))
                .map_or_else(String::new, |name| format!("; did you mean `{name}`?"));
            return Err((at.key("rules").index(index), format!("`{rule}` is no rule{hint}")));
        }
        rules.push(RuleRef { rule, class, not_class, kind: object.kind, name: object.name });
    }
    let kubernetes = match &written.kubernetes {
        None => None,
        Some(text) => Some(VersionRange::parse(text).ok_or_else(|| {
            (at.key("kubernetes"), format!("`{text}` is no range of versions; expected e.g. >=1.25 or <1.35"))
        })?),
    };
    let WrittenControl { id, title, needs, note, .. } = written;
    Ok(Control { id, title, rules, needs, note, kubernetes })
}
