//! What a container's security settings come to: its own, else the pod's.

use rampart_document::{FieldPath, Node};
use rampart_model::{Container, Level, Pod};

use crate::{Env, Findings};

/// The containers that rules about Linux security fields look at: none in a pod that says it is for Windows, where the
/// API refuses these fields. Security contexts of the wrong type hide what is set, so nothing is said about those.
pub(crate) fn linux_containers<'p, 'a>(pod: &'p Pod<'a>) -> impl Iterator<Item = &'p Container<'a>> {
    let readable = |node: Option<Node<'_>>| node.is_none_or(|node| node.as_map().is_some());
    let containers =
        if pod.is_windows() || !readable(pod.fields.security_context) { &[] } else { pod.containers() };
    containers.iter().filter(move |container| readable(container.fields.security_context))
}

/// True when the pod runs in a user namespace of its own and the version's Pod Security Standards count that as
/// protection from root (1.35).
pub(crate) fn root_is_mapped(pod: &Pod<'_>, env: &Env<'_>) -> bool {
    env.version.at_least(35) && pod.has_user_namespace()
}

/// The path of a `securityContext` field that counts for all containers. Tekton steps have no pod-level one.
pub(crate) fn shared_path<'a>(pod: &Pod<'a>, container: &Container<'a>, field: &str) -> FieldPath {
    let level = if is_step(container) { Level::Container } else { Level::Pod };
    pod.security_path(container, level, field)
}

fn is_step(container: &Container<'_>) -> bool {
    matches!(container.list, "steps" | "sidecars")
}

/// What a boolean that must be `wanted` says instead, as words after the container's name. `None` when it is as wanted
/// or unreadable.
pub(crate) fn lacks(node: Option<Node<'_>>, field: &str, wanted: bool) -> Option<String> {
    let Some(node) = node else { return Some(format!("does not set {field} to {wanted}")) };
    let value = node.as_bool().filter(|&value| value != wanted)?;
    Some(format!("sets {field} to {value}"))
}

/// An effective value and where it is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value<T> {
    /// Neither on the container nor on the pod.
    Unset,
    /// This, there.
    Set(T, Level),
    /// Of another type than the API's; the engine makes it `unknown`.
    Unreadable,
}

fn value<'a, T>(found: Option<(Node<'a>, Level)>, read: fn(Node<'a>) -> Option<T>) -> Value<T> {
    let Some((node, level)) = found else { return Value::Unset };
    read(node).map_or(Value::Unreadable, |value| Value::Set(value, level))
}

/// Effective `runAsUser`.
pub(crate) fn user<'a>(pod: &Pod<'a>, container: &Container<'a>) -> Value<i64> {
    value(pod.effective(|own| own.run_as_user, |pod| pod.run_as_user, container), Node::as_i64)
}

/// Effective `runAsGroup`.
pub(crate) fn group<'a>(pod: &Pod<'a>, container: &Container<'a>) -> Value<i64> {
    value(pod.effective(|own| own.run_as_group, |pod| pod.run_as_group, container), Node::as_i64)
}

/// Effective `runAsNonRoot`.
pub(crate) fn non_root<'a>(pod: &Pod<'a>, container: &Container<'a>) -> Value<bool> {
    value(pod.effective(|own| own.run_as_non_root, |pod| pod.run_as_non_root, container), Node::as_bool)
}

/// Whether a container's settings let it run as root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Root {
    /// They rule it out (or cannot be read).
    No,
    /// UID 0 is asked for there.
    Told(Level),
    /// No UID is set and `runAsNonRoot` is false there.
    Let(Level),
    /// Neither is set: the image decides.
    Open,
}

/// Whether a container's settings let it run as root, user namespaces aside.
pub(crate) fn root<'a>(pod: &Pod<'a>, container: &Container<'a>) -> Root {
    match user(pod, container) {
        Value::Set(0, level) => Root::Told(level),
        Value::Set(..) | Value::Unreadable => Root::No,
        Value::Unset => match non_root(pod, container) {
            Value::Unset => Root::Open,
            Value::Set(false, level) => Root::Let(level),
            Value::Set(true, _) | Value::Unreadable => Root::No,
        },
    }
}

/// Reports bad effective values where they are set: one finding for each container that sets its own, and one for the
/// pod's value with the containers that inherit it. `emit` gets the path, whom it is about, and the value.
pub(crate) fn report<'p, 'a: 'p, T: Copy>(
    pod: &Pod<'a>,
    field: &str,
    bad: impl Iterator<Item = (&'p Container<'a>, Level, T)>,
    out: &mut Findings,
    mut emit: impl FnMut(&mut Findings, FieldPath, &str, T),
) {
    let mut inherited = String::new();
    let mut shared = None;
    for (container, level, value) in bad {
        match level {
            Level::Container => {
                emit(out, pod.security_path(container, level, field), &container.title(), value);
            }
            Level::Pod => {
                if shared.is_some() {
                    inherited.push_str(", ");
                }
                inherited.push_str(&container.title());
                shared = Some((pod.security_path(container, level, field), value));
            }
        }
    }
    if let Some((path, value)) = shared {
        emit(out, path, &inherited, value);
    }
}
