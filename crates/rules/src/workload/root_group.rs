use rampart_document::{Edit, Node};
use rampart_model::Pod;
use rampart_report::{Fix, Severity};

use super::effective::{Value, group, report};
use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "root-group",
    group: Group::Workload,
    severity: Severity::Low,
    profile: Profile::Strict,
    doc: include_str!("root_group.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, _env: &Env<'_>, out: &mut Findings) {
    if pod.is_windows() || pod.has_user_namespace() {
        return;
    }
    let root = pod.containers().iter().filter_map(|container| match group(pod, container) {
        Value::Set(0, level) => Some((container, level, ())),
        _ => None,
    });
    report(pod, "runAsGroup", root, out, |out, path, who, ()| {
        out.fail(path, format!("runAsGroup: 0 puts {who} into the root group"));
    });
    if pod.security.fs_group.and_then(Node::as_i64) == Some(0) {
        let what = "fsGroup: 0 puts the pod's containers and volumes into the root group";
        out.fail(pod.path("securityContext.fsGroup"), what);
    }
    let groups = pod.security.supplemental_groups.and_then(Node::as_seq);
    for (index, gid) in groups.into_iter().flat_map(Node::items).enumerate() {
        if gid.as_i64() == Some(0) {
            let path = pod.path("securityContext.supplementalGroups").index(index);
            out.fail(path.clone(), "supplementalGroups puts the pod's containers into the root group (0)")
                .fix(Fix::review("remove group 0", [Edit::remove(path)]));
        }
    }
}
