//! The RBAC objects that every API server creates at its first start. Source: a running kube-apiserver 1.36 (the test
//! `bootstrap` compares them).

use rampart_document::{Limits, Source, parse_json_lines};
use rampart_model::{Inventory, InventoryBuilder, Origin};

/// The origin of built-in roles and bindings, which stand in no input.
pub const BUILT_IN: u32 = u32::MAX;

static OBJECTS: &str = include_str!("../../data/bootstrap-1.36.jsonl");

pub(super) fn inventory() -> Inventory {
    let parsed = parse_json_lines(&Source::new("built in", OBJECTS), &Limits::default());
    let mut builder = InventoryBuilder::new();
    builder.unit(parsed.tree, Origin::File);
    builder.build().0
}
