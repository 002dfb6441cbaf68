//! From a path in a rendered object to the same field in the file it was made from.

use rampart_document::{FieldPath, Kind, Node, Segment, Span};
use rampart_model::{Link, Object, SourceNode};

use crate::locate;

/// A field of a rendered object in a source file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Traced<'a> {
    /// The mapping it was looked up in; its tree names the file.
    pub(crate) root: Node<'a>,
    pub(crate) span: Span,
    /// False when the source has no such field and its nearest parent is meant.
    pub(crate) exact: bool,
    /// The source says the same as the rendered text: equal data, or absent in both.
    pub(crate) same: bool,
}

/// Looks a path up in the files that an object was made from: where the rendered value stands, else the nearest parent
/// in the object itself.
pub(crate) fn trace<'a>(
    rendered: Node<'_>,
    path: &FieldPath,
    sources: &'a [SourceNode],
) -> Option<Traced<'a>> {
    let mut roots = sources.iter().filter_map(SourceNode::node);
    let first = trace_one(rendered, path, roots.next()?);
    let scalar = rendered.at(path).is_some_and(|value| !matches!(value.kind(), Kind::Map | Kind::Seq));
    if !scalar {
        return Some(first);
    }
    // A value is told where it was written last: a patch wins over the object.
    let over = roots.rev().map(|root| trace_one(rendered, path, root)).find(|traced| traced.same);
    Some(over.unwrap_or(first))
}

fn trace_one<'a>(rendered: Node<'_>, path: &FieldPath, root: Node<'a>) -> Traced<'a> {
    let (here, whole) = translate(rendered, root, path);
    let located = locate(root, &here);
    let same = match (rendered.at(path), root.at(&here)) {
        // Of a container often the key alone is shown, and that is equal whatever stands below.
        (Some(rendered), Some(source)) => {
            let key_alone = source.kind() == rendered.kind() && located.span != source.span();
            whole && (key_alone || rendered.same_data(source))
        }
        (None, None) => true,
        _ => false,
    };
    let exact = whole && located.exact;
    Traced { root, span: located.span, exact, same }
}

/// Where a change of `path` has to be made for an object that was made from files: the mapping in its file and the path
/// there. The value's own place when it is written somewhere, else the object itself; `None` when no file holds it.
pub fn source_of<'a>(object: Object<'a>, path: &FieldPath) -> Option<(Node<'a>, FieldPath)> {
    let template = object.unit().template(object.node().span().start)?;
    let Link::Nodes(nodes) = &template.link else { return None };
    let rendered = object.node();
    let mut roots = nodes.iter().filter_map(SourceNode::node);
    // The entry of a generator is no object.
    let first = roots.next().filter(|root| root.get("kind").is_some())?;
    let patches: Vec<Node<'a>> = roots.rev().collect();
    let value = rendered.at(path);
    let written = |root: &&Node<'a>| {
        let (here, whole) = translate(rendered, **root, path);
        let there = root.at(&here).filter(|_| whole);
        there.zip(value).is_some_and(|(there, value)| there.same_data(value))
    };
    let scalar = value.is_some_and(|value| !matches!(value.kind(), Kind::Map | Kind::Seq));
    let root = patches.iter().find(|root| scalar && written(root)).copied().unwrap_or(first);
    let in_root = |root: Node<'a>| continued(rendered, root, path).map(|path| (root, path));
    in_root(root).or_else(|| patches.iter().find_map(|&root| in_root(root)))
}

/// The path in `source` of what `path` is in `rendered`, with the fields that neither of them has at its end.
fn continued(rendered: Node<'_>, source: Node<'_>, path: &FieldPath) -> Option<FieldPath> {
    let (mut here, whole) = translate(rendered, source, path);
    if whole {
        return Some(here);
    }
    let known = here.segments().count();
    let ended_at_a_key = source.at(&here).is_none();
    for segment in path.segments().skip(known) {
        match segment {
            Segment::Key(key) if ended_at_a_key => here.push_key(&key),
            _ => return None,
        }
    }
    ended_at_a_key.then_some(here)
}

