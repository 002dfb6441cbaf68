use rampart_document::{Kind, Node};

use crate::error::{Problem, SchemaError};
use crate::names::{self, NameRule};
use crate::walk::{Place, Walk};
use crate::{KindInfo, Schema, Scope, Version, syntax};

/// Checks one object of a built-in kind against the API of `version`. `None` when the tables do not know its kind (a
/// custom resource, or no Kubernetes object), so nothing is claimed. A kind that this version no longer serves is
/// checked against its last shape.
///
/// Errors come in the order of the object's text; an object whose duplicate keys made it unreadable never gets here.
pub fn validate(root: Node<'_>, version: Version) -> Option<Vec<SchemaError>> {
    let text = |key| root.get(key).filter(|node| node.kind() == Kind::Str).and_then(Node::scalar_text);
    let schema = Schema::for_version(version);
    let info = schema.kind(text("apiVersion")?, text("kind")?)?;
    Some(validate_as(root, schema, &info))
}

/// Checks an object as one of the given kind, which its own `apiVersion` and `kind` need not state (an item of a typed
/// list does not).
pub fn validate_as(root: Node<'_>, schema: &Schema, info: &KindInfo) -> Vec<SchemaError> {
    let mut walk = Walk::new(schema.version());
    walk.object(root, info.type_id, &Place::root());
    let rule = names::rule_of(info.group_version, info.kind, schema.version());
    metadata(&mut walk, root, rule, info.scope == Scope::Namespaced);
    walk.errors
}

/// Name and namespace, which the description calls optional and free.
pub(crate) fn metadata(walk: &mut Walk, root: Node<'_>, rule: NameRule, namespaced: bool) {
    if rule == NameRule::Unnamed || root.kind() != Kind::Map {
        return;
    }
    let top = Place::root();
    let place = top.key("metadata");
    let metadata = root.get("metadata").filter(|node| !node.is_null());
    let parent = metadata.unwrap_or(root);
    if metadata.is_some_and(|node| node.kind() != Kind::Map) {
        return; // reported as a wrong type
    }
    let field = |key: &str| metadata.and_then(|node| node.get(key)).filter(|node| !node.is_null());
    let string = |key: &str| field(key).filter(|node| node.kind() == Kind::Str);
    let is_set = |node: &Node<'_>| node.scalar_text() != Some("");
    match string("name").filter(is_set) {
        Some(node) => {
            if let Some(rule) = rule.problem(node.scalar_text().unwrap_or("")) {
                walk.report(&place.key("name"), node, Problem::BadName { rule });
            }
        }
        None if rule != NameRule::Generated
            && field("name").is_none_or(|node| node.kind() == Kind::Str)
            && field("generateName").filter(is_set).is_none() =>
        {
            walk.report(&place.key("name"), parent, Problem::MissingRequired);
        }
        None => {}
    }
    if let Some(node) = string("namespace").filter(is_set)
        && namespaced
        && !syntax::is_label(node.scalar_text().unwrap_or(""))
    {
        let rule = "it must be at most 63 lower-case letters, digits or `-`, starting and ending with a letter or digit";
        walk.report(&place.key("namespace"), node, Problem::BadName { rule });
    }
}

#[cfg(test)]
mod tests;
