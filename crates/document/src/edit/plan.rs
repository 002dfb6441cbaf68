//! One edit to one replacement of text.

use serde_json::Value;

use super::layout::Page;
use super::{Edit, Operation, block, flow, model};
use crate::tree::HAS_MERGE;
use crate::{FieldPath, Format, Kind, Node, Segment, Style};

/// Bytes of the source and what stands there instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Patch {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) text: String,
}

/// Where a value stands: its container and its place in there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// `None` for the root of the document.
    pub(super) parent: Option<u32>,
    /// Mapping: the key.
    pub(super) key: Option<u32>,
    /// Which entry or element it is.
    pub(super) index: usize,
    pub(super) node: u32,
}

/// The change of text that makes `edit` in the object at `root`; `None` when there is nothing to do.
pub(super) fn plan(page: &Page<'_>, root: Place, edit: &Edit) -> Result<Option<Patch>, String> {
    let segments: Vec<Segment<'_>> = edit.path.segments().collect();
    let remove = edit.operation == Operation::Remove;
    if segments.is_empty() && !matches!(edit.operation, Operation::Append(_)) {
        return Err("an object cannot be replaced or removed as a whole".to_owned());
    }
    let mut place = root;
    let mut outer = root;
    check(page, place)?;
    for (depth, segment) in segments.iter().enumerate() {
        let absent = page.kind(place.node) == Kind::Null;
        let child = if absent { None } else { child(page, place.node, segment)? };
        let Some(next) = child else {
            if remove {
                return Ok(None);
            }
            let tail = &segments[if absent { depth } else { depth + 1 }..];
            let value = new_value(&edit.operation, tail)?;
            return if absent { replace(page, place, &value) } else { create(page, place, segment, &value) }
                .map(Some);
        };
        check(page, next)?;
        outer = std::mem::replace(&mut place, next);
    }
    let null = page.kind(place.node) == Kind::Null;
    match &edit.operation {
        Operation::Remove if is_flow(page, place) => flow::remove(page, place).map(Some),
        Operation::Remove if page.tree.nodes[outer.node as usize].aux == 1 => {
            block::clear(page, outer).map(Some)
        }
        Operation::Remove => block::remove(page, place).map(Some),
        Operation::Insert(_) if !null => Err(model::EXISTS.to_owned()),
        Operation::Set(value) | Operation::Insert(value) => replace(page, place, value).map(Some),
        Operation::Append(value) if null => {
            replace(page, place, &Value::Array(vec![value.clone()])).map(Some)
        }
        Operation::Append(value) if page.kind(place.node) == Kind::Seq => {
            add(page, place, None, value).map(Some)
        }
        Operation::Append(_) => Err("it is not a list".to_owned()),
    }
}

/// The place at `path` of the document with this root.
pub(super) fn locate(page: &Page<'_>, root: u32, path: &FieldPath) -> Result<Place, String> {
    let mut place = Place { parent: None, key: None, index: 0, node: root };
    for segment in path.segments() {
        check(page, place)?;
        let next = child(page, place.node, &segment)?;
        place = next.ok_or_else(|| "its object is not in this document".to_owned())?;
    }
    Ok(place)
}

fn new_value(operation: &Operation, tail: &[Segment<'_>]) -> Result<Value, String> {
    let value = match operation {
        Operation::Set(value) | Operation::Insert(value) => value.clone(),
        Operation::Append(value) => Value::Array(vec![value.clone()]),
        Operation::Remove => Value::Null,
    };
    model::nest(tail, value)
}

/// Refuses places that other places share.
fn check(page: &Page<'_>, place: Place) -> Result<(), String> {
    if page.style(place.node) == Style::Alias {
        return Err("it is written as an alias of an anchor that stands elsewhere".to_owned());
    }
    if page.shared.contains(&place.node) {
        return Err("aliases elsewhere share this anchored part".to_owned());
    }
    Ok(())
}

/// The own child of a container under this step of a path.
fn child(page: &Page<'_>, node: u32, segment: &Segment<'_>) -> Result<Option<Place>, String> {
    match (page.kind(node), segment) {
        (Kind::Map, Segment::Key(name)) => {
            let pairs = page.pairs(node);
            let named = |key: u32| Node::resolve(page.tree, key).scalar_text() == Some(name.as_ref());
            let own = pairs.iter().position(|&(key, _)| !page.flag(key, HAS_MERGE) && named(key));
            let seen = Node::resolve(page.tree, node).get(name).map(Node::id);
            let own_id = own.map(|index| Node::resolve(page.tree, pairs[index].1).id());
            if seen != own_id {
                return Err(format!("`{name}` comes from a merge key (`<<`)"));
            }
            Ok(own.map(|index| {
                let (key, value) = pairs[index];
                Place { parent: Some(node), key: Some(key), index, node: value }
            }))
        }
        (Kind::Seq, Segment::Index(index)) => {
            let items = page.children(node);
            if *index > items.len() {
                return Err(format!("the list has no element {index}"));
            }
            let item = items.get(*index);
            Ok(item.map(|&item| Place { parent: Some(node), key: None, index: *index, node: item }))
        }
        (_, Segment::Key(name)) => Err(format!("`{name}` is looked for in something that is not a mapping")),
        (_, Segment::Index(index)) => {
            Err(format!("element {index} is looked for in something that is not a list"))
        }
    }
}

fn is_flow(page: &Page<'_>, place: Place) -> bool {
    place.parent.is_some_and(|parent| page.style(parent) == Style::Flow)
}

fn replace(page: &Page<'_>, place: Place, value: &Value) -> Result<Patch, String> {
    if page.flag(place.node, crate::tree::TAGGED) {
        return Err("it carries a tag".to_owned());
    }
    if is_flow(page, place) || page.tree.format() == Format::Json {
        return Ok(flow::replace(page, place.node, value));
    }
    block::replace(page, place, value)
}

/// Adds the child `segment` to a container that has none of that name.
fn create(page: &Page<'_>, place: Place, segment: &Segment<'_>, value: &Value) -> Result<Patch, String> {
    match segment {
        Segment::Key(name) => add(page, place, Some(name), value),
        Segment::Index(_) => add(page, place, None, value),
    }
}

/// Adds an entry (with a key) or an element at the end of a container.
fn add(page: &Page<'_>, place: Place, key: Option<&str>, value: &Value) -> Result<Patch, String> {
    if page.style(place.node) == Style::Block {
        return block::add(page, place.node, key, value);
    }
    let empty = page.children(place.node).is_empty();
    if empty && !is_flow(page, place) && place.parent.is_some() && page.tree.format() == Format::Yaml {
        // `{}` and `[]` stand for block style that had nothing to show.
        let whole = match key {
            Some(key) => Value::Object([(key.to_owned(), value.clone())].into_iter().collect()),
            None => Value::Array(vec![value.clone()]),
        };
        return block::replace_by_block(page, place, &whole);
    }
    flow::add(page, place.node, key, value)
}
