use rampart_document::Node;
use rampart_model::{GroupKind, Inventory, Object, ObjectId};
use rustc_hash::FxHashMap;

/// HorizontalPodAutoscalers and KEDA ScaledObjects by what they scale.
#[derive(Debug, Default)]
pub(crate) struct Scalers<'a> {
    by_target: FxHashMap<(Option<&'a str>, GroupKind<'a>, &'a str), Vec<Scaler>>,
}

/// One autoscaler.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scaler {
    /// The HorizontalPodAutoscaler or ScaledObject.
    pub(crate) object: ObjectId,
    /// True for a ScaledObject: it also scales up from zero.
    pub(crate) from_zero: bool,
    /// Fewest replicas; `None` when the field is not a number.
    pub(crate) min: Option<i64>,
    /// Most replicas; `None` when the field is not a number.
    pub(crate) max: Option<i64>,
}

pub(crate) const HPA: GroupKind<'static> = GroupKind::new("autoscaling", "HorizontalPodAutoscaler");
const SCALED_OBJECT: GroupKind<'static> = GroupKind::new("keda.sh", "ScaledObject");

impl<'a> Scalers<'a> {
    pub(crate) fn build(inventory: &'a Inventory) -> Self {
        let mut all = Self::default();
        for object in inventory.of_kind(HPA) {
            // The API defaults minReplicas to 1 and demands maxReplicas.
            let scaler = Scaler {
                object: object.id(),
                from_zero: false,
                min: number(object, "minReplicas", Some(1)),
                max: number(object, "maxReplicas", None),
            };
            all.add(object, scaler, ("", ""));
        }
        for object in inventory.of_kind(SCALED_OBJECT) {
            let scaler = Scaler {
                object: object.id(),
                from_zero: true,
                min: number(object, "minReplicaCount", Some(0)),
                max: number(object, "maxReplicaCount", Some(100)),
            };
            all.add(object, scaler, ("apps/v1", "Deployment"));
        }
        all
    }

    /// The autoscalers of an object, in input order.
    pub(crate) fn of<'s>(&'s self, object: Object<'s>) -> &'s [Scaler] {
        let key = (object.effective_namespace(), object.group_kind(), object.name());
        self.by_target.get(&key).map_or(&[], Vec::as_slice)
    }

    /// What a HorizontalPodAutoscaler scales, if it was read.
    pub(crate) fn target_of(scaler: Object<'a>) -> Option<Object<'a>> {
        let (kind, name) = target(scaler, ("", ""))?;
        scaler.inventory().find(kind, scaler.effective_namespace(), name)
    }

    fn add(&mut self, object: Object<'a>, scaler: Scaler, default: (&'static str, &'static str)) {
        if let Some((kind, name)) = target(object, default) {
            self.by_target.entry((object.effective_namespace(), kind, name)).or_default().push(scaler);
        }
    }
}

/// Kind and name in `scaleTargetRef`; apiVersion and kind as given where they are left out.
fn target<'a>(scaler: Object<'a>, default: (&'static str, &'static str)) -> Option<(GroupKind<'a>, &'a str)> {
    let text = |key| scaler.field(&["spec", "scaleTargetRef", key]).and_then(Node::scalar_text);
    let kind = GroupKind::of(text("apiVersion").unwrap_or(default.0), text("kind").unwrap_or(default.1));
    Some((kind, text("name")?))
}

fn number(object: Object<'_>, field: &str, default: Option<i64>) -> Option<i64> {
    object.field(&["spec", field]).map_or(default, Node::as_i64)
}
