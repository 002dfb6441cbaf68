use rampart_document::{FieldPath, Node, Segment, Span};

/// Where a field path stands in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Located {
    /// The value's bytes; when it is absent, the key (or list item) of its nearest parent that exists.
    pub span: Span,
    /// False when the field itself is absent.
    pub exact: bool,
}

/// Finds the bytes that a path from `root` means. An absent field resolves to the nearest parent's key, because that is
/// where a reader would add it; the object itself resolves to its `kind`.
pub fn locate(root: Node<'_>, path: &FieldPath) -> Located {
    let mut node = root;
    let mut parent_key = root.get("kind").map_or_else(|| first_key(root), Node::span);
    for segment in path.segments() {
        let next = match &segment {
            Segment::Key(key) => node.get(key).map(|value| (value, node.key_node(key).map(Node::span))),
            Segment::Index(index) => node.items().nth(*index).map(|item| (item, Some(first_key(item)))),
        };
        let Some((value, key)) = next else { return Located { span: parent_key, exact: false } };
        parent_key = key.unwrap_or_else(|| value.span());
        node = value;
    }
    // A container value is pointed at by its key: carets under a whole block help nobody.
    let span = if path.is_root()
        || matches!(node.kind(), rampart_document::Kind::Map | rampart_document::Kind::Seq)
    {
        if is_one_line(node) && !path.is_root() { node.span() } else { parent_key }
    } else {
        node.span()
    };
    Located { span, exact: true }
}

fn is_one_line(node: Node<'_>) -> bool {
    !node.tree().source().slice(node.span()).contains('\n')
}

/// The first key of a mapping (a list item is known by it), else the whole node.
fn first_key(node: Node<'_>) -> Span {
    let named = node.key_node("name");
    let first = node.entries().next().map(|(_, key, _)| key);
    named.and_then(|_| node.get("name")).or(first).unwrap_or(node).span()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rampart_document::{Limits, Source, parse_yaml};

    #[test]
    fn absent_fields_point_at_the_nearest_parent() {
        let text =
            "kind: Pod\nspec:\n  containers:\n  - name: web\n    image: nginx\n    securityContext: {a: 1}\n";
        let parsed = parse_yaml(&Source::new("t", text), &Limits::default());
        let root = parsed.tree.documents().next().unwrap();
        for (path, want, exact) in [
            ("spec.containers[0].image", "nginx", true),
            ("spec.containers[0].securityContext", "{a: 1}", true),
            ("spec.containers[0].securityContext.privileged", "securityContext", false),
            ("spec.containers[0].resources.limits", "web", false),
            ("spec.hostPID", "spec", false),
            ("spec.containers", "containers", true),
            ("", "Pod", true),
        ] {
            let located = locate(root, &FieldPath::parse(path).unwrap());
            assert_eq!((parsed.tree.source().slice(located.span), located.exact), (want, exact), "{path}");
        }
    }
}
