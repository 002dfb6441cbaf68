//! The file of a framework.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use rampart_document::{Diagnostic, FieldPath, Source};
use rampart_model::Problem;
use rampart_report::{locate, read_as};
use rampart_schema::nearest;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{Control, ControlNeeds, Framework, RuleRef, Section, VersionRange};
use crate::catalogue::{ROWS, row};

/// A list of controls, and which rules tell something about each.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "framework")]
struct File {
    /// The name used in flags and JSON.
    #[schemars(regex(pattern = r"^[a-z0-9.-]+$"))]
    framework: String,
    /// Its full name.
    title: String,
    /// Its edition.
    version: String,
    /// Where it is published.
    source: Option<String>,
    /// One sentence.
    about: Option<String>,
    /// In the framework's order.
    sections: Vec<WrittenSection>,
}

/// Controls that belong together.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WrittenSection {
    /// Its id in the framework.
    id: String,
    /// A few words.
    title: String,
    /// In the framework's order.
    controls: Vec<WrittenControl>,
}

/// One control: it has rules, or says what it needs instead.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WrittenControl {
    /// Its id; no other control of the framework has it.
    id: String,
    /// A few words.
    title: String,
    /// The rules that tell something about it.
    #[serde(default)]
    rules: Vec<WrittenRule>,
    /// What it needs besides manifests; such a control never passes.
    needs: Option<ControlNeeds>,
    /// What the rules do not tell.
    note: Option<String>,
    /// Kubernetes versions at which it is part of the framework: `>=1.25`, `<1.35`, or both.
    kubernetes: Option<String>,
}

impl JsonSchema for ControlNeeds {
    fn schema_name() -> Cow<'static, str> {
        "Needs".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"enum": ["node", "live", "image", "manual"]})
    }
}

impl JsonSchema for WrittenRule {
    fn schema_name() -> Cow<'static, str> {
        "Rule".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let texts = json_schema!({"type": "array", "items": {"type": "string"}});
        json_schema!({"anyOf": [
            {"type": "string", "description": "a rule id"},
            {
                "type": "object",
                "description": "some findings of a rule",
                "properties": {
                    "rule": {"type": "string"},
                    "class": texts,
                    "notClass": texts,
                    "object": {
                        "type": "object",
                        "properties": {"kind": {"type": "string"}, "name": {"type": "string"}},
                        "additionalProperties": false,
                    },
                },
                "required": ["rule"],
                "additionalProperties": false,
            },
        ]})
    }
}

pub(super) fn schema() -> serde_json::Value {
    schemars::schema_for!(File).to_value()
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
