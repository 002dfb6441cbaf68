use rampart_report::Severity;

use super::plugins::must_use;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "apiserver-node-restriction",
    group: Group::ControlPlane,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("apiserver_node_restriction.md"),
    check: Check::Set(check),
};

fn check(context: &Context<'_>, out: &mut Findings) {
    let means = "a kubelet may change other nodes and their pods";
    must_use(context, "NodeRestriction", means, out, |_| {});
}
