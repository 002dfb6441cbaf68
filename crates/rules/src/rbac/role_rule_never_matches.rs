use rampart_authz::rbac::{PolicyRule, RoleKind};
use rampart_document::{Edit, FieldPath};
use rampart_model::Object;
use rampart_report::{Fix, Severity};

use super::resources::{Resources, Where};
use super::role::{KINDS, listed};
use crate::index::rbac::Scope;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "role-rule-never-matches",
    group: Group::Rbac,
    severity: Severity::Info,
    profile: Profile::Default,
    doc: include_str!("role_rule_never_matches.md"),
    check: Check::Object(KINDS, check),
};

fn check(object: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    let rbac = context.rbac();
    let Some(id) = rbac.role_of(object) else { return };
    let view = rbac.policy.role(id);
    if view.computed || rbac.is_unchanged(id) {
        return;
    }
    let namespaced = view.kind == RoleKind::Role;
    let within = namespaced || matches!(rbac.uses.scope(id), Scope::Namespaces { .. });
    let mut unread = false;
    for (index, id) in rbac.policy.rules_of(id).enumerate() {
        let rule = rbac.policy.rule(id);
        let role = Role { object, path: FieldPath::root().key("rules").index(index), rule: &rule };
        role.verbs(out);
        role.names(out);
        if within && !rule.non_resource_urls.is_empty() {
            let path = role.path.key("nonResourceURLs");
            out.fail(path, format!("{object}: paths are not in namespaces, so a binding in one grants none"));
        }
        for at in 0..rule.resources.len() {
            unread |= role.resource(at, namespaced, context, out).is_none();
        }
    }
    if unread && out.drafts.is_empty() {
        let what = format!(
            "{object} names resources of groups whose CustomResourceDefinitions were not in the input"
        );
        out.unknown(FieldPath::root().key("rules"), what);
    }
}

/// One rule of a role.
struct Role<'r> {
    object: Object<'r>,
    path: FieldPath,
    rule: &'r PolicyRule<&'r str>,
}

impl Role<'_> {
    /// Verbs are compared as they are, and requests have lower-case ones.
    fn verbs(&self, out: &mut Findings) {
        for (at, verb) in self.rule.verbs.iter().enumerate() {
            if verb.chars().any(char::is_uppercase) {
                let what = format!("{}: verb `{verb}` matches no request, verbs are lower case", self.object);
                self.dead("verbs", at, self.rule.verbs.len(), what, out);
            }
        }
    }

    /// Requests that create an object or delete a collection carry no name.
    fn names(&self, out: &mut Findings) {
        let rule = self.rule;
        let nameless = |verb: &&str| matches!(*verb, "create" | "deletecollection");
        let whole = |item: &&str| !item.contains('/') && *item != "*";
        let never =
            !rule.resource_names.is_empty() && !rule.verbs.is_empty() && rule.verbs.iter().all(nameless);
        if never && rule.resources.iter().all(whole) {
            let verbs = listed(&rule.verbs);
            let what =
                format!("{}: a request to {verbs} has no name, so resourceNames match none", self.object);
            out.fail(self.path.key("resourceNames"), what);
        }
    }

    /// Tells of a resource that is none; `None` when that cannot be known.
    fn resource(&self, at: usize, namespaced: bool, context: &Context<'_>, out: &mut Findings) -> Option<()> {
        let (item, rule) = (self.rule.resources[at], self.rule);
        let (parent, child) = item.split_once('/').unwrap_or((item, ""));
        let what = if item == "*" || (parent == "*" && !child.contains('*')) {
            return Some(());
        } else if item.contains('*') {
            format!("{}: `{item}` is no pattern and matches no resource", self.object)
        } else if rule.api_groups.contains(&"*") {
            return Some(());
        } else {
            let resources = Resources::built_in();
            let found: Vec<Where> =
                rule.api_groups.iter().map(|group| resources.find(group, parent, context)).collect();
            let own_namespace = parent == "namespaces"
                && rule
                    .verbs
                    .iter()
                    .any(|verb| !matches!(*verb, "create" | "list" | "watch" | "deletecollection"));
            let guarded = matches!(parent, "clusterroles")
                && rule.verbs.iter().any(|verb| matches!(*verb, "bind" | "escalate" | "*"));
            if found.contains(&Where::Namespaces) || rule.api_groups.is_empty() {
                return Some(());
            } else if found.contains(&Where::Cluster) {
                if !namespaced || own_namespace || guarded {
                    return Some(());
                }
                format!("{}: {item} are outside namespaces, so a Role grants none", self.object)
            } else if found.contains(&Where::Unread) {
                return None;
            } else if found.contains(&Where::Elsewhere) {
                return Some(());
            } else {
                resources.missing(self.object, item, &rule.api_groups)
            }
        };
        self.dead("resources", at, rule.resources.len(), what, out);
        Some(())
    }

    /// An entry that grants nothing can go; the rule, too, when it has no other.
    fn dead(&self, list: &str, at: usize, count: usize, what: String, out: &mut Findings) {
        let path = self.path.key(list).index(at);
        let gone = if count == 1 { self.path.clone() } else { path.clone() };
        out.fail(path, what).fix(Fix::review("remove what grants nothing", [Edit::remove(gone)]));
    }
}
