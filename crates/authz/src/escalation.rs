//! The API server's guard against escalation: who may write a role or a binding with rights they do not hold.
//!
//! These checks come after the request itself is authorized. Held rules are those that RBAC gives in the namespace of
//! the request; the verbs `escalate` and `bind` are asked of the whole chain.

use crate::answer::Decision;
use crate::chain::Chain;
use crate::quote::{Quoted, QuotedList};
use crate::rbac::cover::{compact, compact_string, uncovered};
use crate::rbac::{Policy, PolicyRule, RoleKind};
use crate::request::{Identity, Request};

const GROUP: &str = "rbac.authorization.k8s.io";

/// A role about to be created or updated.
#[derive(Debug, Clone, Copy)]
pub struct RoleWrite<'a> {
    /// Which kind.
    pub kind: RoleKind,
    /// Namespace; empty for a ClusterRole.
    pub namespace: &'a str,
    /// Name of the object.
    pub name: &'a str,
    /// Whether the name stands in the request's path: false for a POST, which a grant of `escalate` on one name does
    /// not help.
    pub named_in_request: bool,
    /// The rules to be written.
    pub rules: &'a [PolicyRule<&'a str>],
    /// Whether the new or the old object has selectors in its `aggregationRule`.
    pub aggregates: bool,
    /// Whether an update changes nothing but owner references and finalizers.
    pub unchanged: bool,
}

/// A binding about to be created or updated.
#[derive(Debug, Clone, Copy)]
pub struct BindingWrite<'a> {
    /// Namespace; none for a ClusterRoleBinding.
    pub namespace: Option<&'a str>,
    /// Name of the object.
    pub name: &'a str,
    /// `roleRef.kind`.
    pub role_kind: &'a str,
    /// `roleRef.name`.
    pub role_name: &'a str,
    /// Whether an update changes nothing but owner references and finalizers.
    pub unchanged: bool,
}

/// What the guard says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guard {
    /// The write goes through.
    Passed,
    /// It is refused with this message (HTTP 403), character for character.
    Refused(String),
    /// The role to bind does not exist (HTTP 404).
    NoSuchRole(String),
    /// It depends on something unknown.
    Unknown(Vec<String>),
}

impl Chain {
    /// Whether the guard lets an identity write a role.
    pub fn guard_role(&self, identity: &Identity, write: &RoleWrite<'_>) -> Guard {
        if identity.is_master() || write.unchanged {
            return Guard::Passed;
        }
        let resource = match write.kind {
            RoleKind::Role => "roles",
            RoleKind::ClusterRole => "clusterroles",
        };
        let name = if write.named_in_request { write.name } else { "" };
        let escalate =
            Request::resource("escalate", resource).in_group(GROUP).in_namespace(write.namespace).named(name);
        let unknown = match self.granted(identity, &escalate) {
            Ok(true) => return Guard::Passed,
            Ok(false) => Vec::new(),
            Err(unknown) => unknown,
        };
        let guard = self.holds(identity, (resource, write.namespace), write.rules, |message| {
            forbidden(resource, write.name, message)
        });
        let guard = match guard {
            Guard::Passed if write.aggregates && write.kind == RoleKind::ClusterRole => {
                self.holds(identity, (resource, write.namespace), &full_authority(), |_| {
                    forbidden(
                        resource,
                        write.name,
                        "must have cluster-admin privileges to use the aggregationRule",
                    )
                })
            }
            guard => guard,
        };
        soften(guard, unknown)
    }

