use rampart_document::{Kind, Node, Segment};
use rampart_model::Object;
use sha2::{Digest as _, Sha256};

use crate::Finding;

/// A name of the finding that stays when lines move, documents and list elements change order and files are renamed: a
/// hash of rule, object (group, kind, namespace, name), [path](stable_path) and value class. 32 hex digits. Objects
/// that are defined twice have equal fingerprints: whoever compares must count.
pub fn fingerprint(object: Object<'_>, finding: &Finding) -> String {
    let kind = object.group_kind();
    let path = stable_path(object, finding);
    let parts = [
        finding.detail.rule,
        kind.group,
        kind.kind,
        object.effective_namespace().unwrap_or(""),
        object.name(),
        &path,
        finding.detail.class,
    ];
    hash(&parts, 16)
}

fn hash(parts: &[&str], bytes: usize) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.as_bytes());
        hasher.update([0]);
    }
    hasher.finalize().iter().take(bytes).map(|byte| format!("{byte:02x}")).collect()
}

/// The finding's path with list elements by what tells them apart, not by their number: `spec.containers[api].image`.
pub fn stable_path(object: Object<'_>, finding: &Finding) -> String {
    let path = finding.path();
    let mut node = Some(object.node());
    let mut text = String::new();
    for segment in path.segments() {
        match segment {
            Segment::Key(key) => {
                node = node.and_then(|node| node.get(&key));
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(&key);
            }
            Segment::Index(index) => {
                node = node.and_then(|node| node.items().nth(index));
                let name = node.and_then(|item| identity(item, finding.detail.sensitive));
                text.push_str(&format!("[{}]", name.unwrap_or_else(|| index.to_string())));
            }
        }
    }
    text
}

/// Fields that tell elements without a name apart, in the API's lists.
const KEYS: [&str; 8] = ["key", "containerPort", "port", "ip", "hostname", "host", "path", "topologyKey"];

/// What tells a list element apart from its neighbours: its name (with kind and mount point, where lists repeat names),
/// else a field that serves as one, else its contents. `None` when contents are secret: a hash of few guessable bytes
/// gives them away.
fn identity(item: Node<'_>, sensitive: bool) -> Option<String> {
    let field = |key: &str| item.get(key).and_then(Node::scalar_text).filter(|text| !text.is_empty());
    if let Some(name) = field("name") {
        let more = ["kind", "namespace", "mountPath"].into_iter().filter_map(field);
        return Some(std::iter::once(name).chain(more).collect::<Vec<_>>().join("/"));
    }
    if let Some(found) = KEYS.into_iter().find_map(|key| field(key).map(|text| format!("{key}={text}"))) {
        return Some(found);
    }
    if sensitive {
        return None;
    }
    let mut scalars = Vec::new();
    collect(item, &mut scalars);
    Some(format!("={}", hash(&scalars, 8)))
}

/// Keys and scalars of an element in order, which do not change with its formatting.
fn collect<'a>(node: Node<'a>, scalars: &mut Vec<&'a str>) {
    // Contents beyond this tell nothing more apart, and aliases could make them endless.
    const MOST: usize = 256;
    if scalars.len() >= MOST {
        return;
    }
    match node.kind() {
        Kind::Map => {
            for (key, _, value) in node.entries() {
                scalars.push(key);
                collect(value, scalars);
            }
        }
        Kind::Seq => node.items().for_each(|item| collect(item, scalars)),
        _ => scalars.extend(node.scalar_text()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rampart_document::{FieldPath, Limits, Source, parse_yaml};
    use rampart_model::{Inventory, InventoryBuilder, ObjectId, Origin};

    use super::*;
    use crate::{Detail, Severity, Verdict};

    fn inventory(name: &str, text: &str) -> Inventory {
        let mut builder = InventoryBuilder::new();
        builder.unit(parse_yaml(&Source::new(name, text), &Limits::default()).tree, Origin::File);
        builder.build().0
    }

    fn at(object: u32, path: &str, sensitive: bool) -> Finding {
        let detail = Detail {
            rule: "r",
            verdict: Verdict::Fail,
            severity: Severity::Low,
            path: Arc::new(FieldPath::parse(path).unwrap()),
            what: "x".into(),
            class: "",
            sensitive,
            evidence: Box::default(),
            fix: None,
        };
        Finding::new(ObjectId(object), Arc::default(), Arc::new(detail))
    }

    fn print(inventory: &Inventory, finding: &Finding) -> String {
        fingerprint(inventory.object(finding.object), finding)
    }

    #[test]
    fn stays_when_lines_documents_and_elements_move() {
        let one = inventory(
            "one.yaml",
            "kind: Role\napiVersion: rbac.authorization.k8s.io/v1\nmetadata: {name: a}\nrules:\n- verbs: [get]\n  resources: [pods]\n- verbs: [list, watch]\n",
        );
        let two = inventory(
            "renamed.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n---\n# more\n\nkind: Role\napiVersion: rbac.authorization.k8s.io/v1\nmetadata: {name: a}\nrules:\n  - verbs: [ 'list', watch ]\n  - verbs: [delete]\n",
        );
        for (first, second, same) in [
            ("rules[1].verbs[0]", "rules[0].verbs[0]", true),
            ("rules[1].verbs[0]", "rules[0].verbs[1]", false),
            ("rules[0].verbs[0]", "rules[0].verbs[0]", false),
        ] {
            let (old, new) = (print(&one, &at(0, first, false)), print(&two, &at(1, second, false)));
            assert_eq!(old == new, same, "{first} and {second}");
        }
    }

    #[test]
    fn names_come_before_contents_and_secrets_are_not_hashed() {
        let pod = inventory(
            "p",
            "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: api\n    args: [--token=x]\n    ports: [{containerPort: 80}]\n    volumeMounts: [{name: v, mountPath: /a}]\n",
        );
        let path = |path, sensitive| {
            let finding = at(0, path, sensitive);
            stable_path(pod.object(finding.object), &finding)
        };
        assert_eq!(path("spec.containers[0].image", false), "spec.containers[api].image");
        assert_eq!(path("spec.containers[0].args[0]", true), "spec.containers[api].args[0]");
        assert!(path("spec.containers[0].args[0]", false).starts_with("spec.containers[api].args[="));
        assert_eq!(
            path("spec.containers[0].ports[0]", false),
            "spec.containers[api].ports[containerPort=80]"
        );
        assert_eq!(
            path("spec.containers[0].volumeMounts[0]", false),
            "spec.containers[api].volumeMounts[v//a]"
        );
        assert_eq!(path("spec.hostAliases[3]", false), "spec.hostAliases[3]");
    }
}
