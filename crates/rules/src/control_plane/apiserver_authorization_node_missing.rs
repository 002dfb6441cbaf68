use rampart_report::Severity;

use super::authorizers::Authorizers;
use crate::index::API_SERVER;
use crate::shared::ask::each;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "apiserver-authorization-node-missing",
    group: Group::ControlPlane,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("apiserver_authorization_node_missing.md"),
    check: Check::Set(check),
};

fn check(context: &Context<'_>, out: &mut Findings) {
    each(context, API_SERVER, out, |server, out| {
        let found = Authorizers::of(server, out)?;
        if !found.has("Node") {
            found.missing(server, "Node", "kubelets are not limited to objects of their own node", out);
        }
        Ok(())
    });
}
