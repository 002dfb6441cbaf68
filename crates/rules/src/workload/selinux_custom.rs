use rampart_document::{Edit, FieldPath, Node};
use rampart_model::Pod;
use rampart_report::{Fix, Severity};

use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "selinux-custom",
    group: Group::Workload,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("selinux_custom.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, env: &Env<'_>, out: &mut Findings) {
    options(pod.security.se_linux_options, env, out, "the pod", || {
        pod.path("securityContext.seLinuxOptions")
    });
    for container in pod.containers().iter().filter(|own| own.security.se_linux_options.is_some()) {
        let path = || container.path("securityContext.seLinuxOptions");
        options(container.security.se_linux_options, env, out, &container.title(), path);
    }
}

fn options(
    node: Option<Node<'_>>,
    env: &Env<'_>,
    out: &mut Findings,
    who: &str,
    path: impl Fn() -> FieldPath,
) {
    let Some(node) = node else { return };
    for field in ["user", "role", "type"] {
        let Some(value) = node.field(field).and_then(Node::as_str).filter(|value| !value.is_empty()) else {
            continue;
        };
        if field == "type" && is_container_type(value, env) {
            continue;
        }
        let path = path().key(field);
        out.fail(path.clone(), format!("{who} sets the SELinux {field} to `{value}`"))
            .fix(Fix::review("remove the option", [Edit::remove(path)]));
    }
}

/// The types that the Pod Security Standards' baseline allows.
fn is_container_type(value: &str, env: &Env<'_>) -> bool {
    matches!(value, "container_t" | "container_init_t" | "container_kvm_t")
        || value == "container_engine_t" && env.version.at_least(31)
}
