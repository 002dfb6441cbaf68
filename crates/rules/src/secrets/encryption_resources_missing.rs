use rampart_document::{Edit, FieldPath};
use rampart_model::Object;
use rampart_report::{Fix, Severity};

use super::encryption::{Entry, KINDS, Kind, covers, deciding, entries};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "encryption-resources-missing",
    group: Group::Secrets,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("encryption_resources_missing.md"),
    check: Check::Object(KINDS, check),
};

fn check(object: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    let mut wanted = vec!["secrets"];
    if context.strict {
        wanted.push("configmaps");
    }
    wanted.extend(context.settings.sensitive_resources.iter().map(String::as_str));
    for name in wanted {
        let (resource, group) = name.split_once('.').unwrap_or((name, ""));
        if deciding(object, resource, group).is_none() {
            missing(object, name, out);
        }
    }
    masked(object, out);
}

fn missing(object: Object<'_>, name: &str, out: &mut Findings) {
    let path = FieldPath::root().key("resources");
    let draft = out.fail(path, format!("no entry covers {name}: they are stored in plain text"));
    let encrypts = |entry: &Entry<'_>| entry.first().is_some_and(|first| first.kind != Kind::Identity);
    if let Some(entry) = entries(object).find(encrypts) {
        let edit = Edit::append(entry.path().key("resources"), name);
        draft.fix(Fix::review(format!("add {name} to the first encrypting entry"), [edit]));
    }
}

/// Resources of an entry that an earlier one with a weaker provider has taken already.
fn masked(object: Object<'_>, out: &mut Findings) {
    let all: Vec<Entry<'_>> = entries(object).collect();
    for (at, entry) in all.iter().enumerate() {
        let Some(own) = entry.first() else { continue };
        for (index, pattern) in entry.resources() {
            let (resource, group) = pattern.split_once('.').unwrap_or((pattern, ""));
            let earlier = all[..at].iter().find(|earlier| {
                earlier.resources().any(|(_, other)| other == pattern || covers(other, resource, group))
            });
            let Some((earlier, first)) = earlier.and_then(|earlier| Some((earlier, earlier.first()?))) else {
                continue;
            };
            if first.kind.strength() < own.kind.strength() {
                let path = entry.path().key("resources").index(index);
                let what = format!(
                    "`{pattern}` is encrypted with {} here in vain: resources[{}] matches it first, with {}",
                    own.name, earlier.index, first.name
                );
                out.fail(path, what)
                    .class("masked")
                    .evidence(earlier.provider_path(first), "this provider decides");
            }
        }
    }
}
