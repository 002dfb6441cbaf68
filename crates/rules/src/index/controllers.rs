use rampart_document::Kind;
use rampart_model::{GroupKind, Inventory, Labels, Object, ObjectId, Origin, Selector};
use rustc_hash::FxHashMap;

/// Controllers by the labels of their pod templates, to find whose pods a selector catches.
#[derive(Debug)]
pub(crate) struct Controllers<'a> {
    inventory: &'a Inventory,
    by_label: FxHashMap<(Scope<'a>, &'a str, &'a str), Vec<ObjectId>>,
    by_scope: FxHashMap<Scope<'a>, Vec<ObjectId>>,
}

/// Where selectors see each other: a namespace of one cluster. While the input is not known to be one cluster, what is
/// deployed together is taken to be: the files of a directory, or one rendered output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Scope<'a> {
    namespace: Option<&'a str>,
    place: &'a str,
}

const KINDS: [GroupKind<'static>; 5] = [
    GroupKind::core("ReplicationController"),
    GroupKind::new("apps", "DaemonSet"),
    GroupKind::new("apps", "Deployment"),
    GroupKind::new("apps", "ReplicaSet"),
    GroupKind::new("apps", "StatefulSet"),
];

impl<'a> Controllers<'a> {
    pub(crate) fn build(inventory: &'a Inventory) -> Self {
        let mut all = Self { inventory, by_label: FxHashMap::default(), by_scope: FxHashMap::default() };
        // What has a controller itself (a ReplicaSet of a Deployment) shares its pods on purpose.
        let objects = KINDS.iter().flat_map(|&kind| inventory.of_kind(kind));
        for object in objects.filter(|object| object.controller().is_none()) {
            let scope = scope(object);
            all.by_scope.entry(scope).or_default().push(object.id());
            for (key, value) in labels(object).iter() {
                all.by_label.entry((scope, key, value)).or_default().push(object.id());
            }
        }
        all
    }

    /// The first other controller whose pods this one's selector matches too. Another version of the same object is not
    /// another controller.
    pub(crate) fn caught_by(&self, object: Object<'_>, selector: Selector<'_>) -> Option<Object<'a>> {
        if object.controller().is_some() {
            return None;
        }
        let scope = scope(object);
        let empty: &[ObjectId] = &[];
        let buckets = selector
            .pairs()
            .map(|(key, value)| self.by_label.get(&(scope, key, value)).map_or(empty, Vec::as_slice));
        let all = || self.by_scope.get(&scope).map_or(empty, Vec::as_slice);
        let candidates = buckets.min_by_key(|bucket| bucket.len()).unwrap_or_else(all);
        candidates.iter().map(|&id| self.inventory.object(id)).find(|other| {
            let same = other.name() == object.name() && other.group_kind() == object.group_kind();
            !same && selector.matches(labels(*other)) == Some(true)
        })
    }
}

fn labels(object: Object<'_>) -> Labels<'_> {
    Labels::new(
        object.field(&["spec", "template", "metadata", "labels"]).filter(|node| node.kind() == Kind::Map),
    )
}

fn scope(object: Object<'_>) -> Scope<'_> {
    let coverage = object.inventory().coverage();
    let whole = coverage.is_full(object.group_kind(), object.effective_namespace());
    let name = object.source().name();
    let place = match object.origin() {
        _ if whole || !object.is_from_files() => "",
        Origin::File => name.rsplit_once('/').map_or("", |(directory, _)| directory),
        _ => name,
    };
    Scope { namespace: object.effective_namespace(), place }
}
