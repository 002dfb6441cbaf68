//! Which backup schedules cover which claims.

use rampart_document::Node;
use rampart_model::{GroupKind, Object, ObjectId, Selector};
use rustc_hash::FxHashMap;

use crate::Context;

/// Kinds whose objects schedule backups.
pub(super) const KINDS: [GroupKind<'static>; 5] = [
    GroupKind::new("velero.io", "Schedule"),
    GroupKind::new("k8up.io", "Schedule"),
    GroupKind::new("config.kio.kasten.io", "Policy"),
    GroupKind::new("volsync.backube", "ReplicationSource"),
    GroupKind::new("snapscheduler.backube", "SnapshotSchedule"),
];

/// All schedules that are switched on.
#[derive(Debug, Default)]
pub(crate) struct Backups<'a> {
    /// Those that choose their namespaces themselves.
    wide: Vec<ObjectId>,
    /// Those about their own namespace.
    own: FxHashMap<&'a str, Vec<ObjectId>>,
}

impl<'a> Backups<'a> {
    fn build(context: &Context<'a>) -> Self {
        let mut all = Self::default();
        for kind in KINDS {
            for object in context.inventory.of_kind(kind).filter(|&object| is_on(object)) {
                if is_wide(object) {
                    all.wide.push(object.id());
                } else if let Some(namespace) = object.effective_namespace() {
                    all.own.entry(namespace).or_default().push(object.id());
                }
            }
        }
        all
    }

    fn of<'s>(&'s self, context: &'s Context<'_>, namespace: &str) -> impl Iterator<Item = Object<'s>> {
        let own = self.own.get(namespace).map_or(&[][..], Vec::as_slice);
        own.iter().chain(&self.wide).map(|&id| context.inventory.object(id))
    }

    /// True when some schedule covers a namespace: any of these claims, or what it may still hold.
    pub(super) fn cover(&self, context: &Context<'_>, namespace: &str, claims: &[ObjectId]) -> bool {
        let claims: Vec<Object<'_>> = claims.iter().map(|&id| context.inventory.object(id)).collect();
        self.of(context, namespace).any(|schedule| {
            covers_namespace(schedule, namespace)
                && (claims.is_empty() || claims.iter().any(|&claim| covers_claim(schedule, claim)))
        })
    }

    /// True when some schedule covers a claim.
    pub(super) fn cover_claim(&self, context: &Context<'_>, namespace: &str, claim: Object<'_>) -> bool {
        let mut schedules = self.of(context, namespace);
        schedules.any(|schedule| covers_namespace(schedule, namespace) && covers_claim(schedule, claim))
    }
}

impl<'a> Context<'a> {
    /// Backup schedules by what they cover.
    pub(super) fn backups(&self) -> &Backups<'a> {
        let build = || rampart_document::mismatches::aside(|| Backups::build(self));
        self.indexes().backups.get_or_init(build)
    }
}

fn is_wide(object: Object<'_>) -> bool {
    matches!(object.group_kind().group, "velero.io" | "config.kio.kasten.io")
}

/// True for a schedule that runs.
fn is_on(object: Object<'_>) -> bool {
    let set = |field| object.field(&["spec", field]).and_then(Node::as_bool) == Some(true);
    let text = |path: &[&str]| object.field(path).and_then(Node::scalar_text);
    match object.group_kind().group {
        "velero.io" => !set("paused") && text(&["status", "phase"]) != Some("FailedValidation"),
        "k8up.io" => text(&["spec", "backup", "schedule"]).is_some(),
        "config.kio.kasten.io" => {
            let mut actions = object.field(&["spec", "actions"]).into_iter().flat_map(Node::items);
            let backs_up =
                |action: Node<'_>| action.get("action").and_then(Node::scalar_text) == Some("backup");
            !set("paused") && text(&["spec", "frequency"]) != Some("@onDemand") && actions.any(backs_up)
        }
        "volsync.backube" => !set("paused") && text(&["spec", "trigger", "schedule"]).is_some(),
        _ => !set("disabled"),
    }
}

