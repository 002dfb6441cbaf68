use crate::{Rule, Settings};
use crate::{admission, availability, control_plane, hygiene, images, network};
use crate::{node, patching, rbac, secrets, storage, workload};

/// The rules of each group, each slice sorted by id. A test checks order, ids and that no file is left out.
static GROUPS: &[&[&Rule]] = &[
    admission::RULES,
    availability::RULES,
    control_plane::RULES,
    hygiene::RULES,
    images::RULES,
    network::RULES,
    node::RULES,
    patching::RULES,
    rbac::RULES,
    secrets::RULES,
    storage::RULES,
    workload::RULES,
];

/// All rules, by group and id.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    GROUPS.iter().flat_map(|group| group.iter().copied())
}

/// The rule with this id.
pub fn find(id: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.id == id)
}

/// Why a rule cannot run under these settings: it compares with what only the configuration can say. Such a rule is not
/// evaluated, so it does not pass either.
pub fn not_configured(rule: &Rule, settings: &Settings) -> Option<&'static str> {
    let no_lists = settings.allowed_registries.is_empty() && settings.blocked_registries.is_empty();
    (rule.id == "registry-not-allowed" && no_lists)
        .then_some("settings.allowedRegistries or settings.blockedRegistries")
}
