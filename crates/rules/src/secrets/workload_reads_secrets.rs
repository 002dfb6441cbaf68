use std::collections::{BTreeMap, BTreeSet};

use rampart_document::{FieldPath, Node};
use rampart_model::{Container, Pod};
use rampart_report::Severity;

use crate::index::{Holder, Named, Reference, Via, of_pod};
use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "workload-reads-secrets",
    group: Group::Secrets,
    severity: Severity::Info,
    profile: Profile::Inventory,
    doc: include_str!("workload_reads_secrets.md"),
    check: Check::Pod(check),
};

const SECRETS: &str = "secrets";
const CONFIG_MAPS: &str = "configMaps";

/// One Secret or ConfigMap as the pod uses it.
struct Use {
    path: FieldPath,
    keys: BTreeSet<String>,
    whole: bool,
    readers: BTreeSet<String>,
}

/// By list, kind and name.
type Uses = BTreeMap<(&'static str, &'static str, String), Use>;

fn check(pod: &Pod<'_>, _env: &Env<'_>, out: &mut Findings) {
    let mut uses = Uses::new();
    of_pod(pod, None, &mut |reference, path| {
        let (named, _, name) = reference.target;
        let list = match named {
            Named::Secret | Named::ProviderClass => SECRETS,
            Named::ConfigMap => CONFIG_MAPS,
            _ => return,
        };
        let key = (list, named.kind().kind, name.to_owned());
        let one = uses.entry(key).or_insert_with(|| Use {
            path: path(),
            keys: BTreeSet::new(),
            whole: false,
            readers: BTreeSet::new(),
        });
        match reference.key {
            Some(key) => _ = one.keys.insert(key.name.to_owned()),
            None => one.whole = true,
        }
        one.readers.extend(readers(&reference, pod));
    });
    for ((list, kind, name), one) in uses {
        let keys: Vec<String> = one.keys.iter().map(|key| format!("`{key}`")).collect();
        let keys =
            if one.whole || keys.is_empty() { String::new() } else { format!(" ({})", keys.join(", ")) };
        let readers: Vec<&str> = one.readers.iter().map(String::as_str).collect();
        let readers = if readers.is_empty() { "nobody".to_owned() } else { readers.join(", ") };
        out.fact(list, one.path, format!("{kind} `{name}`{keys} is read by {readers}"));
    }
}

/// Who sees what a reference names.
fn readers(reference: &Reference<'_>, pod: &Pod<'_>) -> Vec<String> {
    match reference.holder {
        _ if reference.via == Via::Driver => vec!["the kubelet".to_owned()],
        Holder::Other => vec!["the kubelet".to_owned()],
        Holder::Container(index) => pod.containers().get(index).map(Container::title).into_iter().collect(),
        Holder::Volume(name) => {
            let mounting = pod.containers().iter().filter(|container| mounts(container, name));
            mounting.map(Container::title).collect()
        }
    }
}

fn mounts(container: &Container<'_>, volume: &str) -> bool {
    container.volume_mounts().any(|(_, mount)| mount.field("name").and_then(Node::as_str) == Some(volume))
}
