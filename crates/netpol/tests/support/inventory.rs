//! Texts to inventories.

use rampart_document::{Limits, Source, parse_yaml};
use rampart_model::{Inventory, InventoryBuilder, Origin};

/// An inventory of named texts; panics on texts that do not parse.
pub fn inventory(texts: &[(&str, &str)]) -> Inventory {
    let mut builder = InventoryBuilder::new();
    for (name, text) in texts {
        let parsed = parse_yaml(&Source::new(*name, *text), &Limits::default());
        assert!(parsed.diagnostics.is_empty(), "{name}: {:?}", parsed.diagnostics);
        builder.unit(parsed.tree, Origin::File);
    }
    builder.build().0
}
