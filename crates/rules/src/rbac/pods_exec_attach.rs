use rampart_model::{Object, Version};
use rampart_report::Severity;

use super::role::{KINDS, each};
use crate::index::rbac::Rights;
use crate::index::rbac::table::{EXEC_CREATE, EXEC_GET};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "pods-exec-attach",
    group: Group::Rbac,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("pods_exec_attach.md"),
    check: Check::Object(KINDS, check),
};

fn check(role: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    // From 1.35 an upgrade to a WebSocket also needs `create`.
    let get = if context.version < Version::new(35) { EXEC_GET } else { Rights::NONE };
    each(role, context, out, EXEC_CREATE | get, |hit, out| {
        let severity = if hit.is_cluster() { Severity::High } else { Severity::Medium };
        hit.fail(out, hit.graded(severity), "");
    });
}
