//! Whether one rule allows one request. All parts must match within one rule.

use super::policy::{Policy, RuleId};
use super::pool::ListId;
use crate::intern::Sym;
use crate::request::{Request, Target};

/// A request in the symbols of one policy.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ask<'a> {
    pub(crate) verb: Sym,
    /// Namespace of the request; empty for cluster scope.
    pub(crate) namespace: Sym,
    pub(crate) what: What<'a>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum What<'a> {
    Resource {
        group: Sym,
        /// `resource` or `resource/subresource`.
        combined: Sym,
        /// `*/subresource`, if there is one.
        any_parent: Sym,
        name: Sym,
    },
    Path(&'a str),
}

/// Which part of a rule a request fails on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// `verbs`.
    Verb,
    /// `apiGroups`.
    ApiGroup,
    /// `resources`.
    Resource,
    /// `resourceNames`.
    ResourceName,
    /// `nonResourceURLs`.
    NonResourceUrl,
}

impl Part {
    /// The field as manifests write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verb => "verbs",
            Self::ApiGroup => "apiGroups",
            Self::Resource => "resources",
            Self::ResourceName => "resourceNames",
            Self::NonResourceUrl => "nonResourceURLs",
        }
    }
}

impl Policy {
    pub(crate) fn ask<'a>(&self, request: &'a Request) -> Ask<'a> {
        let verb = self.names.lookup(&request.verb);
        match &request.target {
            Target::Path(path) => Ask { verb, namespace: Sym::EMPTY, what: What::Path(path) },
            Target::Resource(target) => {
                let (combined, any_parent) = if target.subresource.is_empty() {
                    (self.names.lookup(&target.resource), Sym::UNKNOWN)
                } else {
                    (
                        self.names.lookup(&format!("{}/{}", target.resource, target.subresource)),
                        self.names.lookup(&format!("*/{}", target.subresource)),
                    )
                };
                let what = What::Resource {
                    group: self.names.lookup(&target.group),
                    combined,
                    any_parent,
                    name: self.names.lookup(&target.name),
                };
                Ask { verb, namespace: self.names.lookup(&target.namespace), what }
            }
        }
    }

    fn has(&self, list: ListId, sym: Sym) -> bool {
        self.lists.get(list).contains(&sym.0)
    }

    fn has_or_star(&self, list: ListId, sym: Sym) -> bool {
        self.lists.get(list).iter().any(|&item| item == sym.0 || item == Sym::STAR.0)
    }

    pub(crate) fn has_names(&self, rule: RuleId) -> bool {
        self.rules[rule.0 as usize].names != ListId::EMPTY
    }

    /// Whether a rule is `*` on `*.*`.
    pub(crate) fn is_everything(&self, rule: RuleId) -> bool {
        let row = &self.rules[rule.0 as usize];
        row.names == ListId::EMPTY
            && [row.verbs, row.groups, row.resources].iter().all(|&list| self.has(list, Sym::STAR))
    }

    pub(crate) fn names_of(&self, rule: RuleId) -> impl Iterator<Item = Sym> + '_ {
        self.lists.get(self.rules[rule.0 as usize].names).iter().map(|&name| Sym(name))
    }

    /// Whether a rule with resource names allows the request for one of them at least.
    pub(crate) fn rule_allows_some_name(&self, rule: RuleId, ask: &Ask<'_>) -> bool {
        let row = &self.rules[rule.0 as usize];
        let mut ask = *ask;
        if let (What::Resource { name, .. }, Some(&first)) =
            (&mut ask.what, self.lists.get(row.names).first())
        {
            *name = Sym(first);
        }
        self.rule_allows(rule, &ask)
    }

    pub(crate) fn rule_allows(&self, rule: RuleId, ask: &Ask<'_>) -> bool {
        let row = &self.rules[rule.0 as usize];
        self.has_or_star(row.verbs, ask.verb)
            && match ask.what {
                What::Resource { group, combined, any_parent, name } => {
                    self.has_or_star(row.groups, group)
                        && (self.has_or_star(row.resources, combined) || self.has(row.resources, any_parent))
                        && (row.names == ListId::EMPTY || self.has(row.names, name))
                }
                What::Path(path) => self.covers_path(row.urls, path),
            }
    }

    fn covers_path(&self, urls: ListId, path: &str) -> bool {
        self.lists.get(urls).iter().any(|&url| url_matches(self.text(Sym(url)), path))
    }

    /// The parts of a rule that keep it from allowing the request; empty if it allows it.
    pub(crate) fn failing_parts(&self, rule: RuleId, ask: &Ask<'_>) -> Vec<Part> {
        let row = &self.rules[rule.0 as usize];
        let mut failing = Vec::new();
        let mut check = |part, holds: bool| {
            if !holds {
                failing.push(part);
            }
        };
        check(Part::Verb, self.has_or_star(row.verbs, ask.verb));
        match ask.what {
            What::Resource { group, combined, any_parent, name } => {
                check(Part::ApiGroup, self.has_or_star(row.groups, group));
                let resource =
                    self.has_or_star(row.resources, combined) || self.has(row.resources, any_parent);
                check(Part::Resource, resource);
                check(Part::ResourceName, row.names == ListId::EMPTY || self.has(row.names, name));
            }
            What::Path(path) => check(Part::NonResourceUrl, self.covers_path(row.urls, path)),
        }
        failing
    }
}

