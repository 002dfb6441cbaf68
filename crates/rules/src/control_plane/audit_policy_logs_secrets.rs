use rampart_authz::audit_policy::{AuditPolicy, Problem, lint};
use rampart_document::{Edit, FieldPath, Node};
use rampart_report::{Fix, Severity};
use std::collections::BTreeMap;

use super::audit::{POLICY, rule_path};
use crate::index::{API_SERVER, Configuration};
use crate::shared::ask::{each, mend, review};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "audit-policy-logs-secrets",
    group: Group::ControlPlane,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("audit_policy_logs_secrets.md"),
    check: Check::Set(check),
};

/// Resources whose bodies hold credentials.
const SECRET: [&str; 4] = ["secrets", "configmaps", "serviceaccounts/token", "tokenreviews"];

fn check(context: &Context<'_>, out: &mut Findings) {
    for file in context.configurations().of_kind(POLICY) {
        let out = out.on(file.object.id());
        // A policy that is not loaded writes nothing; audit-policy-gaps tells what is wrong with it.
        let Ok(policy) = AuditPolicy::read(file.node()) else { continue };
        let mut by_rule: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
        for finding in lint(&policy) {
            if let (Problem::LogsSecrets(what), Some(rule)) = (finding.problem, finding.rule) {
                by_rule.entry(rule).or_default().push(what);
            }
        }
        for (rule, what) in by_rule {
            let what = format!(
                "level {} writes credentials to the audit log: {}",
                policy.rules[rule].level.as_str(),
                what.join(", ")
            );
            let path = rule_path(file, Some(rule));
            mend(out.fail(path, what), less(file, rule));
        }
    }
    each(context, API_SERVER, out, |server, out| {
        server.file(POLICY, "audit-policy-file", out)?;
        Ok(())
    });
}

/// A rule about such resources only can have a lower level. Any other needs a rule before it, which no edit of one place
/// makes.
fn less(file: &Configuration<'_>, rule: usize) -> Option<Fix> {
    let at = FieldPath::root().key("rules").index(rule);
    let groups = file.node().at(&at.key("resources"))?;
    let only_secret = |group: Node<'_>| {
        let names = group.field("resources");
        names.is_some_and(|names| {
            !names.is_empty()
                && names.items().filter_map(Node::scalar_text).all(|name| SECRET.contains(&name))
        })
    };
    let all = !groups.is_empty() && groups.items().all(only_secret);
    let edits = if all { file.edits(vec![Edit::set(at.key("level"), "Metadata")]) } else { Vec::new() };
    review("set the level to Metadata", edits)
}
