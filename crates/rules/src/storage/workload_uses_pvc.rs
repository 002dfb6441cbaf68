use rampart_document::{FieldPath, Node};
use rampart_model::Object;
use rampart_report::Severity;

use crate::index::Named;
use crate::{Check, Context, Findings, Group, Profile, Rule, Workload};

pub(crate) static RULE: Rule = Rule {
    id: "workload-uses-pvc",
    group: Group::Storage,
    severity: Severity::Info,
    profile: Profile::Inventory,
    doc: include_str!("workload_uses_pvc.md"),
    check: Check::Workload(check),
};

fn check(workload: &Workload<'_>, context: &Context<'_>, out: &mut Findings) {
    let (object, pod) = (workload.object, &workload.pod);
    for (index, volume) in pod.volumes() {
        let name = volume.field("name").and_then(Node::as_str).unwrap_or("");
        let root = pod.path("volumes").index(index);
        if let Some(source) = volume.field("persistentVolumeClaim") {
            let claim = source.field("claimName").and_then(Node::as_str).unwrap_or("");
            let namespace = object.effective_namespace();
            let spec = context.inventory.find(Named::Claim.kind(), namespace, claim).and_then(Object::spec);
            let known = spec.map_or(" (not read)".to_owned(), |spec| shape(Some(spec)));
            let mode = mode(workload, name, source);
            let path = root.key("persistentVolumeClaim");
            out.fact("persistentVolumes", path, format!("claim `{claim}`{known}, mounted {mode}"));
        }
        if let Some(source) = volume.field("ephemeral") {
            let spec = source.field("volumeClaimTemplate").and_then(|template| template.field("spec"));
            let what = format!(
                "claim of the pod's own `{name}`{}, mounted {}",
                shape(spec),
                mode(workload, name, source)
            );
            out.fact("persistentVolumes", root.key("ephemeral"), what);
        }
    }
    for template in object.field(&["spec", "volumeClaimTemplates"]).into_iter().flat_map(Node::items) {
        let name = template.field("metadata").and_then(|metadata| metadata.field("name"));
        let name = name.and_then(Node::as_str).unwrap_or("");
        let what = format!(
            "claim of each replica `{name}`{}, mounted {}",
            shape(template.field("spec")),
            mode(workload, name, template)
        );
        out.fact("persistentVolumes", first_mount(workload, name), what);
    }
}

/// Access modes and class, as messages show them.
fn shape(spec: Option<Node<'_>>) -> String {
    let field = |name| spec.and_then(|spec| Node::field(spec, name));
    let modes: Vec<&str> =
        field("accessModes").into_iter().flat_map(Node::items).filter_map(Node::scalar_text).collect();
    let modes = if modes.is_empty() { "no access mode".to_owned() } else { modes.join(", ") };
    let class = match field("storageClassName").and_then(Node::scalar_text) {
        Some("") => "no class".to_owned(),
        Some(class) => format!("class {class}"),
        None => "default class".to_owned(),
    };
    format!(" ({modes}; {class})")
}

/// `read-only` when the source or every mount of it says so.
fn mode(workload: &Workload<'_>, volume: &str, source: Node<'_>) -> &'static str {
    let is_set = |node: Node<'_>| node.field("readOnly").and_then(Node::as_bool) == Some(true);
    let mut mounts = mounts(workload, volume).map(|(_, mount)| mount).peekable();
    if mounts.peek().is_none() {
        "by no container"
    } else if is_set(source) || mounts.all(is_set) {
        "read-only"
    } else {
        "read-write"
    }
}

fn mounts<'w>(workload: &'w Workload<'_>, volume: &'w str) -> impl Iterator<Item = (FieldPath, Node<'w>)> {
    workload.pod.containers().iter().flat_map(move |container| {
        let own = container
            .volume_mounts()
            .map(move |(index, mount)| (container.root().key("volumeMounts").index(index), mount));
        own.filter(move |(_, mount)| mount.field("name").and_then(Node::as_str) == Some(volume))
    })
}

/// Claim templates stand outside the pod template, so their first mount stands for them.
fn first_mount(workload: &Workload<'_>, volume: &str) -> FieldPath {
    mounts(workload, volume).next().map_or_else(|| FieldPath::root().key("spec"), |(path, _)| path)
}