/// `*`, the same path, or a prefix before trailing stars. `/foo/*` does not match `/foo`.
pub(crate) fn url_matches(pattern: &str, path: &str) -> bool {
    pattern == path || (pattern.ends_with('*') && path.starts_with(pattern.trim_end_matches('*')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rbac::{PolicyBuilder, PolicyRule};

    fn rule<'a>(
        verbs: &[&'a str],
        groups: &[&'a str],
        resources: &[&'a str],
        names: &[&'a str],
    ) -> PolicyRule<&'a str> {
        PolicyRule {
            verbs: verbs.to_vec(),
            api_groups: groups.to_vec(),
            resources: resources.to_vec(),
            resource_names: names.to_vec(),
            non_resource_urls: Vec::new(),
        }
    }

    fn allows(rule: &PolicyRule<&str>, request: &Request) -> bool {
        let mut builder = PolicyBuilder::new();
        let id = builder.rule(rule);
        let policy = builder.finish();
        let ask = policy.ask(request);
        assert_eq!(policy.rule_allows(id, &ask), policy.failing_parts(id, &ask).is_empty());
        policy.rule_allows(id, &ask)
    }

    #[test]
    fn resources_match_exactly_or_by_their_two_stars() {
        for (granted, asked, want) in [
            ("*", "pods", true),
            ("*", "pods/exec", true),
            ("pods", "pods", true),
            ("pods", "pods/exec", false),
            ("pods/exec", "pods/exec", true),
            ("pods/exec", "pods", false),
            ("pods/*", "pods/exec", false),
            ("pods/*", "pods", false),
            ("*/exec", "pods/exec", true),
            ("*/exec", "pods", false),
            ("*/exec", "pods/log", false),
            ("*/*", "pods/exec", false),
            ("*exec", "pods/exec", false),
            ("po*", "pods", false),
            ("Pods", "pods", false),
            ("", "pods", false),
        ] {
            let rule = rule(&["get"], &[""], &[granted], &[]);
            assert_eq!(allows(&rule, &Request::resource("get", asked)), want, "{granted} for {asked}");
        }
    }

    #[test]
    fn verbs_groups_and_names_match_exactly_or_by_star() {
        let ask = Request::resource("get", "deployments").in_group("apps").named("web");
        for (verb, group, names, want) in [
            ("get", "apps", &[][..], true),
            ("*", "*", &[][..], true),
            ("list", "apps", &[][..], false),
            ("get", "", &[][..], false),
            ("GET", "apps", &[][..], false),
            ("g*", "apps", &[][..], false),
            ("get", "apps", &["web"][..], true),
            ("get", "apps", &["db", "web"][..], true),
            ("get", "apps", &["db"][..], false),
            ("get", "apps", &["*"][..], false),
            ("get", "apps", &[""][..], false),
        ] {
            let rule = rule(&[verb], &[group], &["deployments"], names);
            assert_eq!(allows(&rule, &ask), want, "{verb} {group} {names:?}");
        }
    }

    #[test]
    fn a_request_without_a_name_fails_a_rule_with_names() {
        let rule = rule(&["*"], &["*"], &["*"], &["web"]);
        assert!(!allows(&rule, &Request::resource("create", "pods")));
        assert!(allows(&rule, &Request::resource("list", "pods").with_field("metadata.name", "web")));
        assert!(!allows(
            &rule,
            &Request::resource("deletecollection", "pods").with_field("metadata.name", "web")
        ));
    }

    #[test]
    fn paths_match_by_star_exactly_or_by_prefix() {
        for (pattern, path, want) in [
            ("*", "/anything", true),
            ("/healthz", "/healthz", true),
            ("/healthz", "/healthz/", false),
            ("/foo/*", "/foo/bar", true),
            ("/foo/*", "/foo/", true),
            ("/foo/*", "/foo", false),
            ("/foo*", "/foobar", true),
            ("/foo**", "/foobar", true),
            ("/*/bar", "/foo/bar", false),
            ("", "", true),
        ] {
            let rule =
                PolicyRule { verbs: vec!["get"], non_resource_urls: vec![pattern], ..PolicyRule::default() };
            assert_eq!(allows(&rule, &Request::path("get", path)), want, "{pattern} for {path}");
            assert!(!allows(&rule, &Request::resource("get", "pods")), "{pattern} is for paths only");
        }
        assert!(!allows(&rule(&["*"], &["*"], &["*"], &[]), &Request::path("get", "/healthz")));
    }
}
