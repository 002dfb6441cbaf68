//! A custom resource beside its structural schema.

use rampart_document::{Kind, Node};

use super::structural::{Additional, JsonType, Structural};
use crate::error::Problem;
use crate::tables::TABLES;
use crate::walk::{Place, Walk};
use crate::{Type, suggest, value};

/// Fields that every Kubernetes object has, whatever its schema says.
const OBJECT_FIELDS: [&str; 3] = ["apiVersion", "kind", "metadata"];

/// Checks a whole custom resource.
pub(super) fn object_root(walk: &mut Walk, root: Node<'_>, schema: &Structural, at: &Place<'_>) {
    match root.get("metadata") {
        Some(metadata) if !metadata.is_null() => walk_metadata(walk, metadata, &at.key("metadata")),
        _ => {}
    }
    object(walk, root, schema, at, true);
}

fn walk_metadata(walk: &mut Walk, metadata: Node<'_>, at: &Place<'_>) {
    if let Some(id) = TABLES.object_meta {
        walk.value(metadata, Type::Object(id), 0, at);
    }
}

fn object(walk: &mut Walk, node: Node<'_>, schema: &Structural, at: &Place<'_>, is_object: bool) {
    if walk.is_too_deep(at, node) {
        return;
    }
    for (key, key_node, value) in node.entries() {
        let place = at.key(key);
        if is_object && OBJECT_FIELDS.contains(&key) {
            if key != "metadata" && !matches!(value.kind(), Kind::Str | Kind::Null) {
                walk.wrong_type(&place, value, "text");
            }
            continue;
        }
        match (schema.property(key), &schema.additional) {
            // The API server takes such a null out before it looks at anything else.
            (Some(of), _) if value.is_null() && !of.nullable => {}
            (None, Additional::Of(of)) if value.is_null() && !of.nullable => {}
            (Some(property), _) => check(walk, value, property, &place),
            (None, Additional::Of(element)) => check(walk, value, element, &place),
            (None, Additional::Anything) => {}
            (None, Additional::None) if schema.keeps_unknown || at.mode.lenient => {}
            (None, Additional::None) => {
                let known = schema.properties.iter().map(|(name, _)| &**name);
                let suggestion = suggest::nearest(key, known).map(str::to_owned);
                let problem = Problem::UnknownField { suggestion, since: None, until: None };
                walk.report_at(&place, value, key_node.span(), problem);
            }
        }
    }
    for name in &schema.required {
        let property = schema.property(name);
        let has_default = property.is_some_and(|property| property.has_default);
        let nullable = property.is_none_or(|property| property.nullable);
        let is_absent = node.get(name).is_none_or(|value| value.is_null() && !nullable);
        if !has_default && is_absent && !(is_object && &**name == "metadata") {
            walk.report(&at.key(name), node, Problem::MissingRequired);
        }
    }
}

fn check(walk: &mut Walk, node: Node<'_>, schema: &Structural, at: &Place<'_>) {
    if node.is_null() {
        if !schema.nullable && (schema.ty.is_some() || schema.int_or_string) {
            walk.wrong_type(at, node, expected(schema));
        }
        return;
    }
    let number = |int32| value::check(node, if int32 { Type::Int32 } else { Type::Int64 });
    let good = match (schema.ty, node.kind()) {
        (_, Kind::Int | Kind::Str) if schema.int_or_string => true,
        _ if schema.int_or_string => false,
        (Some(JsonType::Integer), Kind::Int | Kind::Float) => match number(schema.int32) {
            Ok(()) => true,
            Err(problem) => return walk.report(at, node, problem),
        },
        (None, _)
        | (Some(JsonType::Object), Kind::Map)
        | (Some(JsonType::Array), Kind::Seq)
        | (Some(JsonType::String), Kind::Str)
        | (Some(JsonType::Boolean), Kind::Bool)
        | (Some(JsonType::Number), Kind::Int | Kind::Float) => true,
        _ => false,
    };
    if !good {
        return walk.wrong_type(at, node, expected(schema));
    }
    match node.kind() {
        Kind::Map if schema.embedded => embedded(walk, node, schema, at),
        Kind::Map => object(walk, node, schema, at, false),
        Kind::Seq => {
            for (index, item) in node.items().enumerate() {
                if let Some(items) = &schema.items {
                    check(walk, item, items, &at.index(index));
                }
            }
        }
        _ => {}
    }
    if !schema.values.is_empty() && !schema.values.contains(&node.to_json()) {
        let allowed =
            schema.values.iter().map(|value| value.as_str().map_or(value.to_string(), str::to_owned));
        walk.report(at, node, Problem::BadEnum { allowed: allowed.collect() });
    }
}

/// An object inside an object needs its type's name.
fn embedded(walk: &mut Walk, node: Node<'_>, schema: &Structural, at: &Place<'_>) {
    for name in ["apiVersion", "kind"] {
        if node.get(name).is_none_or(|value| value.is_null() || value.scalar_text() == Some("")) {
            walk.report(&at.key(name), node, Problem::MissingRequired);
        }
    }
    if let Some(metadata) = node.get("metadata").filter(|node| !node.is_null()) {
        walk_metadata(walk, metadata, &at.key("metadata"));
    }
    object(walk, node, schema, at, true);
}

fn expected(schema: &Structural) -> &'static str {
    match schema.ty {
        _ if schema.int_or_string => "a whole number or text",
        Some(JsonType::Object) => "a mapping",
        Some(JsonType::Array) => "a list",
        Some(JsonType::String) => "text",
        Some(JsonType::Integer) => "a whole number",
        Some(JsonType::Number) => "a number",
        Some(JsonType::Boolean) => "`true` or `false`",
        None => "a value",
    }
}
