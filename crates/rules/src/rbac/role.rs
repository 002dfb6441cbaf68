//! What rules about the rules of roles share: finding what gives a right, and saying so.

use rampart_authz::rbac::{BindingId, PolicyRule, Principal, RoleId, RoleKind};
use rampart_document::{Edit, FieldPath};
use rampart_model::{GroupKind, Object};
use rampart_report::{Fix, Severity};
use serde_json::{Map, Value};

use crate::findings::Draft;
use crate::index::Rbac;
use crate::index::rbac::{CLUSTER_ROLE, Grant, Held, ROLE, Rights, Scope};
use crate::{Context, Findings};

/// The kinds that carry rules.
pub(super) const KINDS: &[GroupKind<'static>] = &[ROLE, CLUSTER_ROLE];

/// A rule of a role that gives some of the rights that were asked for.
#[derive(Clone)]
pub(super) struct Hit<'r> {
    pub(super) rbac: &'r Rbac<'r>,
    pub(super) object: Object<'r>,
    pub(super) role: RoleId,
    /// Place of the rule in the role.
    pub(super) index: usize,
    /// The rule.
    pub(super) rule: PolicyRule<&'r str>,
    /// What was asked for and is given.
    pub(super) given: Rights,
    /// How far the role reaches.
    pub(super) scope: Scope,
}

