//! The objects.

use rampart_rules::Rule;
use serde_json::{Value, json};

use super::table::{Exported, Scope};
use super::{Options, policy_name, variables};

const API: &str = "admissionregistration.k8s.io/v1";
/// Updates that leave the template alone pass: finalizers, labels and the like must stay removable from objects that
/// were there before the policy.
const CHANGED: &str = include_str!("changed.cel");

pub(super) fn policy(rule: &Rule, exported: &Exported, options: &Options) -> Value {
    let expression = exported.expression.trim_end();
    let mut list: Vec<Value> = variables::needed(expression, options)
        .into_iter()
        .map(|(name, expression)| json!({"name": name, "expression": expression}))
        .collect();
    list.push(json!({"name": "findings", "expression": expression}));
    let title = rule.row().map_or(rule.id, |row| row.title);
    let mut spec = json!({
        "failurePolicy": if options.ignore_failures { "Ignore" } else { "Fail" },
        "matchConstraints": {"matchPolicy": "Equivalent", "resourceRules": resources(exported.scope)},
        "matchConditions": [{"name": "pod-template-changes", "expression": CHANGED.trim_end()}],
        "variables": list,
        "validations": [{
            "expression": "size(variables.findings) == 0",
            "message": format!("{}: {title}", rule.id),
            "messageExpression": format!("\"{}: \" + variables.findings.join(\"; \")", rule.id),
            "reason": "Forbidden",
        }],
    });
    if exported.scope != Scope::Templates
        && let Some(spec) = spec.as_object_mut()
    {
        spec.shift_remove("matchConditions");
    }
    json!({
        "apiVersion": API,
        "kind": "ValidatingAdmissionPolicy",
        "metadata": metadata(rule),
        "spec": spec,
    })
}

pub(super) fn binding(rule: &Rule, options: &Options) -> Value {
    let actions: Vec<&str> = options.actions.iter().map(|action| action.as_str()).collect();
    let mut spec = json!({"policyName": policy_name(rule.id), "validationActions": actions});
    if !options.exempt_namespaces.is_empty() {
        spec["matchResources"] = json!({"namespaceSelector": {"matchExpressions": [{
            "key": "kubernetes.io/metadata.name",
            "operator": "NotIn",
            "values": options.exempt_namespaces,
        }]}});
    }
    json!({
        "apiVersion": API,
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": metadata(rule),
        "spec": spec,
    })
}

fn metadata(rule: &Rule) -> Value {
    json!({
        "name": policy_name(rule.id),
        "labels": {"app.kubernetes.io/managed-by": "rampart"},
        "annotations": {"rampart.dev/rule": rule.id, "rampart.dev/severity": rule.severity.as_str()},
    })
}

fn resources(scope: Scope) -> Value {
    let rule = |group: &str, operations: &[&str], resources: &[&str]| {
        json!({
            "apiGroups": [group],
            "apiVersions": ["v1"],
            "operations": operations,
            "resources": resources,
        })
    };
    let both = ["CREATE", "UPDATE"];
    match scope {
        Scope::Templates => json!([
            rule("", &both, &["pods", "pods/ephemeralcontainers", "podtemplates", "replicationcontrollers"]),
            rule("apps", &both, &["daemonsets", "deployments", "replicasets", "statefulsets"]),
            rule("batch", &both, &["cronjobs", "jobs"]),
        ]),
        Scope::NewPods => json!([rule("", &["CREATE"], &["pods"])]),
        Scope::Jobs => json!([rule("batch", &both, &["cronjobs", "jobs"])]),
        Scope::Claims => {
            json!([rule("resource.k8s.io", &both, &["resourceclaims", "resourceclaimtemplates"])])
        }
    }
}
