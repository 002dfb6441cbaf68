use rampart_authz::audit_policy::{AuditPolicy, Level, Problem, lint};
use rampart_authz::{Identity, Request};
use rampart_document::{Edit, FieldPath};
use rampart_report::Severity;
use serde_json::json;

use super::audit::{POLICY, rule_path};
use crate::index::{API_SERVER, Configuration};
use crate::shared::ask::{each, mend, review};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "audit-policy-gaps",
    group: Group::ControlPlane,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("audit_policy_gaps.md"),
    check: Check::Set(check),
};

/// What an investigation needs with its body: resource, group.
const BODIES: [(&str, &str); 5] = [
    ("roles", "rbac.authorization.k8s.io"),
    ("clusterroles", "rbac.authorization.k8s.io"),
    ("rolebindings", "rbac.authorization.k8s.io"),
    ("clusterrolebindings", "rbac.authorization.k8s.io"),
    ("deployments", "apps"),
];

fn check(context: &Context<'_>, out: &mut Findings) {
    for file in context.configurations().of_kind(POLICY) {
        policy(file, context.strict, out.on(file.object.id()));
    }
    each(context, API_SERVER, out, |server, out| {
        if server.value("audit-policy-file", out)?.is_none() {
            server.without(&["audit-policy-file"], "it records no request", out);
        }
        server.file(POLICY, "audit-policy-file", out)?;
        Ok(())
    });
}

fn policy(file: &Configuration<'_>, strict: bool, out: &mut Findings) {
    let policy = match AuditPolicy::read(file.node()) {
        Ok(policy) => policy,
        Err(errors) => {
            for error in errors {
                let what = format!("the API server does not load this policy: {}", error.what);
                out.fail(file.path(&FieldPath::root().key("rules")), what).class("invalid");
            }
            return;
        }
    };
    for finding in lint(&policy) {
        let path = rule_path(file, finding.rule);
        match finding.problem {
            Problem::UnknownField(field, meant) => {
                let meant = meant.map_or_else(String::new, |meant| format!("; `{meant}` was meant"));
                let what =
                    format!("the API server drops the field `{field}`, so the rule matches more{meant}");
                out.fail(path, what).severity(Severity::Low).class("field");
            }
            Problem::Shadowed(by) => {
                let what = format!("this rule never decides: rule {by} (from 0) matches all that it matches");
                out.fail(path, what).severity(Severity::Low).class("shadowed");
            }
            Problem::NeverMatches(part) => {
                let what = format!("this rule never matches: no request has {part}");
                out.fail(path, what).severity(Severity::Low).class("impossible");
            }
            Problem::Gap(what) => {
                let draft = out.fail(path, format!("not in the audit log: {what}"));
                // A rule of its own at the end only helps where no rule came first.
                let rest = json!({"level": "Metadata"});
                let edits = match finding.rule {
                    None => file.edits(vec![Edit::append(FieldPath::root().key("rules"), rest)]),
                    Some(_) => Vec::new(),
                };
                mend(draft, review("record everything else with level Metadata", edits)).class(what);
            }
            Problem::LogsSecrets(_) => {}
        }
    }
    if strict {
        bodies(file, &policy, out);
    }
}

/// Who changed rights and workloads is not enough: what they changed is wanted too.
fn bodies(file: &Configuration<'_>, policy: &AuditPolicy, out: &mut Findings) {
    let anybody = Identity::user("anybody", [""; 0]);
    for (resource, group) in BODIES {
        let request = Request::resource("update", resource).in_group(group).in_namespace("default");
        let verdict = policy.explain(&anybody, &request);
        if verdict.level == Level::Metadata {
            let what = format!(
                "changes of {resource} are in the audit log without what was changed (level Metadata)"
            );
            out.fail(rule_path(file, verdict.rule), what).class(resource);
        }
    }
}
