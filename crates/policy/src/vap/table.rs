//! Which rules are exported, which not and why.

/// What a policy matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// Pods, ephemeral containers of pods, and everything that carries a pod template.
    Templates,
    /// Pods that are created.
    NewPods,
    /// Jobs and CronJobs.
    Jobs,
    /// Claims of devices.
    Claims,
}

/// A rule with its expression.
#[derive(Debug)]
pub(super) struct Exported {
    pub(super) rule: &'static str,
    pub(super) expression: &'static str,
    pub(super) scope: Scope,
    /// What the rule does and its policy does not.
    pub(super) without: Option<&'static str>,
}

macro_rules! exported {
    ($($rule:literal $scope:ident $($without:literal)?),* $(,)?) => {
        &[$(Exported {
            rule: $rule,
            expression: include_str!(concat!("rules/", $rule, ".cel")),
            scope: Scope::$scope,
            without: exported!(@without $($without)?),
        }),*]
    };
    (@without) => { None };
    (@without $without:literal) => { Some($without) };
}

pub(super) static EXPORTED: &[Exported] = exported![
    "apparmor-unconfined" Templates,
    "apparmor-unset" Templates,
    "capability-beyond-baseline" Templates,
    "capability-beyond-net-bind" Templates,
    "capability-dangerous" Templates,
    "capability-net-raw" Templates,
    "capability-not-drop-all" Templates,
    "cpu-limit" Templates "limits that a LimitRange will add to the pods of a template",
    "cpu-request" Templates "requests that a LimitRange will add to the pods of a template",
    "deprecated-registry" Templates,
    "device-admin-access" Claims,
    "ephemeral-storage-limit" Templates "limits that a LimitRange will add to the pods of a template",
    "explicit-uid-0" Templates,
    "host-aliases" Templates,
    "host-ipc" Templates,
    "host-network" Templates,
    "host-pid" Templates,
    "host-port" Templates,
    "host-users" Templates,
    "hostpath-any" Templates,
    "hostpath-sensitive" Templates,
    "hostpath-writable" Templates,
    "job-lifetime" Jobs,
    "latest-tag" Templates,
    "liveness-probe-missing" Templates,
    "liveness-probe-port" Templates,
    "low-gid" Templates,
    "low-uid" Templates,
    "memory-limit" Templates "limits that a LimitRange will add to the pods of a template",
    "memory-request" Templates "requests that a LimitRange will add to the pods of a template",
    "naked-pod" NewPods,
    "no-digest" Templates,
    "no-security-context" Templates,
    "priority-class" Templates "whether a PriorityClass is the default where a pod names none",
    "privilege-escalation" Templates,
    "privileged" Templates,
    "privileged-port" Templates,
    "probe-host" Templates,
    "probes-identical" Templates,
    "proc-mount-unmasked" Templates,
    "projected-token-weak" Templates,
    "pull-policy" Templates "the AlwaysPullImages plugin and kubelets that verify credentials",
    "readiness-probe-missing" Templates,
    "readiness-probe-port" Templates,
    "registry-not-allowed" Templates,
    "requests-not-equal-limits" Templates,
    "root-filesystem-writable" Templates,
    "root-group" Templates,
    "run-as-root" Templates,
    "runtime-socket" Templates,
    "seccomp-unconfined" Templates,
    "seccomp-unset" Templates,
    "secret-in-env" Templates,
    "selinux-custom" Templates,
    "ssh-port" Templates "Services, whose pods are other objects",
    "startup-probe-port" Templates,
    "supplemental-groups-merge" Templates "nodes that do not know supplementalGroupsPolicy",
    "unsafe-sysctls" Templates,
    "volume-types" Templates,
    "windows-host-process" Templates,
];

/// Rules about pods and their templates that are not exported. Others say why by what they are about.
pub(super) static REASONS: &[(&str, &str)] = &[
    (
        "credential-in-pod-spec",
        "finding credentials takes checksums and word lists that CEL has no functions for",
    ),
    (
        "default-namespace",
        "it judges a dozen kinds together; `kubectl` rights in the namespace are the better gate",
    ),
    (
        "deprecated-service-account-field",
        "the API server fills in both fields before policies see the object",
    ),
    ("duplicate-env", "comparing entries in pairs may pass the API server's cost limit for long lists"),
    ("git-sync-injection", "reading flags, variables and shell words of a command takes a parser"),
    ("hardened-runtime-class", "whether a RuntimeClass hardens is told by its handler, another object"),
    ("kube-system-workload", "system components are told by a table that changes with distributions"),
    ("labels-missing", "it judges every kind; a policy per team's label list is better written by hand"),
    ("schema-invalid", "the API server checks the schema itself, before policies run"),
    ("sudo-entrypoint", "it reads shell scripts, which takes a parser"),
    ("workload-reads-secrets", "it lists facts and never fails"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_name_rules() {
        assert!(EXPORTED.is_sorted_by_key(|exported| exported.rule));
        assert!(REASONS.is_sorted_by_key(|(rule, _)| rule));
        for id in EXPORTED.iter().map(|exported| exported.rule).chain(REASONS.iter().map(|(rule, _)| *rule)) {
            assert!(rampart_rules::find(id).is_some(), "{id} is no rule");
        }
        assert!(REASONS.iter().all(|(id, _)| !EXPORTED.iter().any(|exported| exported.rule == *id)));
    }

    #[test]
    fn every_rule_has_an_answer() {
        for rule in rampart_rules::all() {
            match super::super::status(rule) {
                super::super::Status::Exported(without) => assert_ne!(without, Some(""), "{}", rule.id),
                super::super::Status::No(reason) => assert!(!reason.is_empty(), "{}", rule.id),
            }
        }
    }
}
