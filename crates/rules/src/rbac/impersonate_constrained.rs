use rampart_authz::rbac::{PolicyRule, Principal, RoleId};
use rampart_model::{Object, Version};
use rampart_report::Severity;

use super::role::{Hit, KINDS, each};
use crate::index::rbac::table::CONSTRAINED;
use crate::index::rbac::{Grant, Rbac, implied};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "impersonate-constrained",
    group: Group::Rbac,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("impersonate_constrained.md"),
    check: Check::Object(KINDS, check),
};

/// Modes, each with the resource on which it is granted.
const MODES: [(&str, &str); 4] = [
    ("user-info", "users"),
    ("serviceaccount", "serviceaccounts"),
    ("arbitrary-node", "nodes"),
    ("associated-node", "nodes"),
];

fn check(role: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    // The gate ConstrainedImpersonation is on from 1.36; before, these verbs mean nothing.
    if context.version < Version::new(36) {
        return;
    }
    each(role, context, out, CONSTRAINED, |hit, out| {
        for (mode, resource) in MODES {
            if let Some(verb) = becomes(&hit.rule, mode, resource) {
                // Certain identities only are what the page asks for.
                if !hit.is_named() {
                    as_whom(hit, out, mode, verb);
                }
            } else if let Some(verb) = does(&hit.rule, mode)
                && !held_too(hit, |rule| becomes(rule, mode, resource).is_some())
            {
                let what = format!("{} may {} as nobody", hit.title(), hit.rule.verbs[verb]);
                hit.tell(out, hit.item("verbs", verb), what, Severity::Info);
            }
        }
    });
}

/// Tells of the half that says whom.
fn as_whom(hit: &Hit<'_>, out: &mut Findings, mode: &str, verb: usize) {
    let granted = hit.rule.verbs[verb];
    let (what, severity) = if held_too(hit, |rule| does_harm(rule, mode)) {
        let what = format!("{} may {granted} anybody, and who holds it may write as them", hit.title());
        (what, hit.ungraded(Severity::High))
    } else if held_too(hit, |rule| does(rule, mode).is_some()) {
        return;
    } else {
        (format!("{} may {granted} anybody, but do nothing as them", hit.title()), Severity::Info)
    };
    let resource_items = (0..hit.rule.resources.len()).collect();
    let grant = Grant {
        verbs: Vec::new(),
        resources: vec![mode_resource(mode)],
        verb_items: vec![verb],
        resource_items,
    };
    let fix = hit.take_away(&grant);
    let draft = hit.tell(out, hit.item("verbs", verb), what, severity);
    if let Some(fix) = fix {
        draft.fix(fix);
    }
}

fn mode_resource(mode: &str) -> &'static str {
    MODES.iter().find(|(name, _)| *name == mode).map_or("users", |(_, resource)| resource)
}

/// The verb with which a rule lets its holders become somebody in a mode.
fn becomes(rule: &PolicyRule<&str>, mode: &str, resource: &str) -> Option<usize> {
    let holds = |list: &[&str], item: &str| list.contains(&item) || list.contains(&"*");
    let granted = holds(&rule.api_groups, "authentication.k8s.io") && holds(&rule.resources, resource);
    let verb = |verb: &&str| verb.strip_prefix("impersonate:") == Some(mode);
    rule.verbs.iter().position(|one| granted && verb(one))
}

/// The verb with which a rule lets its holders do something in a mode.
fn does(rule: &PolicyRule<&str>, mode: &str) -> Option<usize> {
    rule.verbs.iter().position(|verb| action(verb, mode).is_some())
}

/// What `impersonate-on:MODE:VERB` lets do.
fn action<'v>(verb: &'v str, mode: &str) -> Option<&'v str> {
    verb.strip_prefix("impersonate-on:")?.strip_prefix(mode)?.strip_prefix(':')
}

/// True when a rule lets its holders write, run commands or read Secrets in a mode.
fn does_harm(rule: &PolicyRule<&str>, mode: &str) -> bool {
    let runs = |item: &str| {
        matches!(item.split_once('/'), Some((_, "exec" | "attach" | "portforward" | "proxy")))
            || matches!(item, "*" | "secrets")
    };
    let sensitive = rule.resources.iter().any(|item| runs(item));
    rule.verbs.iter().any(|verb| {
        *verb == "*"
            || action(verb, mode)
                .is_some_and(|action| sensitive || !matches!(action, "get" | "list" | "watch"))
    })
}

/// True when somebody who holds the role also holds such a rule; for a role bound to nobody, when the role has it.
fn held_too(hit: &Hit<'_>, wanted: impl Fn(&PolicyRule<&str>) -> bool) -> bool {
    let policy = &hit.rbac.policy;
    let has = |role: RoleId| policy.rules_of(role).any(|rule| wanted(&policy.rule(rule)));
    has(hit.role)
        || hit.subjects().any(|(principal, _)| {
            let mut all = std::iter::once(principal).chain(implied(policy, principal));
            all.any(|one| roles(hit.rbac, one).any(has))
        })
}

/// The roles that bindings give to a subject.
fn roles<'r>(rbac: &'r Rbac<'_>, principal: Principal) -> impl Iterator<Item = RoleId> + 'r {
    rbac.holders.bindings(principal).iter().filter_map(|&id| rbac.policy.binding(id).role)
}
