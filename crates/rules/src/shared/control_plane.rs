//! What rules ask of the programs of the control plane.

use rampart_document::{FieldPath, Node};
use rampart_model::{GroupKind, Origin};

use crate::index::{API_SERVER, Component, Setting};
use crate::{Context, Findings};

/// Looks at every component that runs `program`. A running cluster that shows none has it run elsewhere: then the answer is
/// unknown.
pub(crate) fn each<'c, 'a>(
    context: &'c Context<'a>,
    program: &'static str,
    out: &mut Findings,
    mut check: impl FnMut(&'c Component<'a>, &mut Findings),
) {
    let components = context.components().of(program);
    for component in components {
        check(component, out.on(component.object.id()));
    }
    out.drop_repeats();
    if components.is_empty() {
        unseen(context, program, out);
    }
}

/// A running cluster that shows no such component: its provider runs it elsewhere, or this account may not see it.
pub(crate) fn unseen(context: &Context<'_>, program: &'static str, out: &mut Findings) {
    let namespace = context.inventory.find(GroupKind::core("Namespace"), None, "kube-system");
    if let Some(namespace) =
        namespace.filter(|namespace| matches!(namespace.origin(), Origin::Cluster { .. }))
    {
        let reason = format!("no {program} is readable: only who runs this cluster's control plane can say");
        out.on(namespace.id()).unknown(FieldPath::root(), reason).class(program);
    }
}

/// True when a comma-separated list names `item`.
pub(crate) fn lists(list: &str, item: &str) -> bool {
    list.split(',').any(|name| name.trim() == item)
}

/// True when every API server in the input names an admission plugin in `--enable-admission-plugins`; false also when
/// there is none to ask.
pub(crate) fn admission_plugin_is_on(context: &Context<'_>, plugin: &str) -> bool {
    let servers = context.components().of(API_SERVER);
    let names = |setting| matches!(setting, Setting::Given(given) if lists(given.value, plugin));
    !servers.is_empty()
        && servers.iter().all(|server| {
            (names(server.flag("enable-admission-plugins")) || names(server.flag("admission-control")))
                && !names(server.flag("disable-admission-plugins"))
        })
}

const KUBELET_CONFIGURATION: GroupKind<'static> =
    GroupKind::new("kubelet.config.k8s.io", "KubeletConfiguration");

/// True when every kubelet configuration of the input lets pods use a present image only with credentials for it
/// (`imagePullCredentialsVerificationPolicy: AlwaysVerify`, on by default from Kubernetes 1.35).
pub(crate) fn kubelets_verify_images(context: &Context<'_>) -> bool {
    let mut configurations = context.configurations().of_kind(KUBELET_CONFIGURATION).peekable();
    let policy = |node: Node<'_>| {
        node.get("imagePullCredentialsVerificationPolicy").and_then(Node::scalar_text) == Some("AlwaysVerify")
    };
    context.version.at_least(35)
        && configurations.peek().is_some()
        && configurations.all(|configuration| policy(configuration.node()))
}
