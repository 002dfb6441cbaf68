//! Several minors to one table in which everything carries the minors it was served in.

use std::collections::BTreeMap;

use super::swagger::{Api, Field, Kind};

/// First and last minor, both inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) first: u8,
    pub(crate) last: u8,
}

/// Kinds that stayed in the description after the API server had stopped serving them, with the last minor that served
/// them by default. Source: the deprecated API migration guide of Kubernetes; evictions: the API server's own conversion.
const SERVED_UNTIL: [(&str, &str, u8); 4] = [
    ("extensions/v1beta1", "", 15),
    ("apps/v1beta1", "", 15),
    ("apps/v1beta2", "", 15),
    ("policy/v1beta1", "Eviction", 24),
];

#[derive(Debug, Default)]
pub(crate) struct Merged {
    pub(crate) oldest: u8,
    /// Every minor that was read.
    pub(crate) minors: Vec<u8>,
    pub(crate) kinds: BTreeMap<(String, String), (Kind, Range)>,
    pub(crate) types: BTreeMap<String, MergedType>,
}

#[derive(Debug)]
pub(crate) struct MergedType {
    pub(crate) range: Range,
    /// A field has one entry for each shape that it had; their ranges do not overlap.
    pub(crate) fields: BTreeMap<String, Vec<(Field, Range)>>,
}

impl Merged {
    pub(crate) fn new(oldest: u8) -> Self {
        Self { oldest, ..Self::default() }
    }

    /// Adds a minor; they must come in ascending order.
    pub(crate) fn add(&mut self, minor: u8, api: Api) {
        self.minors.push(minor);
        for ((group_version, name), kind) in api.kinds {
            let fresh = Range { first: minor, last: minor };
            let entry =
                self.kinds.entry((group_version.clone(), name.clone())).or_insert((kind.clone(), fresh));
            entry.0 = kind;
            entry.1.last = served_until(&group_version, &name).unwrap_or(minor);
        }
        for (name, fields) in api.types {
            self.add_type(minor, name, fields);
        }
    }

    fn add_type(&mut self, minor: u8, name: String, fields: BTreeMap<String, Field>) {
        let first = minor;
        let merged = self
            .types
            .entry(name)
            .or_insert_with(|| MergedType { range: Range { first, last: minor }, fields: BTreeMap::new() });
        merged.range.last = minor;
        if minor <= self.oldest {
            // What a type looked like before the oldest supported minor does not matter; the last shape does.
            merged.fields.clear();
        }
        for (field, shape) in fields {
            let shapes = merged.fields.entry(field).or_default();
            match shapes.last_mut() {
                // Minors come in order, so a shape that stays is continued.
                Some((known, range)) if *known == shape => range.last = minor,
                _ => shapes.push((shape, Range { first, last: minor })),
            }
        }
    }
}

fn served_until(group_version: &str, kind: &str) -> Option<u8> {
    // Ingress outlived the rest of its group by six minors.
    let found = SERVED_UNTIL.iter().find(|(gv, only, _)| {
        *gv == group_version && if only.is_empty() { kind != "Ingress" } else { *only == kind }
    });
    found.map(|&(.., last)| last)
}
