use rampart_model::{Object, Version};
use rampart_report::Severity;

use super::role::{KINDS, each};
use crate::index::rbac::Rights;
use crate::index::rbac::table::{FORWARD, FORWARD_GET};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "pods-portforward",
    group: Group::Rbac,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("pods_portforward.md"),
    check: Check::Object(KINDS, check),
};

fn check(role: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    // From 1.35 an upgrade to a WebSocket also needs `create`.
    let get = if context.version < Version::new(35) { FORWARD_GET } else { Rights::NONE };
    each(role, context, out, FORWARD | get, |hit, out| {
        hit.fail(out, hit.graded(Severity::Medium), "");
    });
}
