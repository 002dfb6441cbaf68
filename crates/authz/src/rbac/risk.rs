//! Rights that lead further than they look: which of them a rule gives, by the ids of the rule catalogue.

use super::cover::covers;
use super::input::PolicyRule;

/// How much a right is worth to an attacker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Disturbs.
    Low,
    /// Leads on under conditions.
    Medium,
    /// Leads to other identities or to nodes.
    High,
    /// Leads to the whole cluster.
    Critical,
}

/// A dangerous right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Risk {
    /// Id in the rule catalogue.
    id: &'static str,
    /// Its worth when it is held for all names.
    severity: Severity,
    verbs: &'static [&'static str],
    group: &'static str,
    resources: &'static [&'static str],
}

const READ: &[&str] = &["get", "list", "watch"];
const WRITE: &[&str] = &["create", "update", "patch"];
const CHANGE: &[&str] = &["update", "patch"];
const EDIT: &[&str] = &["create", "update", "patch", "delete"];
const DELETE: &[&str] = &["delete", "deletecollection"];
const RBAC: &str = "rbac.authorization.k8s.io";
const AUTHENTICATION: &str = "authentication.k8s.io";
const ADMISSION: &str = "admissionregistration.k8s.io";

macro_rules! risks {
    ($($id:literal $severity:ident: $verbs:expr, $group:expr, [$($resource:literal),+];)+) => {
        &[$(Risk { id: $id, severity: Severity::$severity, verbs: $verbs, group: $group, resources: &[$($resource),+] }),+]
    };
}

/// One row a group of rights; several rows may share an id.
static RISKS: &[Risk] = risks![
    "secrets-read" High: READ, "", ["secrets"];
    "secrets-issue-token" Medium: WRITE, "", ["secrets"];
    "pods-create" Medium: &["create"], "", ["pods", "replicationcontrollers", "podtemplates"];
    "pods-create" Medium: &["create"], "apps", ["deployments", "statefulsets", "daemonsets", "replicasets"];
    "pods-create" Medium: &["create"], "batch", ["jobs", "cronjobs"];
    "pods-modify" Medium: CHANGE, "", ["pods", "replicationcontrollers", "podtemplates"];
    "pods-modify" Medium: CHANGE, "apps", ["deployments", "statefulsets", "daemonsets", "replicasets"];
    "pods-modify" Medium: CHANGE, "batch", ["jobs", "cronjobs"];
    "pods-exec-attach" High: &["create", "get"], "", ["pods/exec", "pods/attach"];
    "pods-portforward" Medium: &["create", "get"], "", ["pods/portforward", "pods/proxy", "services/proxy"];
    "ephemeral-containers-write" High: CHANGE, "", ["pods/ephemeralcontainers"];
    "node-proxy" High: &["get", "create", "update", "patch", "delete"], "", ["nodes/proxy"];
    "impersonate" Critical: &["impersonate"], "", ["users", "groups", "serviceaccounts"];
    "impersonate" Medium: &["impersonate"], AUTHENTICATION, ["uids", "userextras/*"];
    "impersonate-constrained" High: &["impersonate:user-info"], AUTHENTICATION, ["users", "groups"];
    "impersonate-constrained" High: &["impersonate:serviceaccount"], AUTHENTICATION, ["serviceaccounts"];
    "impersonate-constrained" High: &["impersonate:arbitrary-node", "impersonate:associated-node"], AUTHENTICATION, ["nodes"];
    "bind-roles" High: &["bind"], RBAC, ["roles", "clusterroles"];
    "escalate-roles" Critical: &["escalate"], RBAC, ["roles", "clusterroles"];
    "role-binding-write" Medium: WRITE, RBAC, ["roles", "clusterroles", "rolebindings", "clusterrolebindings"];
    "csr-approve" High: CHANGE, "certificates.k8s.io", ["certificatesigningrequests/approval", "certificatesigningrequests/status"];
    "csr-approve" High: &["approve", "sign"], "certificates.k8s.io", ["signers"];
    "admission-configuration-write" Critical: EDIT, ADMISSION, ["mutatingwebhookconfigurations", "mutatingadmissionpolicies", "mutatingadmissionpolicybindings"];
    "admission-configuration-write" High: EDIT, ADMISSION, ["validatingwebhookconfigurations", "validatingadmissionpolicies", "validatingadmissionpolicybindings"];
    "service-account-token-create" High: &["create"], "", ["serviceaccounts/token"];
    "pv-create" Medium: WRITE, "", ["persistentvolumes"];
    "configmap-write" Medium: EDIT, "", ["configmaps"];
    "network-write" Medium: EDIT, "", ["services"];
    "network-write" Medium: EDIT, "networking.k8s.io", ["ingresses", "networkpolicies"];
    "endpoint-slice-write" Medium: WRITE, "", ["endpoints"];
    "endpoint-slice-write" Medium: WRITE, "discovery.k8s.io", ["endpointslices"];
    "service-status-write" Medium: CHANGE, "", ["services/status"];
    "node-status-write" Medium: EDIT, "", ["nodes"];
    "node-status-write" Medium: CHANGE, "", ["nodes/status", "pods/status"];
    "workloads-delete" Low: DELETE, "", ["pods", "persistentvolumeclaims", "persistentvolumes", "namespaces", "secrets", "configmaps"];
    "workloads-delete" Low: DELETE, "apps", ["deployments", "statefulsets", "daemonsets"];
    "events-delete" Low: DELETE, "", ["events"];
    "events-delete" Low: DELETE, "events.k8s.io", ["events"];
    "namespace-label-write" High: CHANGE, "", ["namespaces", "namespaces/status"];
    "api-extension-write" High: WRITE, "apiregistration.k8s.io", ["apiservices"];
    "api-extension-write" High: WRITE, "apiextensions.k8s.io", ["customresourcedefinitions"];
];

