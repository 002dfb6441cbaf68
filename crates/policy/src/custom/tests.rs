//! The examples that a rule file brings for its rules.

use rampart_document::{Limits, Source, parse_json};
use rampart_model::{Carriers, InventoryBuilder, Origin};
use rampart_report::{Finding, Verdict};
use serde_json::{Value, json};

use super::{CustomRule, CustomRules, evaluate};

/// What an example expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// The rule is about the object, and all is well.
    Pass,
    /// The rule finds something.
    Fail,
    /// The rule cannot tell.
    Unknown,
}

impl Wanted {
    pub(super) fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "pass" => Self::Pass,
            "fail" => Self::Fail,
            "unknown" => Self::Unknown,
            _ => return None,
        })
    }

    /// The word of the file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unknown => "unknown",
        }
    }
}

#[derive(Debug)]
pub(super) struct Example {
    pub(super) name: String,
    pub(super) wanted: Wanted,
    pub(super) object: Value,
}

/// How an example ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// As expected.
    Held,
    /// Otherwise; the text says what came instead.
    Broken(String),
}

/// An example that was run.
#[derive(Debug)]
pub struct Tested {
    /// Id of the rule.
    pub rule: &'static str,
    /// Name of the example.
    pub name: String,
    /// What was expected.
    pub wanted: Wanted,
    /// What came.
    pub outcome: Outcome,
}

impl CustomRules {
    /// Runs the examples of all rules, in the file's order. An example without `kind` is a Pod.
    pub fn test(&self, carriers: &Carriers) -> Vec<Tested> {
        let of_rule = |rule: &CustomRule| {
            let run = |example: &Example| Tested {
                rule: rule.id,
                name: example.name.clone(),
                wanted: example.wanted,
                outcome: run(rule, example, carriers),
            };
            rule.examples.iter().map(run).collect::<Vec<_>>()
        };
        self.rules.iter().flat_map(of_rule).collect()
    }

    /// Rules without any example.
    pub fn untested(&self) -> impl Iterator<Item = &'static str> {
        self.rules.iter().filter(|rule| rule.examples.is_empty()).map(|rule| rule.id)
    }
}

fn run(rule: &CustomRule, example: &Example, carriers: &Carriers) -> Outcome {
    let mut object = example.object.clone();
    if object.get("kind").is_none() {
        object["apiVersion"] = json!("v1");
        object["kind"] = json!("Pod");
        if object["metadata"].get("name").is_none() {
            object["metadata"]["name"] = json!("example");
        }
    }
    let parsed = parse_json(&Source::new(example.name.as_str(), object.to_string()), &Limits::default());
    let mut builder = InventoryBuilder::new();
    builder.unit(parsed.tree, Origin::File);
    let (inventory, _) = builder.build();
    if inventory.len() != 1 {
        return Outcome::Broken("it is no Kubernetes object (apiVersion, kind and metadata.name)".to_owned());
    }
    let evaluation = evaluate(&[rule], &inventory, carriers, false);
    if evaluation.runs == 0 {
        return Outcome::Broken("the rule is not about it: see its match".to_owned());
    }
    let has = |verdict| evaluation.findings.iter().find(|finding| finding.detail.verdict == verdict);
    let (fail, unknown) = (has(Verdict::Fail), has(Verdict::Unknown));
    let says =
        |finding: Option<&Finding>| finding.map(|own| format!(": {}", own.detail.what)).unwrap_or_default();
    let got = match (fail, unknown) {
        (Some(_), _) => Wanted::Fail,
        (None, Some(_)) => Wanted::Unknown,
        (None, None) => Wanted::Pass,
    };
    if got == example.wanted {
        return Outcome::Held;
    }
    Outcome::Broken(format!(
        "expected {}, got {}{}",
        example.wanted.as_str(),
        got.as_str(),
        says(fail.or(unknown))
    ))
}
