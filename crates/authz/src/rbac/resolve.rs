//! From a user and a request to the bindings that allow it.

use smallvec::SmallVec;

use super::index::Entry;
use super::input::GapKind;
use super::matching::Ask;
use super::policy::{BindingId, Grant, Policy, Principal, RoleId, RuleId, Target};
use crate::answer::{Answer, Because, Decision};
use crate::intern::Sym;
use crate::quote::Quoted;
use crate::request::{Identity, Request};

/// The principals that a user is: its name and each of its groups, as far as the policy mentions them.
type Principals = SmallVec<[Principal; 8]>;

impl Policy {
    pub(crate) fn principals_of(&self, identity: &Identity) -> Principals {
        let user = self.names.find(&identity.name).map(Principal::User);
        let groups = identity.groups.iter().filter_map(|group| self.names.find(group).map(Principal::Group));
        user.into_iter().chain(groups).collect()
    }

    /// What RBAC says of a request, with the API server's own reason. Of several bindings that allow it the first in
    /// output order is named; the API server names any one of them, cluster bindings first.
    pub fn authorize(&self, identity: &Identity, request: &Request) -> Answer {
        let ask = self.ask(request);
        let principals = self.principals_of(identity);
        if let Some(grant) = self.first_grant(&principals, &ask) {
            return Answer::allow(Because::Rbac(grant), format!("RBAC: allowed by {}", self.describe(grant)));
        }
        let mut answer = Answer::no_opinion(self.unresolved(&principals, ask.namespace));
        answer.unknown = self.open_questions(&principals, ask.namespace, request);
        if !answer.unknown.is_empty() {
            answer.decision = Decision::Unknown;
        }
        answer
    }

    /// Whether RBAC allows a request: [`Self::authorize`] without the reason.
    pub fn allows(&self, identity: &Identity, request: &Request) -> bool {
        self.first_grant(&self.principals_of(identity), &self.ask(request)).is_some()
    }

    fn first_grant(&self, principals: &[Principal], ask: &Ask<'_>) -> Option<Grant> {
        let scopes = [Sym::EMPTY, ask.namespace];
        let scopes = if ask.namespace == Sym::EMPTY { &scopes[..1] } else { &scopes[..] };
        scopes.iter().find_map(|&scope| {
            let mut best: Option<(Entry, u32)> = None;
            for &principal in principals {
                for &entry in self.index.entries_in(principal, scope) {
                    match best {
                        Some((found, _)) if entry.binding > found.binding => break,
                        Some((found, rule)) if entry.binding == found.binding => {
                            if entry.subject < found.subject {
                                best = Some((entry, rule));
                            }
                        }
                        _ => {
                            if let Some(rule) = self.rules_allowing(entry.binding, ask).next() {
                                best = Some((entry, rule));
                            }
                        }
                    }
                }
            }
            best.and_then(|(entry, rule)| self.grant(entry, rule))
        })
    }

    fn grant(&self, entry: Entry, rule: u32) -> Option<Grant> {
        match self.bindings[entry.binding as usize].role {
            Target::Role(role) => Some(Grant {
                binding: BindingId(entry.binding),
                subject: entry.subject,
                role: RoleId(role),
                rule,
            }),
            Target::Missing | Target::BadKind => None,
        }
    }