/// Calls `say` for each rule of a role that gives some of `wanted` in the scope where the role is bound. Rules that
/// Kubernetes' own role of that name has are left out, and so are those that a role takes in from others: they are told
/// of where they stand.
pub(super) fn each(
    object: Object<'_>,
    context: &Context<'_>,
    out: &mut Findings,
    wanted: Rights,
    mut say: impl FnMut(&Hit<'_>, &mut Findings),
) {
    let rbac = context.rbac();
    let Some(role) = rbac.role_of(object) else {
        if let Some(refusal) = rbac.refusal(object) {
            out.unknown(FieldPath::root(), format!("the API server would refuse this object: {refusal}"));
        }
        return;
    };
    let scope = rbac.uses.scope(role);
    let view = rbac.policy.role(role);
    let cluster = view.kind == RoleKind::ClusterRole && !matches!(scope, Scope::Namespaces { .. });
    if view.computed || !rbac.holders.of_role(role, cluster).any().has(wanted) {
        return;
    }
    for (index, id) in rbac.policy.rules_of(role).enumerate() {
        let rights = rbac.rights(role, index, id);
        let given = wanted & if cluster { rights.cluster } else { rights.namespace };
        let taken_in = || {
            rbac.policy.sources_of(role).any(|source| rbac.policy.rules_of(source).any(|other| other == id))
        };
        if given.is_empty() || (view.aggregated && taken_in()) {
            continue;
        }
        let rule = rbac.policy.rule(id);
        say(&Hit { rbac, object, role, index, rule, given, scope }, out);
    }
}

/// The severity one level below.
pub(super) fn lower(severity: Severity) -> Severity {
    match severity {
        Severity::Critical => Severity::High,
        Severity::High => Severity::Medium,
        Severity::Medium => Severity::Low,
        Severity::Low | Severity::Info => Severity::Info,
    }
}

impl<'r> Hit<'r> {
    /// True when the rule holds for certain names only.
    pub(super) fn is_named(&self) -> bool {
        !self.rule.resource_names.is_empty()
    }

    /// True for a namespaced Role.
    pub(super) fn is_role(&self) -> bool {
        self.rbac.policy.role(self.role).kind == RoleKind::Role
    }

    /// True when rights on cluster-scoped resources count.
    pub(super) fn is_cluster(&self) -> bool {
        !self.is_role() && !matches!(self.scope, Scope::Namespaces { .. })
    }

    /// `severity`, one level lower for certain names only, and info where nobody holds the role.
    pub(super) fn graded(&self, severity: Severity) -> Severity {
        let severity = if self.is_named() { lower(severity) } else { severity };
        self.ungraded(severity)
    }

    /// `severity`, and info where nobody holds the role.
    pub(super) fn ungraded(&self, severity: Severity) -> Severity {
        if self.scope == Scope::Nobody { Severity::Info } else { severity }
    }

    /// What the role gives altogether in this scope.
    pub(super) fn of_role(&self) -> Held {
        self.rbac.holders.of_role(self.role, self.is_cluster())
    }

    /// The bindings that give the role to somebody.
    pub(super) fn bindings(&self) -> &'r [BindingId] {
        self.rbac.uses.bindings(self.role)
    }

    /// Everybody who holds the role, with the namespace in which it is held.
    pub(super) fn subjects(&self) -> impl Iterator<Item = (Principal, Option<&'r str>)> {
        let policy = &self.rbac.policy;
        self.bindings().iter().flat_map(move |&binding| {
            let namespace = policy.binding(binding).namespace;
            policy.subjects_of(binding).filter_map(move |subject| Some((subject.principal?, namespace)))
        })
    }

    /// True when somebody who holds the role also holds one of `others` where the role is held; for a role that no binding
    /// names, when the role itself gives it.
    pub(super) fn comes_with(&self, others: Rights) -> bool {
        let (policy, holders) = (&self.rbac.policy, &self.rbac.holders);
        self.of_role().any().has(others)
            || self.subjects().any(|(principal, namespace)| match namespace {
                Some(namespace) => holders.within(policy, principal, namespace).any().has(others),
                None => holders.anywhere(policy, principal).any().has(others),
            })
    }

    /// The same wherever the others are held.
    pub(super) fn comes_with_anywhere(&self, others: Rights) -> bool {
        let (policy, holders) = (&self.rbac.policy, &self.rbac.holders);
        self.comes_with(others)
            || self.subjects().any(|(principal, _)| holders.anywhere(policy, principal).any().has(others))
    }

    /// True when only ServiceAccounts hold the role, all of the one namespace for which `home` is true.
    pub(super) fn is_held_in(&self, home: impl Fn(&str) -> bool) -> bool {
        let policy = &self.rbac.policy;
        let mut namespaces = self.subjects().map(|(principal, _)| match principal {
            Principal::User(name) => rampart_authz::service_account_of(policy.text(name)).map(|(own, _)| own),
            Principal::Group(_) => None,
        });
        let Some(Some(first)) = namespaces.next() else { return false };
        home(first) && namespaces.all(|other| other == Some(first))
    }

    /// The rule's path.
    pub(super) fn path(&self) -> FieldPath {
        FieldPath::root().key("rules").index(self.index)
    }

    /// An entry of a list of the rule.
    pub(super) fn item(&self, list: &str, index: usize) -> FieldPath {
        self.path().key(list).index(index)
    }

    /// `ClusterRole ops`, `Role shop/dev`.
    pub(super) fn title(&self) -> String {
        self.object.to_string()
    }

    /// Where the rights hold, as the end of a sentence.
    pub(super) fn place(&self) -> String {
        let names = match self.rule.resource_names.as_slice() {
            [] => String::new(),
            names => format!(" named {}", listed(names)),
        };
        let namespace = self.object.effective_namespace();
        let place = match (self.scope, namespace) {
            (Scope::Cluster, _) => " in the whole cluster".to_owned(),
            (Scope::Open, _) => String::new(),
            (Scope::Nobody, _) => "; nobody is bound to it".to_owned(),
            (Scope::Namespaces { .. }, Some(namespace)) => format!(" in namespace {namespace}"),
            (Scope::Namespaces { .. }, None) => " in the namespaces where it is bound".to_owned(),
        };
        names + &place
    }

    /// The entry of a list that is `*`.
    pub(super) fn star(&self, list: &str) -> FieldPath {
        let items = match list {
            "verbs" => &self.rule.verbs,
            "apiGroups" => &self.rule.api_groups,
            _ => &self.rule.resources,
        };
        self.item(list, items.iter().position(|item| *item == "*").unwrap_or(0))
    }

    /// The same with some of the given rights only.
    pub(super) fn only(&self, rights: Rights) -> Self {
        Self { given: self.given & rights, ..self.clone() }
    }

    /// Reports the rights that the rule gives, at the resource that gives them, with the change that takes them away;
    /// `note` ends the sentence.
    pub(super) fn fail<'f>(&self, out: &'f mut Findings, severity: Severity, note: &str) -> &'f mut Draft {
        let grant = Grant::of(&self.rule, self.given, self.is_cluster());
        let path = match grant.resource_items.first() {
            Some(&item) => self.item("resources", item),
            None => self.path(),
        };
        self.say(out, path, &grant, severity, note)
    }

    /// The same at the verb.
    pub(super) fn fail_at_verb<'f>(
        &self,
        out: &'f mut Findings,
        severity: Severity,
        note: &str,
    ) -> &'f mut Draft {
        let grant = Grant::of(&self.rule, self.given, self.is_cluster());
        let path = match grant.verb_items.first() {
            Some(&item) => self.item("verbs", item),
            None => self.path(),
        };
        self.say(out, path, &grant, severity, note)
    }

    fn say<'f>(
        &self,
        out: &'f mut Findings,
        path: FieldPath,
        grant: &Grant,
        severity: Severity,
        note: &str,
    ) -> &'f mut Draft {
        let (verbs, resources) = (listed(&grant.verbs), listed(&grant.resources));
        let what = format!("{} may {verbs} {resources}{}{note}", self.title(), self.place());
        let draft = self.tell(out, path, what, severity);
        if let Some(fix) = self.take_away(grant) {
            draft.fix(fix);
        }
        draft
    }

    /// Reports something else about the rule.
    pub(super) fn tell<'f>(
        &self,
        out: &'f mut Findings,
        path: FieldPath,
        what: String,
        severity: Severity,
    ) -> &'f mut Draft {
        let draft = out.fail(path, what);
        draft.severity(severity);
        let bindings = self.bindings().iter().map(|&id| self.rbac.policy.binding(id));
        if let Some(binding) = bindings.filter_map(|view| self.rbac.object(view.origin)).next() {
            let note = format!("bound by {binding}");
            draft.evidence_in(binding.id(), FieldPath::root().key("subjects"), note);
        }
        draft
    }

    /// What removes exactly these rights from the rule. Of a rule for every resource nothing can be taken away without
    /// guessing what is needed.
    pub(super) fn take_away(&self, grant: &Grant) -> Option<Fix> {
        let rule = &self.rule;
        let stars = grant.resource_items.iter().any(|&item| rule.resources[item] == "*");
        if stars || grant.resource_items.is_empty() || !rule.non_resource_urls.is_empty() {
            return None;
        }
        let every_verb = rule.verbs.contains(&"*");
        let kept = others(&rule.verbs, &grant.verb_items);
        let remove = |list: &str, items: &[usize]| -> Vec<Edit> {
            items.iter().rev().map(|&item| Edit::remove(self.item(list, item))).collect()
        };
        let all_resources = grant.resource_items.len() == rule.resources.len();
        let edits = match (every_verb || kept.is_empty(), all_resources) {
            (true, true) => vec![Edit::remove(self.path())],
            (true, false) => remove("resources", &grant.resource_items),
            (false, true) => remove("verbs", &grant.verb_items),
            (false, false) => {
                let resources = grant.resource_items.iter().map(|&item| rule.resources[item]).collect();
                let rest = PolicyRule { verbs: kept, resources, ..rule.clone() };
                let mut edits = remove("resources", &grant.resource_items);
                edits.push(Edit::append(FieldPath::root().key("rules"), manifest(&rest)));
                edits
            }
        };
        let verbs = if every_verb { "every verb".to_owned() } else { listed(&grant.verbs) };
        Some(Fix::review(format!("take {verbs} on {} away", listed(&grant.resources)), edits))
    }
}

fn others<'a>(list: &[&'a str], items: &[usize]) -> Vec<&'a str> {
    list.iter().enumerate().filter(|(index, _)| !items.contains(index)).map(|(_, &item)| item).collect()
}

fn manifest(rule: &PolicyRule<&str>) -> Value {
    let lists = [
        ("apiGroups", &rule.api_groups),
        ("resources", &rule.resources),
        ("resourceNames", &rule.resource_names),
        ("verbs", &rule.verbs),
    ];
    let lists = lists.into_iter().filter(|(_, list)| !list.is_empty());
    let map: Map<String, Value> = lists.map(|(key, list)| (key.to_owned(), list.clone().into())).collect();
    Value::Object(map)
}

/// `a`, `a and b`, `a, b and 3 more`.
pub(super) fn listed<S: AsRef<str>>(items: &[S]) -> String {
    let text = |items: &[S]| items.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    match items {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [first, rest @ ..] if rest.len() > 3 => {
            format!("{}, {} and {} more", first.as_ref(), rest[0].as_ref(), rest.len() - 1)
        }
        [most @ .., last] => format!("{} and {}", text(most), last.as_ref()),
    }
}
