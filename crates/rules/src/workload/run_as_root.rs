use rampart_document::{Edit, FieldPath};
use rampart_model::Pod;
use rampart_report::{Fix, Severity};

use super::effective::{Root, linux_containers, report, root, root_is_mapped};
use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "run-as-root",
    group: Group::Workload,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("run_as_root.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, env: &Env<'_>, out: &mut Findings) {
    if root_is_mapped(pod, env) {
        return;
    }
    let set = |path: &FieldPath| Fix::review("set runAsNonRoot to true", [Edit::set(path.clone(), true)]);
    for container in linux_containers(pod).filter(|container| root(pod, container) == Root::Open) {
        let path = container.path("securityContext.runAsNonRoot");
        let fix = set(&path);
        let what =
            format!("{} may run as root: neither runAsNonRoot nor runAsUser is set", container.title());
        out.fail(path, what).fix(fix);
    }
    let told = linux_containers(pod).filter_map(|container| match root(pod, container) {
        Root::Let(level) => Some((container, level, ())),
        _ => None,
    });
    report(pod, "runAsNonRoot", told, out, |out, path, who, ()| {
        let fix = set(&path);
        out.fail(path, format!("runAsNonRoot: false and no runAsUser let {who} run as root")).fix(fix);
    });
}