/// The path in `source` of what `path` is in `rendered`, list elements found by what they are. False when it ends early.
fn translate(rendered: Node<'_>, source: Node<'_>, path: &FieldPath) -> (FieldPath, bool) {
    let mut here = FieldPath::root();
    let (mut left, mut right) = (rendered, source);
    for segment in path.segments() {
        let found = match &segment {
            Segment::Key(key) => {
                let next = here.key(key);
                match (left.get(key), right.get(key)) {
                    (Some(rendered), Some(source)) => Some((next, rendered, source)),
                    // The absent field itself: it resolves to its parent's key.
                    (_, None) => return (next, false),
                    (None, Some(_)) => None,
                }
            }
            Segment::Index(index) => counterpart(left, *index, right)
                .map(|(at, rendered, source)| (here.index(at), rendered, source)),
        };
        let Some(next) = found else { return (here, false) };
        (here, left, right) = next;
    }
    (here, true)
}

/// The element of `source` that element `index` of `rendered` was made from: by name, by content, by position in a list
/// of the same length.
fn counterpart<'l, 'r>(
    rendered: Node<'l>,
    index: usize,
    source: Node<'r>,
) -> Option<(usize, Node<'l>, Node<'r>)> {
    let item = rendered.items().nth(index)?;
    let name = |node: Node<'_>| node.get("name").and_then(Node::scalar_text).map(str::to_owned);
    let wanted = name(item);
    let is_it = |candidate: Node<'_>| match &wanted {
        Some(wanted) => name(candidate).as_ref() == Some(wanted),
        None => item.same_data(candidate),
    };
    let in_place = source.items().nth(index);
    let found = in_place.filter(|node| is_it(*node)).map(|node| (index, node));
    let elsewhere = || source.items().enumerate().find(|(_, node)| is_it(*node));
    let by_position = || in_place.filter(|_| source.len() == rendered.len()).map(|node| (index, node));
    let (at, node) = found.or_else(elsewhere).or_else(by_position)?;
    Some((at, item, node))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use rampart_document::{Limits, Source, Tree, parse_yaml};

    fn tree(text: &str) -> Tree {
        parse_yaml(&Source::new("t", text), &Limits::default()).tree
    }

    #[test]
    fn fields_are_found_in_the_object_and_what_lies_over_it() {
        let rendered = tree(
            "kind: Pod\nmetadata: {name: p-a, namespace: n}\nspec:\n  hostPID: true\n  hostIPC: true\n  containers:\n  - name: new\n    image: x\n  - name: web\n    image: nginx:1\n    args: [b, c]\n",
        );
        let object = Arc::new(tree(
            "kind: Pod\nmetadata: {name: a}\nspec:\n  hostPID: yes\n  hostNetwork: true\n  containers:\n  - name: web\n    image: nginx\n    args: [a, b, c]\n",
        ));
        let patch = Arc::new(tree(
            "kind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: web\n    image: nginx:1\n",
        ));
        let root = |tree: &Arc<Tree>| {
            let id = tree.documents().next().unwrap().id();
            SourceNode::new(Arc::clone(tree), id).unwrap()
        };
        let sources = [root(&object), root(&patch)];
        let start = rendered.documents().next().unwrap();
        for (path, want, line, exact, same) in [
            ("", "Pod", 1, true, true),
            ("spec.hostPID", "yes", 4, true, true),
            ("spec.hostIPC", "spec", 3, false, false),
            ("spec.hostNetwork", "spec", 3, false, false),
            ("spec.hostUsers", "spec", 3, false, true),
            ("metadata.namespace", "metadata", 2, false, false),
            // Written in the patch.
            ("spec.containers[1].image", "nginx:1", 6, true, true),
            // Moved, and without a name.
            ("spec.containers[1].args[0]", "b", 9, true, true),
            ("spec.containers[1].resources.limits", "web", 7, false, true),
            // Not in the source at all.
            ("spec.containers[0].image", "containers", 6, false, false),
        ] {
            let traced = trace(start, &FieldPath::parse(path).unwrap(), &sources).unwrap();
            let source = traced.root.tree().source();
            let got = (
                source.slice(traced.span),
                source.position(traced.span.start).line,
                traced.exact,
                traced.same,
            );
            assert_eq!(got, (want, line, exact, same), "{path}");
        }
    }
}
