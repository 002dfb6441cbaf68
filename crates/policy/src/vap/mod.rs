//! Rules as `ValidatingAdmissionPolicy` objects, which the API server itself enforces.
//!
//! A rule's expression (`rules/ID.cel`) lists what it finds, one text each; it reads the shared variables of
//! `variables/`. A policy holds the variables that its rule needs and admits what the list is empty for.

mod policy;
mod table;
mod variables;

use rampart_model::Version;
use rampart_rules::{Check, Rule, Settings};
use serde_json::Value;

use crate::yaml;
use table::{EXPORTED, Exported, REASONS};

/// The first version whose API server has the policies (`admissionregistration.k8s.io/v1`).
pub const OLDEST: Version = Version::new(30);

/// What the API server does with an object that a policy finds fault with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Refuses it.
    Deny,
    /// Lets it pass with a warning to the client.
    Warn,
    /// Lets it pass and notes it in the audit log.
    Audit,
}

impl Action {
    /// The word of the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deny => "Deny",
            Self::Warn => "Warn",
            Self::Audit => "Audit",
        }
    }
}

/// How to export.
#[derive(Debug, Clone)]
pub struct Options {
    /// Kubernetes version whose semantics count; at least [`OLDEST`].
    pub version: Version,
    /// As under the strict profile, for rules that ask for more there.
    pub strict: bool,
    /// What users adjusted.
    pub settings: Settings,
    /// What happens to objects with findings.
    pub actions: Vec<Action>,
    /// True when an object that a policy cannot judge is admitted (`failurePolicy: Ignore`).
    pub ignore_failures: bool,
    /// Namespaces that the policies leave alone.
    pub exempt_namespaces: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            version: Version::NEWEST,
            strict: false,
            settings: Settings::default(),
            actions: vec![Action::Deny],
            ignore_failures: false,
            exempt_namespaces: vec!["kube-system".to_owned()],
        }
    }
}

/// Whether a rule can be a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// It can; what its policy leaves out, if anything.
    Exported(Option<&'static str>),
    /// It cannot, and why.
    No(String),
}

/// Whether a rule can be a policy, and why not.
pub fn status(rule: &Rule) -> Status {
    if let Some(exported) = exported(rule.id) {
        return Status::Exported(exported.without);
    }
    if let Some((_, reason)) = REASONS.iter().find(|(id, _)| *id == rule.id) {
        return Status::No((*reason).to_owned());
    }
    let row = rule.row();
    let objects = row.map_or("", |row| row.objects);
    let reason = match rule.check {
        _ if row.is_some_and(|row| row.needs != "manifest") => {
            "it needs objects that refer to each other; admission sees one".to_owned()
        }
        _ if !objects.contains("pod-template") => {
            format!("it is about {objects}; only rules about pods and their templates are exported")
        }
        Check::Set(_) | Check::Workload(_) => "it looks at other objects; admission sees one".to_owned(),
        _ => "its check has no counterpart in CEL yet".to_owned(),
    };
    Status::No(reason)
}

fn exported(id: &str) -> Option<&'static Exported> {
    EXPORTED.iter().find(|exported| exported.rule == id)
}

/// A rule's policy and its binding, as objects. `None` when the rule [cannot](status) be one.
pub fn objects(rule: &Rule, options: &Options) -> Option<[Value; 2]> {
    let exported = exported(rule.id)?;
    Some([policy::policy(rule, exported, options), policy::binding(rule, options)])
}

/// The policies and bindings of rules as one YAML stream. Rules that cannot be policies are left out.
pub fn export<'r>(rules: impl IntoIterator<Item = &'r Rule>, options: &Options) -> String {
    let objects = rules.into_iter().filter_map(|rule| objects(rule, options)).flatten();
    objects.map(|object| format!("---\n{}", yaml::document(&object))).collect()
}

/// Name of a rule's policy and binding.
pub fn policy_name(rule: &str) -> String {
    format!("rampart-{rule}")
}
