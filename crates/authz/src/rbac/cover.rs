//! Whether one set of rules contains another: what the API server asks before a role may be written or bound.

use super::input::PolicyRule;
use super::matching::url_matches;
use crate::quote::QuotedList;

/// A rule with one verb and either one group, resource and at most one name, or one URL.
pub type Atom<'a> = PolicyRule<&'a str>;

/// The atoms that a rule stands for. A rule without a verb, group or resource stands for none.
pub fn atoms<'a>(rule: &PolicyRule<&'a str>) -> Vec<Atom<'a>> {
    let mut atoms = Vec::new();
    for group in &rule.api_groups {
        for resource in &rule.resources {
            for verb in &rule.verbs {
                let atom = || PolicyRule {
                    verbs: vec![*verb],
                    api_groups: vec![*group],
                    resources: vec![*resource],
                    ..PolicyRule::default()
                };
                if rule.resource_names.is_empty() {
                    atoms.push(atom());
                }
                for name in &rule.resource_names {
                    atoms.push(PolicyRule { resource_names: vec![*name], ..atom() });
                }
            }
        }
    }
    for url in &rule.non_resource_urls {
        for verb in &rule.verbs {
            let (verbs, non_resource_urls) = (vec![*verb], vec![*url]);
            atoms.push(PolicyRule { verbs, non_resource_urls, ..PolicyRule::default() });
        }
    }
    atoms
}

/// The atoms of `wanted` that no single rule of `held` covers. `*` is covered by `*` only.
pub fn uncovered<'a>(held: &[PolicyRule<&str>], wanted: &[PolicyRule<&'a str>]) -> Vec<Atom<'a>> {
    wanted.iter().flat_map(atoms).filter(|atom| !held.iter().any(|rule| covers(rule, atom))).collect()
}

/// Whether a rule covers an atom.
pub fn covers(rule: &PolicyRule<&str>, atom: &Atom<'_>) -> bool {
    let holds =
        |held: &[&str], asked: &[&str]| held.contains(&"*") || asked.iter().all(|item| held.contains(item));
    let names = rule.resource_names.is_empty()
        || (!atom.resource_names.is_empty()
            && atom.resource_names.iter().all(|name| rule.resource_names.contains(name)));
    holds(&rule.verbs, &atom.verbs)
        && holds(&rule.api_groups, &atom.api_groups)
        && atom.resources.iter().all(|resource| covers_resource(&rule.resources, resource))
        && atom
            .non_resource_urls
            .iter()
            .all(|url| rule.non_resource_urls.iter().any(|held| url_matches(held, url)))
        && names
}

fn covers_resource(held: &[&str], asked: &str) -> bool {
    held.iter().any(|held| resource_matches(held, asked))
}

/// Whether an entry of a rule's `resources` means a resource (`pods`, `pods/exec`).
pub fn resource_matches(entry: &str, resource: &str) -> bool {
    entry == "*"
        || entry == resource
        || resource.split_once('/').is_some_and(|(_, sub)| entry.strip_prefix("*/") == Some(sub))
}

/// Joins atoms that differ in their verb only, as the API server does in its message.
pub fn compact<'a>(atoms: &[Atom<'a>]) -> Vec<PolicyRule<&'a str>> {
    let mut joined: Vec<PolicyRule<&'a str>> = Vec::new();
    for atom in atoms {
        let same = |rule: &&mut PolicyRule<&str>| {
            rule.non_resource_urls.is_empty()
                && atom.non_resource_urls.is_empty()
                && rule.api_groups == atom.api_groups
                && rule.resources == atom.resources
                && rule.resource_names == atom.resource_names
        };
        match joined.iter_mut().find(same) {
            Some(rule) => rule.verbs.extend(&atom.verbs),
            None => joined.push(atom.clone()),
        }
    }
    joined
}

/// A rule as the API server writes it in messages: `{APIGroups:["apps"], Resources:["*"], Verbs:["get"]}`.
pub fn compact_string(rule: &PolicyRule<&str>) -> String {
    let parts = [
        ("APIGroups", &rule.api_groups),
        ("Resources", &rule.resources),
        ("NonResourceURLs", &rule.non_resource_urls),
        ("ResourceNames", &rule.resource_names),
        ("Verbs", &rule.verbs),
    ];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(_, list)| !list.is_empty())
        .map(|(name, list)| format!("{name}:{}", QuotedList(list)))
        .collect();
    format!("{{{}}}", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::tests::rule;
    use super::*;

    #[test]
    fn coverage() {
        for (held, wanted, want) in [
            (&["get '' pods"][..], "get '' pods", true),
            (&["get '' pods"][..], "get '' pods web", true),
            (&["get '' pods web"][..], "get '' pods", false),
            (&["get '' pods web,db"][..], "get '' pods db", true),
            (&["* * *"][..], "* * *", true),
            (&["get,list,watch * *"][..], "* '' pods", false),
            (&["get '' pods", "list '' pods"][..], "get,list '' pods", true),
            (&["get '' pods", "list apps pods"][..], "get,list '' pods", false),
            (&["get '' */exec"][..], "get '' pods/exec", true),
            (&["get '' pods/*"][..], "get '' pods/exec", false),
            (&["get '' pods"][..], "get '' pods/exec", false),
            (&["get '' *"][..], "get '' */exec", true),
            (&["get '' */exec"][..], "get '' *", false),
            (&["get /a/*"][..], "get /a/b,/a/c/*", true),
            (&["get /a/*"][..], "get /a", false),
            (&["get /a*"][..], "get *", false),
            (&["get *"][..], "get *", true),
            (&["* * *"][..], "get /a", false),
            (&[][..], "get - pods", true),
        ] {
            let held: Vec<_> = held.iter().map(|text| rule(text)).collect();
            assert_eq!(uncovered(&held, &[rule(wanted)]).is_empty(), want, "{held:?} covers {wanted}");
        }
    }

    #[test]
    fn messages_join_verbs() {
        let missing =
            uncovered(&[rule("get '' pods")], &[rule("get,list,watch '',apps pods"), rule("get /x")]);
        let text: Vec<String> = compact(&missing).iter().map(compact_string).collect();
        assert_eq!(
            text,
            [
                r#"{APIGroups:[""], Resources:["pods"], Verbs:["list" "watch"]}"#,
                r#"{APIGroups:["apps"], Resources:["pods"], Verbs:["get" "list" "watch"]}"#,
                r#"{NonResourceURLs:["/x"], Verbs:["get"]}"#,
            ]
        );
    }
}
