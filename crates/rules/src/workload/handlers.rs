//! Probes and lifecycle hooks: what the kubelet does to a container.

use rampart_document::Node;
use rampart_model::Container;

/// A probe or a lifecycle hook.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Handler<'a> {
    /// Its path in the container: `livenessProbe`, `lifecycle.preStop`, ….
    pub(crate) path: &'static str,
    /// As messages name it: `liveness probe`, `preStop hook`, ….
    pub(crate) noun: &'static str,
    /// Its mapping.
    pub(crate) node: Node<'a>,
}

/// The probes and lifecycle hooks of a container.
pub(crate) fn handlers<'a>(container: &Container<'a>) -> impl Iterator<Item = Handler<'a>> + use<'a> {
    let fields = container.fields;
    let hook = |name| fields.lifecycle.and_then(|lifecycle| lifecycle.field(name));
    let all = [
        ("livenessProbe", "liveness probe", fields.liveness_probe),
        ("readinessProbe", "readiness probe", fields.readiness_probe),
        ("startupProbe", "startup probe", fields.startup_probe),
        ("lifecycle.postStart", "postStart hook", hook("postStart")),
        ("lifecycle.preStop", "preStop hook", hook("preStop")),
    ];
    all.into_iter().filter_map(|(path, noun, node)| Some(Handler { path, noun, node: node? }))
}
