//! Rules and subjects in words.

use rampart_authz::rbac::{PolicyRule, Severity};
use rampart_authz::service_account_of;

/// `get, list on pods, pods/log`; a group other than core and names follow.
pub(crate) fn rule(rule: &PolicyRule<&str>) -> String {
    let list = |items: &[&str]| {
        if items.is_empty() { "nothing".to_owned() } else { items.join(", ") }
    };
    let mut text = list(&rule.verbs);
    if !rule.non_resource_urls.is_empty() {
        text += &format!(" on paths {}", list(&rule.non_resource_urls));
        if rule.resources.is_empty() {
            return text;
        }
        text += " and";
    }
    text += &format!(" on {}", list(&rule.resources));
    match rule.api_groups.as_slice() {
        [""] => {}
        ["*"] => text += " of any group",
        groups => {
            let named: Vec<&str> =
                groups.iter().map(|&group| if group.is_empty() { "core" } else { group }).collect();
            text += &format!(" of {}", list(&named));
        }
    }
    if !rule.resource_names.is_empty() {
        text += &format!(", only named {}", list(&rule.resource_names));
    }
    text
}

/// `ServiceAccount ci/deployer`, `User amy`, `Group developers`.
pub(crate) fn subject(group: bool, name: &str) -> String {
    match (group, service_account_of(name)) {
        (true, _) => format!("Group {name}"),
        (false, Some((namespace, account))) => format!("ServiceAccount {namespace}/{account}"),
        (false, None) => format!("User {name}"),
    }
}

/// `everywhere` or `in NAMESPACE`.
pub(crate) fn scope(namespace: Option<&str>) -> String {
    namespace.map_or_else(|| "everywhere".to_owned(), |namespace| format!("in {namespace}"))
}

/// A severity as reports write it.
pub(crate) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}

/// `1 rule`, `2 rules`.
pub(crate) fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_in_words() {
        let of = |verbs, api_groups, resources, resource_names, non_resource_urls| {
            rule(&PolicyRule { verbs, api_groups, resources, resource_names, non_resource_urls })
        };
        assert_eq!(of(vec!["*"], vec!["*"], vec!["*"], vec![], vec![]), "* on * of any group");
        assert_eq!(
            of(vec!["get", "patch"], vec!["apps", ""], vec!["deployments"], vec!["web"], vec![]),
            "get, patch on deployments of apps, core, only named web"
        );
        assert_eq!(of(vec!["get"], vec![], vec![], vec![], vec!["/healthz"]), "get on paths /healthz");
        assert_eq!(of(vec![], vec![""], vec!["pods"], vec![], vec![]), "nothing on pods");
        assert_eq!(subject(false, "system:serviceaccount:a:b"), "ServiceAccount a/b");
        assert_eq!(subject(true, "system:serviceaccount:a:b"), "Group system:serviceaccount:a:b");
    }
}
