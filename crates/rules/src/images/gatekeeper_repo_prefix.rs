use rampart_document::{Edit, FieldPath, Kind, Node};
use rampart_model::{GroupKind, ImageRef, Object};
use rampart_report::{Fix, Severity};

use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "gatekeeper-repo-prefix",
    group: Group::Images,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("gatekeeper_repo_prefix.md"),
    check: Check::Object(KINDS, check),
};

const KINDS: &[GroupKind<'static>] = &[
    GroupKind::new("constraints.gatekeeper.sh", "K8sAllowedRepos"),
    GroupKind::new("constraints.gatekeeper.sh", "K8sDisallowedRepos"),
    GroupKind::new("kyverno.io", "ClusterPolicy"),
    GroupKind::new("kyverno.io", "Policy"),
    GroupKind::new("policies.kyverno.io", "ValidatingPolicy"),
    GroupKind::new("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
];

fn check(object: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    match object.group_kind().group {
        "constraints.gatekeeper.sh" => constraint(object, context, out),
        "kyverno.io" => {
            let rules = object.spec().and_then(|spec| spec.field("rules")).and_then(Node::as_seq);
            for (index, rule) in rules.into_iter().flat_map(Node::items).enumerate() {
                let path = FieldPath::root().key("spec").key("rules").index(index).key("validate");
                rule.field("validate").into_iter().for_each(|node| patterns(node, &path, context, out));
            }
        }
        _ => {
            for list in ["validations", "variables"] {
                let items = object.spec().and_then(|spec| spec.field(list)).and_then(Node::as_seq);
                for (index, item) in items.into_iter().flat_map(Node::items).enumerate() {
                    let text = item.field("expression").and_then(Node::as_str).unwrap_or("");
                    let path = || FieldPath::root().key("spec").key(list).index(index).key("expression");
                    for prefix in cel_prefixes(text).filter(|prefix| is_open(prefix)) {
                        report(path(), prefix, &format!("startsWith(\"{prefix}\")"), None, context, out);
                    }
                }
            }
        }
    }
}

/// A prefix that other repositories, or other registries, start with too.
fn is_open(prefix: &str) -> bool {
    // `registry.io:5000` is a registry, not an image with a tag.
    let host = !prefix.contains('/') && (prefix.contains('.') || prefix.starts_with("localhost"));
    let exact =
        !host && ImageRef::parse(prefix).is_some_and(|image| image.tag.is_some() || image.digest.is_some());
    !prefix.ends_with(['/', ':', '@']) && !exact
}

fn constraint(object: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    let repos = object.field(&["spec", "parameters", "repos"]).and_then(Node::as_seq);
    for (index, repo) in repos.into_iter().flat_map(Node::items).enumerate() {
        let Some(prefix) = repo.as_str().filter(|prefix| is_open(prefix)) else { continue };
        let path = FieldPath::root().key("spec").key("parameters").key("repos").index(index);
        report(path, prefix, &format!("`{prefix}`"), Some(format!("{prefix}/")), context, out);
    }
}

/// Patterns for `image` in a Kyverno rule, and conditions that compare an image with a list.
fn patterns(node: Node<'_>, path: &FieldPath, context: &Context<'_>, out: &mut Findings) {
    let text = |key| node.get(key).filter(|value| value.kind() == Kind::Str).and_then(Node::scalar_text);
    let allows =
        matches!(text("operator"), Some("AnyNotIn" | "AllNotIn" | "NotIn" | "NotEquals" | "NotEqual"));
    let compares_image = allows && text("key").is_some_and(|key| key.contains("image"));
    for (key, _, value) in node.entries() {
        // Anchors wrap keys: `=(image)`.
        let bare = key.split_once('(').map_or(key, |(_, rest)| rest.trim_end_matches(')'));
        if bare == "image" || (compares_image && key == "value") {
            pattern(value, &path.key(key), context, out);
        } else {
            patterns(value, &path.key(key), context, out);
        }
    }
    for (index, item) in node.items().enumerate() {
        patterns(item, &path.index(index), context, out);
    }
}

fn pattern(node: Node<'_>, path: &FieldPath, context: &Context<'_>, out: &mut Findings) {
    for (index, item) in node.items().enumerate() {
        pattern(item, &path.index(index), context, out);
    }
    let Some(text) = (node.kind() == Kind::Str).then(|| node.scalar_text()).flatten() else { return };
    for part in text.split(['|', '&']).map(str::trim).filter(|part| !part.starts_with('!')) {
        let Some((prefix, rest)) = part.split_once('*') else { continue };
        if !prefix.is_empty() && !prefix.contains("{{") && is_open(prefix) {
            let closed = (part == text && rest.is_empty()).then(|| format!("{prefix}/*"));
            report(path.clone(), prefix, &format!("`{part}`"), closed, context, out);
        }
    }
}

/// The literals of `….image.startsWith("…")` that allow something; a negated call forbids.
fn cel_prefixes(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices(".startsWith(").filter_map(move |(at, call)| {
        let starts = |c: char| c.is_whitespace() || matches!(c, '!' | '(' | ',' | '|' | '&');
        let from = text[..at].rfind(starts).map_or(0, |found| found + 1);
        let negated = text[..from].ends_with('!');
        let rest = text[at + call.len()..].trim_start();
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let literal = rest[1..].split(quote).next()?;
        (!negated && text[from..at].to_ascii_lowercase().contains("image")).then_some(literal)
    })
}

fn report(
    path: FieldPath,
    prefix: &str,
    shown: &str,
    closed: Option<String>,
    context: &Context<'_>,
    out: &mut Findings,
) {
    let what = if prefix.is_empty() {
        "an empty prefix matches every image".to_owned()
    } else {
        format!("{shown} also matches images of `{prefix}-other`")
    };
    let draft = out.fail(path.clone(), what);
    if let Some(closed) = closed.filter(|_| !prefix.is_empty()) {
        let title = format!("write {closed}");
        let edits = [Edit::set(path, closed)];
        draft.fix(if stays_allowed(prefix, context) {
            Fix::safe(title, edits)
        } else {
            Fix::review(title, edits)
        });
    }
}

/// True when every image that starts with the prefix also starts with it and a `/`, and no pod is hidden.
fn stays_allowed(prefix: &str, context: &Context<'_>) -> bool {
    let inside = |text: &str| text.strip_prefix(prefix).is_none_or(|rest| rest.starts_with('/'));
    context.inventory.coverage().is_full(GroupKind::core("Pod"), None)
        && context
            .inventory
            .objects()
            .filter_map(|object| context.carriers.pod(object))
            .all(|pod| pod.containers().iter().filter_map(|container| container.image()).all(inside))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_an_expression_allows() {
        for (text, want) in [
            ("object.spec.containers.all(c, c.image.startsWith('registry.io'))", &["registry.io"][..]),
            ("c.image.startsWith(\"a\") || c.image.startsWith( 'b/' )", &["a", "b/"]),
            ("!c.image.startsWith('k8s.gcr.io')", &[]),
            ("object.metadata.name.startsWith('a')", &[]),
            ("c.image.startsWith(params.prefix)", &[]),
        ] {
            assert_eq!(cel_prefixes(text).collect::<Vec<_>>(), want, "{text}");
        }
        for (prefix, want) in [
            ("registry.io", true),
            ("a/", false),
            ("a/b:1", false),
            ("a.io:5000", true),
            ("a@", false),
            ("", true),
        ] {
            assert_eq!(is_open(prefix), want, "{prefix}");
        }
    }
}
