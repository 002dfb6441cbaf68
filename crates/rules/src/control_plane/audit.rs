//! What the rules about audit policies share.

use rampart_document::FieldPath;
use rampart_model::GroupKind;

use crate::index::Configuration;

/// The kind of `--audit-policy-file`.
pub(super) const POLICY: GroupKind<'static> = GroupKind::new("audit.k8s.io", "Policy");

/// Where a rule of a policy stands; the list when it is none of them.
pub(super) fn rule_path(file: &Configuration<'_>, rule: Option<usize>) -> FieldPath {
    let rules = FieldPath::root().key("rules");
    file.path(&rule.map_or_else(|| rules.clone(), |index| rules.index(index)))
}