    /// Indices of the rules of a binding's role that allow the request.
    fn rules_allowing<'a>(&'a self, binding: u32, ask: &'a Ask<'_>) -> impl Iterator<Item = u32> + 'a {
        let rules = match self.bindings[binding as usize].role {
            Target::Role(role) => self.sets.get(self.roles[role as usize].rules),
            Target::Missing | Target::BadKind => &[],
        };
        (0u32..).zip(rules).filter(|&(_, &rule)| self.rule_allows(RuleId(rule), ask)).map(|(i, _)| i)
    }

    /// Every rule of every binding that allows the request: taking rights away must take all of these.
    pub fn all_grants(&self, identity: &Identity, request: &Request) -> Vec<Grant> {
        let ask = self.ask(request);
        let mut grants = Vec::new();
        for entry in self.entries_for(&self.principals_of(identity), ask.namespace) {
            grants
                .extend(self.rules_allowing(entry.binding, &ask).filter_map(|rule| self.grant(entry, rule)));
        }
        grants
    }

    /// The bindings that apply to the principals in a namespace (cluster ones always), in output order, each with the
    /// first subject that means one of them.
    pub(crate) fn entries_for(&self, principals: &[Principal], namespace: Sym) -> Vec<Entry> {
        let mut entries = Vec::new();
        for &principal in principals {
            entries.extend_from_slice(self.index.entries_in(principal, Sym::EMPTY));
            if namespace != Sym::EMPTY {
                entries.extend_from_slice(self.index.entries_in(principal, namespace));
            }
        }
        entries.sort_unstable_by_key(|entry| (entry.binding, entry.subject));
        entries.dedup_by_key(|entry| entry.binding);
        entries
    }

    /// The role references of an identity's bindings that lead nowhere, as the API server joins them. `resource` is the
    /// resource that its storage takes them for; without one they are named by their kind, as the authorizer does.
    pub(crate) fn role_errors(&self, identity: &Identity, namespace: &str, resource: &str) -> String {
        self.dangling(&self.principals_of(identity), self.names.lookup(namespace), Some(resource))
    }

    /// The reason of a refusal: empty, or the role references that lead nowhere.
    fn unresolved(&self, principals: &[Principal], namespace: Sym) -> String {
        let errors = self.dangling(principals, namespace, None);
        if errors.is_empty() { errors } else { format!("RBAC: {errors}") }
    }

    fn dangling(&self, principals: &[Principal], namespace: Sym, resource: Option<&str>) -> String {
        let mut errors: Vec<String> = Vec::new();
        for entry in self.entries_for(principals, namespace) {
            if let Some(error) = self.error_of(entry.binding, resource)
                && !errors.contains(&error)
            {
                errors.push(error);
            }
        }
        match errors.as_slice() {
            [] => String::new(),
            [one] => one.clone(),
            many => format!("[{}]", many.join(", ")),
        }
    }

    /// What the API server says of a binding whose role it cannot find.
    pub fn role_error(&self, binding: BindingId) -> Option<String> {
        self.error_of(binding.0, None)
    }

    fn error_of(&self, binding: u32, resource: Option<&str>) -> Option<String> {
        let row = &self.bindings[binding as usize];
        let kind = self.text(row.role_kind);
        match row.role {
            Target::Role(_) => None,
            Target::Missing => {
                let resource = resource.map_or_else(|| kind.to_ascii_lowercase(), str::to_owned);
                let name = Quoted(self.text(row.role_name));
                Some(format!("{resource}.rbac.authorization.k8s.io {name} not found"))
            }
            Target::BadKind => Some(format!("unsupported role reference kind: {}", Quoted(kind))),
        }
    }

    /// What could turn a refusal into an allowance: bindings or roles that could not be read.
    fn open_questions(&self, principals: &[Principal], namespace: Sym, request: &Request) -> Vec<String> {
        if self.gaps.is_empty() {
            return Vec::new();
        }
        let asked = match &request.target {
            crate::request::Target::Resource(target) => target.namespace.as_str(),
            crate::request::Target::Path(_) => "",
        };
        let dangling = |kind: &str| {
            self.entries_for(principals, namespace).iter().any(|entry| {
                let row = &self.bindings[entry.binding as usize];
                row.role == Target::Missing && self.text(row.role_kind) == kind
            })
        };
        let concerns = |gap: &&super::input::Gap| match gap.kind {
            GapKind::ClusterRoleBindings => true,
            GapKind::RoleBindings => !asked.is_empty() && gap.concerns(asked),
            GapKind::ClusterRoles => dangling("ClusterRole"),
            GapKind::Roles => dangling("Role") && gap.concerns(asked),
        };
        let mut open: Vec<String> = self
            .gaps
            .iter()
            .filter(concerns)
            .map(|gap| match &gap.namespace {
                Some(namespace) => {
                    format!("{} in {namespace} could not be read: {}", gap.kind.as_str(), gap.reason)
                }
                None => format!("{} could not be read: {}", gap.kind.as_str(), gap.reason),
            })
            .collect();
        open.sort();
        open.dedup();
        open
    }
}