    /// Whether the guard lets an identity write a binding.
    pub fn guard_binding(&self, identity: &Identity, write: &BindingWrite<'_>) -> Guard {
        if identity.is_master() || write.unchanged {
            return Guard::Passed;
        }
        let (resource, namespace) = match write.namespace {
            None => ("clusterrolebindings", ""),
            Some(namespace) => ("rolebindings", namespace),
        };
        let kind = match write.role_kind {
            "Role" => RoleKind::Role,
            "ClusterRole" => RoleKind::ClusterRole,
            other => return Guard::NoSuchRole(format!("unsupported role reference kind: {}", Quoted(other))),
        };
        let roles = if kind == RoleKind::Role { "roles" } else { "clusterroles" };
        let bind =
            Request::resource("bind", roles).in_group(GROUP).in_namespace(namespace).named(write.role_name);
        let unknown = match self.granted(identity, &bind) {
            Ok(true) => return Guard::Passed,
            Ok(false) => Vec::new(),
            Err(unknown) => unknown,
        };
        let Some(policy) = self.policy() else { return no_rbac() };
        let Some(role) = policy.find_role(kind, namespace, write.role_name) else {
            // The storage names the resource of the request, not the role's.
            let text = format!("{resource}.{GROUP} {} not found", Quoted(write.role_name));
            return soften(Guard::NoSuchRole(text), unknown);
        };
        let rules: Vec<_> = policy.rules_of(role).map(|rule| policy.rule(rule)).collect();
        let guard = self.holds(identity, (resource, namespace), &rules, |message| {
            forbidden(resource, write.name, message)
        });
        soften(guard, unknown)
    }

    fn granted(&self, identity: &Identity, request: &Request) -> Result<bool, Vec<String>> {
        let answer = self.authorize(identity, request);
        match answer.decision {
            Decision::Allow => Ok(true),
            Decision::Deny | Decision::NoOpinion => Ok(false),
            Decision::Unknown => Err(answer.unknown),
        }
    }

    fn holds(
        &self,
        identity: &Identity,
        (resource, namespace): (&str, &str),
        wanted: &[PolicyRule<&str>],
        refuse: impl FnOnce(&str) -> String,
    ) -> Guard {
        let Some(policy) = self.policy() else { return no_rbac() };
        let held = policy.rules_held(identity, namespace);
        let missing = uncovered(&held, wanted);
        if missing.is_empty() {
            return Guard::Passed;
        }
        if !policy.gaps().is_empty() {
            return Guard::Unknown(policy.gaps().iter().map(|gap| gap.reason.clone()).collect());
        }
        let mut lines: Vec<String> = compact(&missing).iter().map(compact_string).collect();
        lines.sort();
        lines.dedup();
        let groups: Vec<&str> = identity.groups.iter().map(String::as_str).collect();
        let mut message = format!(
            "user {} (groups={}) is attempting to grant RBAC permissions not currently held:\n{}",
            Quoted(&identity.name),
            QuotedList(&groups),
            lines.join("\n")
        );
        let errors = policy.role_errors(identity, namespace, resource);
        if !errors.is_empty() {
            message.push_str(&format!("; resolution errors: [{errors}]"));
        }
        Guard::Refused(refuse(&message))
    }
}

fn no_rbac() -> Guard {
    Guard::Unknown(vec!["the chain has no RBAC policy to read rules from".to_owned()])
}

/// A refusal stands only if `escalate` or `bind` is certainly not granted.
fn soften(guard: Guard, unknown: Vec<String>) -> Guard {
    if guard == Guard::Passed || unknown.is_empty() { guard } else { Guard::Unknown(unknown) }
}

fn full_authority() -> [PolicyRule<&'static str>; 2] {
    let all = || vec!["*"];
    [
        PolicyRule { verbs: all(), api_groups: all(), resources: all(), ..PolicyRule::default() },
        PolicyRule { verbs: all(), non_resource_urls: all(), ..PolicyRule::default() },
    ]
}

fn forbidden(resource: &str, name: &str, message: &str) -> String {
    format!("{resource}.{GROUP} {} is forbidden: {message}", Quoted(name))
}

