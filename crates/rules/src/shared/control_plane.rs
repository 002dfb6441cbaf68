//! The programs of the control plane, found among the pods that run them.

use rampart_model::{Carriers, Container, Object, Pod};

use super::flags::{Flag, Flags};
use crate::Context;

/// A container that runs a program of the control plane.
#[derive(Debug)]
pub(crate) struct Component<'a> {
    /// The object: a static pod's manifest, a mirror pod, or the workload of a hosted control plane.
    pub(crate) object: Object<'a>,
    /// Its pod template.
    pub(crate) pod: Pod<'a>,
    /// The container.
    pub(crate) container: Container<'a>,
    /// What the program is told.
    pub(crate) flags: Flags<'a>,
}

/// All containers of the inventory that run `program` (`kube-apiserver`, …), in input order.
pub(crate) fn components<'a>(context: &Context<'a>, program: &str) -> Vec<Component<'a>> {
    let mut found = Vec::new();
    for (kind, ids) in context.inventory.kinds() {
        if Carriers::built_in(kind).is_none() {
            continue;
        }
        for &id in ids {
            let object = context.inventory.object(id);
            let Some(pod) = context.carriers.pod(object) else { continue };
            let run = pod.containers().iter().find_map(|container| {
                let mentions = |text: Option<&str>| text.is_some_and(|text| text.contains(program));
                let first = container.argv(container.fields.command).any(|(_, text)| mentions(Some(text)));
                let args = || container.argv(container.fields.args).any(|(_, text)| mentions(Some(text)));
                // Most containers are other programs; telling so must cost nothing.
                (first || mentions(container.image()) || args())
                    .then(|| Flags::of_program(container, program).map(|flags| (*container, flags)))?
            });
            if let Some((container, flags)) = run {
                found.push(Component { object, pod, container, flags });
            }
        }
    }
    found.sort_by_key(|component| component.object.id());
    found
}

/// True when every API server in the input names an admission plugin in `--enable-admission-plugins`; false also when
/// there is none to ask.
pub(crate) fn admission_plugin_is_on(context: &Context<'_>, plugin: &str) -> bool {
    let servers = components(context, "kube-apiserver");
    let names =
        |flag| matches!(flag, Flag::Set(list, _) if list.split(',').any(|name| name.trim() == plugin));
    !servers.is_empty()
        && servers.iter().all(|server| {
            names(server.flags.value("enable-admission-plugins"))
                && !names(server.flags.value("disable-admission-plugins"))
        })
}
