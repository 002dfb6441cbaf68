use rampart_authz::rbac::cover::uncovered;
use rampart_authz::rbac::{PolicyRule, RoleId};
use rampart_document::{Edit, FieldPath, Node};
use rampart_model::{Object, Selector};
use rampart_report::{Fix, Severity};

use super::rating::{Reach, rating};
use super::role::listed;
use crate::index::rbac::table::SECRETS_READ;
use crate::index::rbac::{CLUSTER_ROLE, Held, Rbac, RuleRights};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "aggregation-label-hijack",
    group: Group::Rbac,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("aggregation_label_hijack.md"),
    check: Check::Object(&[CLUSTER_ROLE], check),
};

fn check(object: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    for (index, selector) in selectors(object).enumerate() {
        if Selector::label_selector(selector).is_empty() {
            let path = FieldPath::root().key("aggregationRule").key("clusterRoleSelectors").index(index);
            out.fail(path, format!("{object} takes in the rules of every ClusterRole"));
        }
    }
    let rbac = context.rbac();
    let Some(role) = rbac.role_of(object) else { return };
    for &taker in rbac.uses.takers(role) {
        let name = rbac.policy.role(taker).name;
        let added = added(rbac, role, taker);
        let dangerous: Vec<_> = added.iter().filter(|atom| is_dangerous(atom, name)).collect();
        if dangerous.is_empty() {
            continue;
        }
        let (verbs, resources) =
            (names(&dangerous, |rule| &rule.verbs), names(&dangerous, |rule| &rule.resources));
        let what =
            format!("{object} adds {} on {} to ClusterRole {name}", listed(&verbs), listed(&resources));
        let key = label(rbac, object, taker);
        let path = FieldPath::root().key("metadata").key("labels");
        match key {
            Some(key) => {
                let path = path.key(&key);
                let fix = Fix::review(format!("remove label {key}"), [Edit::remove(path.clone())]);
                out.fail(path, what).fix(fix);
            }
            None => drop(out.fail(path, what)),
        }
    }
}

fn selectors(object: Object<'_>) -> impl Iterator<Item = Node<'_>> {
    let selectors = object.field(&["aggregationRule", "clusterRoleSelectors"]).and_then(Node::as_seq);
    selectors.into_iter().flat_map(Node::items)
}

/// What a role adds to one that takes it in, beyond what Kubernetes' own roles of the same names give to it.
fn added<'r>(rbac: &'r Rbac<'_>, role: RoleId, taker: RoleId) -> Vec<PolicyRule<&'r str>> {
    let own = rbac.policy.sources_of(taker).filter_map(|source| rbac.built_in(source));
    let own: Vec<_> = own.flat_map(|source| rbac.rules_of(source)).collect();
    uncovered(&own, &rbac.rules_of(role))
}

/// True for rights that rules about roles call high or critical. `view` is meant for reading, and not of Secrets.
fn is_dangerous(atom: &PolicyRule<&str>, taker: &str) -> bool {
    let rights = RuleRights::of(atom);
    let mut held = Held::default();
    held.give(rights.cluster, rights.named);
    let writes = || !atom.verbs.iter().all(|verb| matches!(*verb, "get" | "list" | "watch"));
    rating(held, Reach::Cluster).is_some()
        || (taker == "view" && (rights.cluster.has(SECRETS_READ) || (!atom.resources.is_empty() && writes())))
}

fn names<'r>(
    rules: &[&PolicyRule<&'r str>],
    list: impl for<'l> Fn(&'l PolicyRule<&'r str>) -> &'l Vec<&'r str>,
) -> Vec<&'r str> {
    let mut all: Vec<&str> = Vec::new();
    for name in rules.iter().flat_map(|rule| list(rule).iter()) {
        if !all.contains(name) {
            all.push(name);
        }
    }
    all
}

/// The label of a role by which another takes it in.
fn label(rbac: &Rbac<'_>, object: Object<'_>, taker: RoleId) -> Option<String> {
    let view = rbac.policy.role(taker);
    let Some(taker) = rbac.object(view.origin) else {
        let key = format!("rbac.authorization.k8s.io/aggregate-to-{}", view.name);
        return object.labels().get(&key).map(|_| key);
    };
    let matching = selectors(taker).map(Selector::label_selector);
    let mut matching = matching.filter(|selector| selector.matches(object.labels()) == Some(true));
    matching.find_map(|selector| selector.pairs().next().map(|(key, _)| key.to_owned()))
}
