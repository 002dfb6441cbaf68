use rampart_document::{Edit, Node};
use rampart_model::Pod;
use rampart_report::{Fix, Severity};

use super::handlers::handlers;
use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "probe-host",
    group: Group::Workload,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("probe_host.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, _env: &Env<'_>, out: &mut Findings) {
    for container in pod.lasting_containers() {
        for handler in handlers(container) {
            for action in ["httpGet", "tcpSocket"] {
                let host =
                    handler.node.field(action).and_then(|node| node.field("host")).and_then(Node::as_str);
                let Some(host) = host.filter(|host| !host.is_empty()) else { continue };
                let path = container.path(handler.path).key(action).key("host");
                let what = format!("the {} of {} connects to `{host}`", handler.noun, container.title());
                out.fail(path.clone(), what).fix(Fix::review("remove host", [Edit::remove(path)]));
            }
        }
    }
}
