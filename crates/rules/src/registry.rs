use crate::{Rule, Settings, availability, hygiene, images, secrets, workload};

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

/// Why a rule cannot run under these settings: it compares with what only the configuration can say. Such a rule is not
/// evaluated, so it does not pass either.
pub fn not_configured(rule: &Rule, settings: &Settings) -> Option<&'static str> {
    let no_lists = settings.allowed_registries.is_empty() && settings.blocked_registries.is_empty();
    (rule.id == "registry-not-allowed" && no_lists)
        .then_some("settings.allowedRegistries or settings.blockedRegistries")
}
