use rampart_model::Object;
use rampart_report::Severity;

use super::role::{KINDS, each};
use crate::index::rbac::Scope;
use crate::index::rbac::table::{CONFIGMAPS_ALTER, CONFIGMAPS_CREATE};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "configmap-write",
    group: Group::Rbac,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("configmap_write.md"),
    check: Check::Object(KINDS, check),
};

/// ConfigMaps of `kube-system` that components of the cluster follow.
const SYSTEM: [&str; 6] = [
    "coredns",
    "aws-auth",
    "kube-proxy",
    "kubeadm-config",
    "kubelet-config",
    "extension-apiserver-authentication",
];

fn check(role: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    each(role, context, out, CONFIGMAPS_CREATE | CONFIGMAPS_ALTER, |hit, out| {
        let names = &hit.rule.resource_names;
        let system = names.iter().any(|name| SYSTEM.contains(name));
        let severity = match hit.scope {
            Scope::Namespaces { kube_system: false } => Severity::Info,
            Scope::Cluster | Scope::Namespaces { .. }
                if hit.given.has(CONFIGMAPS_ALTER) && names.is_empty() =>
            {
                Severity::High
            }
            _ if system && hit.given.has(CONFIGMAPS_ALTER) => Severity::High,
            _ => Severity::Medium,
        };
        hit.fail(out, hit.ungraded(severity), "");
    });
}
