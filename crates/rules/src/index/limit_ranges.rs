use rampart_document::{Node, mismatches};
use rampart_model::{GroupKind, Inventory, Object, Quantity, Resource};
use rustc_hash::FxHashMap;

/// Which requests and limits the LimitRanges of a namespace give to containers that set none.
#[derive(Debug, Default)]
pub(crate) struct LimitRanges<'a> {
    by_namespace: FxHashMap<&'a str, Supplies>,
}

/// Whether a LimitRange fills a value in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Supply {
    /// One does.
    Given,
    /// None does.
    Missing,
    /// None that can be read does, but one of them holds a value of the wrong type.
    Unreadable,
}

#[derive(Debug, Default)]
struct Supplies {
    given: Vec<(Resource, Box<str>)>,
    unreadable: bool,
}

const KIND: GroupKind<'static> = GroupKind::core("LimitRange");

impl<'a> LimitRanges<'a> {
    pub(crate) fn build(inventory: &'a Inventory) -> Self {
        let mut all = Self::default();
        for object in inventory.of_kind(KIND) {
            if let Some(namespace) = object.effective_namespace() {
                let supplies = all.by_namespace.entry(namespace).or_default();
                let (understood, mismatch) = mismatches::watch(|| supplies.read(object));
                supplies.unreadable |= mismatch || !understood;
            }
        }
        all
    }

    /// Whether a container in this namespace that sets no such request or limit gets one.
    pub(crate) fn supply(&self, namespace: Option<&str>, which: Resource, name: &str) -> Supply {
        match namespace.and_then(|namespace| self.by_namespace.get(namespace)) {
            Some(supplies) if supplies.gives(which, name) => Supply::Given,
            Some(supplies) if supplies.unreadable => Supply::Unreadable,
            _ => Supply::Missing,
        }
    }
}

impl Supplies {
    fn gives(&self, which: Resource, name: &str) -> bool {
        self.given.iter().any(|(given, resource)| *given == which && **resource == *name)
    }

    /// False when a quantity cannot be read. Source: the defaulting of LimitRange items of type Container in
    /// `pkg/apis/core/v1/defaults.go` (max fills default, default fills defaultRequest, min fills what is left).
    fn read(&mut self, object: Object<'_>) -> bool {
        let mut understood = true;
        for item in object.field(&["spec", "limits"]).and_then(Node::as_seq).into_iter().flat_map(Node::items)
        {
            if item.field("type").and_then(Node::as_str) != Some("Container") {
                continue;
            }
            for (field, as_limit) in
                [("default", true), ("max", true), ("defaultRequest", false), ("min", false)]
            {
                for (name, _, value) in item.field(field).into_iter().flat_map(Node::entries) {
                    match value.scalar_text().and_then(|text| Quantity::parse(text).ok()) {
                        None => understood = false,
                        // A limit of zero is no limit.
                        Some(value) if as_limit && value.is_zero() => {}
                        Some(_) => {
                            if as_limit {
                                self.given.push((Resource::Limits, name.into()));
                            }
                            self.given.push((Resource::Requests, name.into()));
                        }
                    }
                }
            }
        }
        understood
    }
}
