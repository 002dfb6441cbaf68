//! Readers for the shapes that several policy APIs share.

use super::Loader;
use crate::policy::{Hosts, PodSelector, Scope};
use crate::ports::{PortSet, Proto};
use crate::select::{AttrId, Expr};
use rampart_document::{FieldPath, Node};

/// Why an object is refused: the field and what is wrong with it.
pub(super) type Refused = (FieldPath, String);

/// A refusal.
pub(super) fn refuse<T>(path: &FieldPath, message: impl Into<String>) -> Result<T, Refused> {
    Err((path.clone(), message.into()))
}

/// A field that is there and not null.
pub(super) fn field<'a>(node: Node<'a>, key: &str) -> Option<Node<'a>> {
    node.get(key).filter(|node| !node.is_null())
}

/// The elements of a list field with their paths; absent is empty.
pub(super) fn list<'a>(
    node: Node<'a>,
    key: &str,
    path: &FieldPath,
) -> Result<Vec<(FieldPath, Node<'a>)>, Refused> {
    let Some(list) = field(node, key) else {
        return Ok(Vec::new());
    };
    let path = path.key(key);
    match list.as_seq() {
        Some(list) => Ok(list.items().enumerate().map(|(index, item)| (path.index(index), item)).collect()),
        None => refuse(&path, "must be a list"),
    }
}

/// A text field.
pub(super) fn text<'a>(node: Node<'a>, key: &str, path: &FieldPath) -> Result<Option<&'a str>, Refused> {
    match field(node, key) {
        None => Ok(None),
        Some(value) => match value.as_str() {
            Some(text) => Ok(Some(text)),
            None => refuse(&path.key(key), "must be text"),
        },
    }
}

/// A port number field, 1 to 65535.
pub(super) fn port(node: Node<'_>, key: &str, path: &FieldPath) -> Result<Option<u16>, Refused> {
    match field(node, key) {
        None => Ok(None),
        Some(value) => match value.as_i64().and_then(|number| u16::try_from(number).ok()) {
            Some(number) if number > 0 => Ok(Some(number)),
            _ => refuse(&path.key(key), "must be a port number from 1 to 65535"),
        },
    }
}

/// The `protocol` field of a transport port; TCP when absent.
pub(super) fn protocol(node: Node<'_>, path: &FieldPath) -> Result<Proto, Refused> {
    match text(node, "protocol", path)? {
        None | Some("TCP") => Ok(Proto::Tcp),
        Some("UDP") => Ok(Proto::Udp),
        Some("SCTP") => Ok(Proto::Sctp),
        Some(other) => refuse(&path.key("protocol"), format!("`{other}` is not TCP, UDP or SCTP")),
    }
}

/// An inclusive port range; refused when it is empty.
pub(super) fn range(proto: Proto, from: u16, to: u16, path: &FieldPath) -> Result<PortSet, Refused> {
    if from > to {
        return refuse(path, format!("port range {from}-{to} is empty"));
    }
    Ok(PortSet::range(proto, from, to))
}

/// What the labels of a selector belong to.
#[derive(Clone, Copy)]
pub(super) enum Of {
    Pod,
    Namespace,
}

impl Loader<'_> {
    pub(super) fn attr(&mut self, of: Of, key: &str) -> AttrId {
        match of {
            Of::Pod => self.world.label_attr(key),
            Of::Namespace => self.world.namespace_attr(key),
        }
    }

    /// A label selector of the Kubernetes API; empty matches all.
    pub(super) fn selector(&mut self, node: Node<'_>, of: Of, path: &FieldPath) -> Result<Expr, Refused> {
        let Some(node) = node.as_map() else {
            return refuse(path, "must be a label selector");
        };
        let mut parts = Vec::new();
        if let Some(labels) = field(node, "matchLabels") {
            let labels_path = path.key("matchLabels");
            let Some(labels) = labels.as_map() else {
                return refuse(&labels_path, "must be a map of labels");
            };
            for (key, _, value) in labels.entries() {
                let Some(value) = value.as_str().or(value.is_null().then_some("")) else {
                    return refuse(&labels_path.key(key), "label values are text");
                };
                let attr = self.attr(of, key);
                parts.push(Expr::is_in(attr, vec![self.world.symbols.intern(value)]));
            }
        }
        for (path, item) in list(node, "matchExpressions", path)? {
            parts.push(self.requirement(item, of, &path)?);
        }
        Ok(Expr::all(parts))
    }

    fn requirement(&mut self, item: Node<'_>, of: Of, path: &FieldPath) -> Result<Expr, Refused> {
        let Some(key) = text(item, "key", path)? else {
            return refuse(path, "has no key");
        };
        let attr = self.attr(of, key);
        let mut values = Vec::new();
        for (path, value) in list(item, "values", path)? {
            match value.as_str() {
                Some(value) => values.push(self.world.symbols.intern(value)),
                None => return refuse(&path, "label values are text"),
            }
        }
        let operator = path.key("operator");
        match (text(item, "operator", path)?, values.is_empty()) {
            (Some("In"), false) => Ok(Expr::is_in(attr, values)),
            (Some("NotIn"), false) => Ok(Expr::is_in(attr, values).negate()),
            (Some("In" | "NotIn"), true) => refuse(path, "In and NotIn need values"),
            (Some("Exists"), true) => Ok(Expr::Has(attr)),
            (Some("DoesNotExist"), true) => Ok(Expr::Has(attr).negate()),
            (Some("Exists" | "DoesNotExist"), false) => {
                refuse(path, "Exists and DoesNotExist take no values")
            }
            (Some(other), _) => refuse(&operator, format!("`{other}` is no selector operator")),
            (None, _) => refuse(path, "has no operator"),
        }
    }

    /// All pods of the namespaces a selector matches.
    pub(super) fn pods_of_namespaces(
        &mut self,
        node: Node<'_>,
        path: &FieldPath,
        hosts: Hosts,
    ) -> Result<PodSelector, Refused> {
        let scope = scope_of(self.selector(node, Of::Namespace, path)?);
        Ok(PodSelector { scope, pods: Expr::True, hosts })
    }
}

/// Namespaces whose facts match.
pub(super) fn scope_of(expr: Expr) -> Scope {
    if expr == Expr::True { Scope::All } else { Scope::Where(expr) }
}
