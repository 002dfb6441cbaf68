use rampart_document::{Edit, FieldPath, Node};
use rampart_model::{GroupKind, Object, Pod};
use rampart_report::{Fix, Severity};

use crate::{Check, Context, Findings, Group, Profile, Rule, Workload};

pub(crate) static RULE: Rule = Rule {
    id: "supplemental-groups-merge",
    group: Group::Workload,
    severity: Severity::Low,
    profile: Profile::Strict,
    doc: include_str!("supplemental_groups_merge.md"),
    check: Check::Workload(check),
};

fn check(workload: &Workload<'_>, context: &Context<'_>, out: &mut Findings) {
    let pod = &workload.pod;
    // On by default from 1.33.
    if !context.version.at_least(33) || pod.is_windows() || !sets_ids(pod) {
        return;
    }
    let path = pod.path("securityContext.supplementalGroupsPolicy");
    let policy = pod.security.supplemental_groups_policy;
    match policy.map(Node::as_str) {
        Some(Some("Strict")) => {
            if let Some(node) = unaware_node(pod, context) {
                let reason = format!("{node} does not know supplementalGroupsPolicy");
                let place = ["status", "features", "supplementalGroupsPolicy"];
                let place = place.iter().fold(FieldPath::root(), |path, key| path.key(key));
                out.unknown(path, reason).evidence_in(node.id(), place, "the node does not know the field");
            }
        }
        Some(None) => {}
        other => {
            let edit = Edit::set(path.clone(), "Strict");
            let what = match other.flatten() {
                Some(value) => {
                    format!("supplementalGroupsPolicy is {value}: groups of the image's /etc/group are added")
                }
                None => "supplementalGroupsPolicy is not set: groups of the image's /etc/group are added"
                    .to_owned(),
            };
            out.fail(path, what).fix(Fix::review("set supplementalGroupsPolicy to Strict", [edit]));
        }
    }
}

/// True when the pod itself says which users and groups it wants.
fn sets_ids(pod: &Pod<'_>) -> bool {
    let security = &pod.security;
    let groups = security.supplemental_groups.and_then(Node::as_seq);
    [security.run_as_user, security.run_as_group, security.fs_group].iter().any(Option::is_some)
        || groups.is_some_and(|groups| !groups.is_empty())
}

/// A node that the pod may run on and that says it does not know the policy.
fn unaware_node<'a>(pod: &Pod<'_>, context: &Context<'a>) -> Option<Object<'a>> {
    let node = context.inventory.object(context.node_without_group_policy()?);
    let Some(name) = pod.fields.node_name.and_then(Node::as_str) else { return Some(node) };
    let own = context.inventory.find(GroupKind::core("Node"), None, name)?;
    let known = own.field(&["status", "features", "supplementalGroupsPolicy"]).and_then(Node::as_bool);
    (known == Some(false)).then_some(own)
}