impl Policy {
    /// The rules that RBAC gives an identity in a namespace (empty: cluster-wide only), one by one.
    pub fn rules_held(&self, identity: &Identity, namespace: &str) -> Vec<PolicyRule<&str>> {
        let principals = self.principals_of(identity);
        let mut ids: Vec<_> = self
            .entries_for(&principals, self.names.lookup(namespace))
            .iter()
            .filter_map(|entry| self.binding(crate::rbac::BindingId(entry.binding)).role)
            .flat_map(|role| self.rules_of(role))
            .collect();
        ids.sort_unstable();
        ids.dedup();
        ids.into_iter().map(|id| self.rule(id)).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::rbac::PolicyBuilder;
    use crate::rbac::tests::{bind, role, rule};

    fn chain() -> Chain {
        let mut b = PolicyBuilder::new();
        role(&mut b, "pods", &["get,list '' pods"]);
        role(&mut b, "admin", &["* * *", "* *"]);
        role(&mut b, "almost", &["* * *"]);
        role(&mut b, "esc", &["escalate rbac.authorization.k8s.io clusterroles named"]);
        role(&mut b, "binder", &["bind rbac.authorization.k8s.io clusterroles admin"]);
        bind(&mut b, "p", ("ClusterRole", "pods"), &["User:amy"]);
        bind(&mut b, "a", ("ClusterRole", "admin"), &["User:root"]);
        bind(&mut b, "al", ("ClusterRole", "almost"), &["User:almost"]);
        bind(&mut b, "e", ("ClusterRole", "esc"), &["User:esc"]);
        bind(&mut b, "dev/b", ("ClusterRole", "binder"), &["User:binder"]);
        bind(&mut b, "x", ("ClusterRole", "gone"), &["User:lost"]);
        Chain::rbac(Arc::new(b.finish()))
    }

    fn user(name: &str) -> Identity {
        Identity::user(name, [""; 0])
    }

    #[test]
    fn roles() {
        let (pods, secrets) = ([rule("get '' pods x")], [rule("get '' secrets")]);
        let all = [rule("* * *")];
        let write = |rules, named_in_request, aggregates| RoleWrite {
            kind: RoleKind::ClusterRole,
            namespace: "",
            name: "named",
            named_in_request,
            rules,
            aggregates,
            unchanged: false,
        };
        for (who, write, want) in [
            ("amy", write(&pods[..], false, false), true),
            ("amy", write(&secrets, false, false), false),
            ("amy", write(&pods, false, true), false),
            ("almost", write(&all, false, false), true),
            ("almost", write(&all, false, true), true), // its `*` holds the verb `escalate`
            ("root", write(&all, false, true), true),
            ("esc", write(&all, false, false), false),
            ("esc", write(&all, true, true), true),
            ("amy", RoleWrite { unchanged: true, ..write(&all, true, true) }, true),
        ] {
            let guard = chain().guard_role(&user(who), &write);
            assert_eq!(guard == Guard::Passed, want, "{who} {write:?} {guard:?}");
        }
        assert_eq!(
            chain().guard_role(&user("lost"), &write(&secrets, false, false)),
            Guard::Refused(
                "clusterroles.rbac.authorization.k8s.io \"named\" is forbidden: user \"lost\" \
                 (groups=[\"system:authenticated\"]) is attempting to grant RBAC permissions not currently held:\n\
                 {APIGroups:[\"\"], Resources:[\"secrets\"], Verbs:[\"get\"]}; resolution errors: \
                 [clusterroles.rbac.authorization.k8s.io \"gone\" not found]"
                    .to_owned()
            )
        );
    }

    #[test]
    fn bindings() {
        let write = |namespace, role_name| BindingWrite {
            namespace,
            name: "new",
            role_kind: "ClusterRole",
            role_name,
            unchanged: false,
        };
        for (who, write, want) in [
            ("amy", write(None, "pods"), true),
            ("amy", write(Some("dev"), "pods"), true),
            ("amy", write(None, "admin"), false),
            ("binder", write(Some("dev"), "admin"), true),
            ("binder", write(Some("qa"), "admin"), false),
            ("binder", write(None, "admin"), false),
            ("binder", write(Some("dev"), "pods"), false),
        ] {
            let guard = chain().guard_binding(&user(who), &write);
            assert_eq!(guard == Guard::Passed, want, "{who} {write:?} {guard:?}");
        }
        let missing = chain().guard_binding(&user("amy"), &write(None, "gone"));
        assert!(matches!(missing, Guard::NoSuchRole(_)), "{missing:?}");
    }
}
