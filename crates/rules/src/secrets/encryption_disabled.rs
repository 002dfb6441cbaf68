use rampart_document::FieldPath;
use rampart_model::Object;
use rampart_report::Severity;

use super::encryption::{KINDS, Kind, deciding};
use crate::index::{API_SERVER, Setting};
use crate::shared::control_plane::unseen;
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
    let servers = context.components().of(API_SERVER);
    for &object in &configurations {
        configuration(object, out.on(object.id()));
    }
    for server in servers {
        let out = out.on(server.object.id());
        let list = || server.list(context.configurations());
        match server.flag(FLAG) {
            Setting::Unset => {
                let what = format!("kube-apiserver runs without --{FLAG}: Secrets are stored in plain text");
                out.fail(list(), what);
            }
            Setting::Unknown(reason) => {
                out.unknown(list(), format!("--{FLAG} cannot be read: {reason}"));
            }
            Setting::Given(file) => {
                let is_there = is_among(file.value, &configurations);
                if !is_there && context.configurations().of_file(KINDS[0], file.value).is_none() {
                    let what = format!("the encryption configuration `{}` is not in the input", file.value);
                    out.unknown(file.path, what);
                }
            }
        }
    }
    if servers.is_empty() && configurations.is_empty() {
        unseen(context, API_SERVER, out);
    }
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
