use std::collections::{BTreeMap, BTreeSet};

use rampart_document::{FieldPath, Node};
use rampart_model::{Container, EnvSource, Pod};
use rampart_report::Severity;

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
    for container in pod.containers() {
        environment(container, &mut uses);
    }
    for (index, volume) in pod.volumes() {
        let name = volume.field("name").and_then(Node::as_str).unwrap_or("");
        let readers: Vec<String> = pod
            .containers()
            .iter()
            .filter(|container| mounts(container, name))
            .map(Container::title)
            .collect();
        volume_sources(volume, &pod.path(&format!("volumes[{index}]")), &readers, &mut uses);
    }
    let pull = pod.fields.image_pull_secrets.and_then(Node::as_seq);
    for (index, secret) in pull.into_iter().flat_map(Node::items).enumerate() {
        let path = pod.path(&format!("imagePullSecrets[{index}]"));
        add(&mut uses, (SECRETS, "Secret"), secret.field("name"), path, None, &["the kubelet".to_owned()]);
    }
    for ((list, kind, name), one) in uses {
        let keys: Vec<String> = one.keys.iter().map(|key| format!("`{key}`")).collect();
        let keys =
            if one.whole || keys.is_empty() { String::new() } else { format!(" ({})", keys.join(", ")) };
        let readers: Vec<&str> = one.readers.iter().map(String::as_str).collect();
        let readers = if readers.is_empty() { "nobody".to_owned() } else { readers.join(", ") };
        out.fact(list, one.path, format!("{kind} `{name}`{keys} is read by {readers}"));
    }
}

fn environment(container: &Container<'_>, uses: &mut Uses) {
    let reader = [container.title()];
    for env in container.env() {
        let EnvSource::From(from) = env.source else { continue };
        let root = container.root().key("env").index(env.index).key("valueFrom");
        for (field, kind) in
            [("secretKeyRef", (SECRETS, "Secret")), ("configMapKeyRef", (CONFIG_MAPS, "ConfigMap"))]
        {
            if let Some(node) = from.field(field) {
                let key = node.field("key").and_then(Node::as_str);
                add(uses, kind, node.field("name"), root.key(field), Some(key.unwrap_or("")), &reader);
            }
        }
    }
    let sources = container.fields.env_from.and_then(Node::as_seq);
    for (index, source) in sources.into_iter().flat_map(Node::items).enumerate() {
        let root = container.root().key("envFrom").index(index);
        for (field, kind) in
            [("secretRef", (SECRETS, "Secret")), ("configMapRef", (CONFIG_MAPS, "ConfigMap"))]
        {
            if let Some(node) = source.field(field) {
                add(uses, kind, node.field("name"), root.key(field), None, &reader);
            }
        }
    }
}

fn mounts(container: &Container<'_>, volume: &str) -> bool {
    container.volume_mounts().any(|(_, mount)| mount.field("name").and_then(Node::as_str) == Some(volume))
}

/// Secrets and ConfigMaps of a volume: plain, projected, by a CSI driver, or the login of a storage driver.
fn volume_sources(volume: Node<'_>, path: &FieldPath, readers: &[String], uses: &mut Uses) {
    for (field, _, source) in volume.entries() {
        let path = path.key(field);
        match field {
            "secret" => files(source, (SECRETS, "Secret"), source.field("secretName"), &path, readers, uses),
            "configMap" => {
                files(source, (CONFIG_MAPS, "ConfigMap"), source.field("name"), &path, readers, uses);
            }
            "projected" => {
                let sources = source.field("sources").and_then(Node::as_seq);
                for (index, item) in sources.into_iter().flat_map(Node::items).enumerate() {
                    let path = path.key("sources").index(index);
                    for (field, kind) in
                        [("secret", (SECRETS, "Secret")), ("configMap", (CONFIG_MAPS, "ConfigMap"))]
                    {
                        if let Some(node) = item.field(field) {
                            files(node, kind, node.field("name"), &path.key(field), readers, uses);
                        }
                    }
                }
            }
            "name" => {}
            _ => {
                let class = source.get("volumeAttributes").and_then(|node| node.get("secretProviderClass"));
                add(uses, (SECRETS, "SecretProviderClass"), class, path.clone(), None, readers);
                let kubelet = ["the kubelet".to_owned()];
                for login in ["secretRef", "nodePublishSecretRef"] {
                    let name = source.get(login).and_then(|node| node.get("name"));
                    add(uses, (SECRETS, "Secret"), name, path.key(login), None, &kubelet);
                }
                add(
                    uses,
                    (SECRETS, "Secret"),
                    source.get("secretName"),
                    path.key("secretName"),
                    None,
                    &kubelet,
                );
            }
        }
    }
}

fn files(
    source: Node<'_>,
    kind: (&'static str, &'static str),
    name: Option<Node<'_>>,
    path: &FieldPath,
    readers: &[String],
    uses: &mut Uses,
) {
    let items: Vec<Node<'_>> = source.field("items").into_iter().flat_map(Node::items).collect();
    if items.is_empty() {
        add(uses, kind, name, path.clone(), None, readers);
    }
    for item in items {
        let key = item.field("key").and_then(Node::as_str).unwrap_or("");
        add(uses, kind, name, path.clone(), Some(key), readers);
    }
}

/// Notes one use; without a key all of them are used.
fn add(
    uses: &mut Uses,
    (list, kind): (&'static str, &'static str),
    name: Option<Node<'_>>,
    path: FieldPath,
    key: Option<&str>,
    readers: &[String],
) {
    let Some(name) = name.and_then(Node::scalar_text).filter(|name| !name.is_empty()) else { return };
    let one = uses.entry((list, kind, name.to_owned())).or_insert_with(|| Use {
        path,
        keys: BTreeSet::new(),
        whole: false,
        readers: BTreeSet::new(),
    });
    match key {
        Some(key) => one.keys.extend((!key.is_empty()).then(|| key.to_owned())),
        None => one.whole = true,
    }
    one.readers.extend(readers.iter().cloned());
}
