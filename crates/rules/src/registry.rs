use crate::{Rule, availability, hygiene, images, secrets, workload};

/// The rules of each group, each slice sorted by id. A test checks order, ids and that no file is left out.
static GROUPS: &[&[&Rule]] =
    &[availability::RULES, hygiene::RULES, images::RULES, secrets::RULES, workload::RULES];

/// All rules, by group and id.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    GROUPS.iter().flat_map(|group| group.iter().copied())
}

/// The rule with this id.
pub fn find(id: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.id == id)
}