const KASTEN_NAMESPACE: &str = "k10.kasten.io/appNamespace";

fn covers_namespace(schedule: Object<'_>, namespace: &str) -> bool {
    match schedule.group_kind().group {
        "velero.io" => {
            let template = schedule.field(&["spec", "template"]);
            includes(template, "includedNamespaces", &[namespace])
                && !lists(template, "excludedNamespaces", &[namespace])
                && takes_volumes(template)
        }
        "config.kio.kasten.io" => {
            let Some(selector) = schedule.field(&["spec", "selector"]) else { return true };
            let label = selector.field("matchLabels").and_then(|labels| labels.field(KASTEN_NAMESPACE));
            let expressions = selector.field("matchExpressions").into_iter().flat_map(Node::items);
            let named = expressions
                .filter(|one| one.field("key").and_then(Node::scalar_text) == Some(KASTEN_NAMESPACE))
                .flat_map(|one| one.field("values").into_iter().flat_map(Node::items));
            named.chain(label).any(|value| matches_name(value, namespace))
        }
        _ => true,
    }
}

const CLAIMS: [&str; 3] = ["persistentvolumeclaims", "persistentvolumeclaim", "pvc"];

/// Whether a Velero backup copies what is on the volumes, not only their objects.
fn takes_volumes(template: Option<Node<'_>>) -> bool {
    let flag = |name| template.and_then(|map| Node::field(map, name)).and_then(Node::as_bool);
    // Unset takes snapshots where a snapshot location is configured.
    let copies = flag("snapshotVolumes") != Some(false)
        || flag("defaultVolumesToFsBackup") == Some(true)
        || flag("snapshotMoveData") == Some(true);
    let excluded = ["excludedResources", "excludedNamespaceScopedResources"];
    let included = ["includedResources", "includedNamespaceScopedResources"];
    copies
        && included.iter().all(|field| includes(template, field, &CLAIMS))
        && !excluded.iter().any(|field| lists(template, field, &CLAIMS))
}

/// True when the list is absent, empty, `*`, or names one of `wanted`.
fn includes(map: Option<Node<'_>>, field: &str, wanted: &[&str]) -> bool {
    let list = map.and_then(|map| map.field(field)).filter(|list| !list.is_empty());
    list.is_none() || lists(map, field, wanted)
}

fn lists(map: Option<Node<'_>>, field: &str, wanted: &[&str]) -> bool {
    let mut items = map.and_then(|map| map.field(field)).into_iter().flat_map(Node::items);
    items.any(|item| wanted.iter().any(|one| matches_name(item, one)))
}

fn matches_name(item: Node<'_>, name: &str) -> bool {
    item.scalar_text()
        .is_some_and(|text| text == name || text.strip_suffix('*').is_some_and(|stem| name.starts_with(stem)))
}

fn covers_claim(schedule: Object<'_>, claim: Object<'_>) -> bool {
    let labels = claim.labels();
    let selects = |node: Node<'_>| Selector::label_selector(node).matches(labels) == Some(true);
    let excluded = |map: rampart_model::Labels<'_>, key, value| map.get(key) == Some(value);
    match schedule.group_kind().group {
        "velero.io" => {
            let template = schedule.field(&["spec", "template"]);
            let field = |name| template.and_then(|map| Node::field(map, name));
            let any = field("orLabelSelectors").filter(|list| !list.is_empty());
            !excluded(labels, "velero.io/exclude-from-backup", "true")
                && field("labelSelector").is_none_or(selects)
                && any.is_none_or(|list| list.items().any(selects))
        }
        "k8up.io" => !excluded(claim.annotations(), "k8up.io/backup", "false"),
        "volsync.backube" => {
            schedule.field(&["spec", "sourcePVC"]).and_then(Node::scalar_text) == Some(claim.name())
        }
        "snapscheduler.backube" => schedule.field(&["spec", "claimSelector"]).is_none_or(selects),
        _ => true,
    }
}