/// The dangerous rights that a rule gives, worst first, each id once. A rule for certain names only gives them one
/// severity lower, since its names may be harmless.
pub fn risks(rule: &PolicyRule<&str>) -> Vec<(&'static str, Severity)> {
    let star = |list: &[&str]| list.contains(&"*");
    if rule.resource_names.is_empty() && star(&rule.verbs) && star(&rule.api_groups) && star(&rule.resources)
    {
        return vec![("wildcard-all", Severity::Critical)];
    }
    let mut found: Vec<(&'static str, Severity)> = Vec::new();
    for risk in RISKS.iter().filter(|risk| risk.given_by(rule)) {
        let severity = if rule.resource_names.is_empty() { risk.severity } else { lower(risk.severity) };
        match found.iter_mut().find(|(id, _)| *id == risk.id) {
            Some((_, known)) => *known = severity.max(*known),
            None => found.push((risk.id, severity)),
        }
    }
    found.sort_by_key(|&(id, severity)| (std::cmp::Reverse(severity), id));
    found
}

fn lower(severity: Severity) -> Severity {
    match severity {
        Severity::Low | Severity::Medium => Severity::Low,
        Severity::High => Severity::Medium,
        Severity::Critical => Severity::High,
    }
}

impl Risk {
    fn given_by(&self, rule: &PolicyRule<&str>) -> bool {
        self.resources.iter().any(|&resource| {
            self.verbs.iter().any(|&verb| {
                let resource_names = rule.resource_names.first().copied().into_iter().collect();
                let (verbs, api_groups, resources) = (vec![verb], vec![self.group], vec![resource]);
                let non_resource_urls = Vec::new();
                covers(rule, &PolicyRule { verbs, api_groups, resources, resource_names, non_resource_urls })
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::rule;
    use super::*;

    #[test]
    fn marks_rules() {
        use Severity::{Critical, High, Low, Medium};
        for (text, want) in [
            ("* * *", &[("wildcard-all", Critical)][..]),
            ("get '' pods", &[]),
            ("get '' pods/exec", &[("pods-exec-attach", High)]),
            ("get '' pods/*", &[]),
            ("create '' */exec", &[("pods-exec-attach", High)]),
            ("create apps *", &[("pods-create", Medium)]),
            ("get '' secrets db", &[("secrets-read", Medium)]),
            ("impersonate '' users", &[("impersonate", Critical)]),
            (
                "bind,escalate rbac.authorization.k8s.io clusterroles",
                &[("escalate-roles", Critical), ("bind-roles", High)],
            ),
            ("delete '' events x", &[("events-delete", Low)]),
            ("get /metrics", &[]),
        ] {
            assert_eq!(risks(&rule(text)), want, "{text}");
        }
    }
}
