use rampart_document::FieldPath;
use rampart_model::{GroupKind, Object, Origin};
use rampart_report::Severity;

use super::encryption::{KINDS, Kind, deciding};
use crate::shared::control_plane::{Component, components};
use crate::shared::flags::Flag;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "encryption-disabled",
    group: Group::Secrets,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("encryption_disabled.md"),
    check: Check::Set(check),
};

const FLAG: &str = "encryption-provider-config";

fn check(context: &Context<'_>, out: &mut Findings) {
    let configurations: Vec<Object<'_>> =
        KINDS.iter().flat_map(|&kind| context.inventory.of_kind(kind)).collect();
    let servers = components(context, "kube-apiserver");
    for &object in &configurations {
        configuration(object, out.on(object.id()));
    }
    for server in &servers {
        let out = out.on(server.object.id());
        match server.flags.value(FLAG) {
            Flag::Unset => {
                let path = command_path(server);
                let what = format!("kube-apiserver runs without --{FLAG}: Secrets are stored in plain text");
                out.fail(path, what);
            }
            Flag::Unknown(reason) => {
                out.unknown(command_path(server), format!("--{FLAG} cannot be read: {reason}"));
            }
            Flag::Set(file, place) => {
                if !is_among(file, &configurations) {
                    let path = server.pod.prefix.join(&place.path(&server.container));
                    out.unknown(path, format!("the encryption configuration `{file}` is not in the input"));
                }
            }
        }
    }
    if servers.is_empty() && configurations.is_empty() {
        managed(context, out);
    }
}

fn command_path(server: &Component<'_>) -> FieldPath {
    let field = if server.container.fields.command.is_some() { "command" } else { "args" };
    server.pod.prefix.join(&server.container.path(field))
}

/// True when the file is one of the configurations: the one of that file name, or the only one there is.
fn is_among(file: &str, configurations: &[Object<'_>]) -> bool {
    let base = |path: &str| path.rsplit('/').next().unwrap_or("").to_owned();
    configurations.len() == 1
        || configurations.iter().any(|object| base(object.source().name()) == base(file))
}

fn configuration(object: Object<'_>, out: &mut Findings) {
    let Some(entry) = deciding(object, "secrets", "") else {
        out.fail(
            FieldPath::root().key("resources"),
            "no entry covers secrets: they are stored in plain text",
        );
        return;
    };
    match entry.first() {
        Some(first) if first.kind == Kind::Identity => {
            let what = "the first provider for secrets is identity, which stores them in plain text";
            out.fail(entry.provider_path(first), what);
        }
        Some(_) => {}
        None => {
            out.unknown(entry.path().key("providers"), "the first provider for secrets is not known");
        }
    }
}

/// A running cluster that shows no API server: its provider runs it elsewhere.
fn managed(context: &Context<'_>, out: &mut Findings) {
    let namespace = context.inventory.find(GroupKind::core("Namespace"), None, "kube-system");
    if let Some(namespace) =
        namespace.filter(|namespace| matches!(namespace.origin(), Origin::Cluster { .. }))
    {
        let reason =
            "no kube-apiserver is readable: ask the provider of this cluster whether etcd is encrypted";
        out.on(namespace.id()).unknown(FieldPath::root(), reason);
    }
}
