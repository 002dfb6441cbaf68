use rampart_model::Object;
use rampart_report::Severity;

use super::role::{KINDS, each};
use crate::index::rbac::Scope;
use crate::index::rbac::table::{NETPOL_DELETE, NETWORK_WRITE};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "network-write",
    group: Group::Rbac,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("network_write.md"),
    check: Check::Object(KINDS, check),
};

fn check(role: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    each(role, context, out, NETWORK_WRITE | NETPOL_DELETE, |hit, out| {
        let lifts = hit.given.has(NETPOL_DELETE) && hit.scope == Scope::Cluster;
        let severity = if lifts { Severity::High } else { Severity::Medium };
        hit.fail(out, hit.graded(severity), "");
    });
}
