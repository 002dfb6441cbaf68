use rampart_netpol::Direction;
use rampart_report::Severity;

use super::isolation;
use crate::{Check, Context, Findings, Group, Profile, Rule, Workload};

pub(crate) static RULE: Rule = Rule {
    id: "pod-egress-not-isolated",
    group: Group::Network,
    severity: Severity::Low,
    profile: Profile::Default,
    doc: include_str!("pod_egress_not_isolated.md"),
    check: Check::Workload(check),
};

fn check(workload: &Workload<'_>, context: &Context<'_>, out: &mut Findings) {
    isolation::check(workload, context, Direction::Egress, out);
}
