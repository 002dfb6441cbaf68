//! A policy to start from.

/// How much the log may grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClusterSize {
    /// Up to some tens of nodes: bodies of all changes but those with credentials.
    Small,
    /// Up to some hundreds: bodies of changes to RBAC, admission and workloads.
    Medium,
    /// More: no bodies but those of RBAC, and no reads but those of Secrets.
    Large,
}

const HEAD: &str = "\
apiVersion: audit.k8s.io/v1
kind: Policy
# One event a request is enough; the stage before the answer doubles the log.
omitStages: [RequestReceived]
rules:
# Health and version checks, and what components watch all day.
- level: None
  nonResourceURLs: ['/healthz*', '/livez*', '/readyz*', /version, '/openapi*']
- level: None
  users: [system:kube-proxy]
  verbs: [watch]
- level: None
  verbs: [get, update]
  resources:
  - {group: coordination.k8s.io, resources: [leases]}
- level: None
  resources:
  - {group: '', resources: [events]}
  - {group: events.k8s.io, resources: [events]}
# Never the bodies of these: they hold credentials.
- level: Metadata
  resources:
  - {group: '', resources: [secrets, configmaps, serviceaccounts/token]}
  - {group: authentication.k8s.io, resources: [tokenreviews]}
# Who changed rights and guards, and how.
- level: Request
  verbs: [create, update, patch, delete, deletecollection]
  resources:
  - {group: rbac.authorization.k8s.io}
  - {group: admissionregistration.k8s.io}
  - {group: certificates.k8s.io}
# Ways into containers and nodes.
- level: Metadata
  resources:
  - {group: '', resources: [pods/exec, pods/attach, pods/portforward, pods/ephemeralcontainers, nodes/proxy, pods/proxy, services/proxy]}
";

const WORKLOADS: &str = "\
# What runs, and how it was changed.
- level: Request
  verbs: [create, update, patch, delete]
  resources:
  - {group: '', resources: [pods, namespaces, serviceaccounts]}
  - {group: apps}
  - {group: batch}
";

const ALL_CHANGES: &str = "\
# All other changes with their bodies.
- level: Request
  verbs: [create, update, patch, delete, deletecollection]
";

const CHANGES_ONLY: &str = "\
# Changes without bodies; reads of everything else are not written.
- level: Metadata
  verbs: [create, update, patch, delete, deletecollection]
";

const REST: &str = "\
# Everything else: who, what and when.
- level: Metadata
";

/// A policy for a cluster of this size, as YAML with comments.
pub fn generate(size: ClusterSize) -> String {
    let tail: &[&str] = match size {
        ClusterSize::Small => &[ALL_CHANGES, REST],
        ClusterSize::Medium => &[WORKLOADS, REST],
        ClusterSize::Large => &[CHANGES_ONLY],
    };
    format!("{HEAD}{}", tail.concat())
}

#[cfg(test)]
mod tests {
    use rampart_document::{Limits, Source, parse_yaml};

    use super::super::{AuditPolicy, lint};
    use super::*;

    #[test]
    fn generated_policies_have_no_findings() {
        for size in [ClusterSize::Small, ClusterSize::Medium, ClusterSize::Large] {
            let parsed = parse_yaml(&Source::new("policy.yaml", generate(size)), &Limits::default());
            let root = parsed.tree.documents().next().expect("a document");
            let policy = AuditPolicy::read(root).expect("a policy");
            assert_eq!(lint(&policy), [], "{size:?}");
        }
    }
}
