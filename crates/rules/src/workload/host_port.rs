use rampart_document::{Edit, Node};
use rampart_model::Pod;
use rampart_report::{Fix, Severity};

use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "host-port",
    group: Group::Workload,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("host_port.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, _env: &Env<'_>, out: &mut Findings) {
    // On the host network the API sets hostPort to containerPort, and host-network reports the pod.
    if pod.is_set(pod.fields.host_network) {
        return;
    }
    for container in pod.containers() {
        for (index, port) in container.ports() {
            let Some(number) = port.field("hostPort").and_then(Node::as_i64).filter(|&number| number != 0)
            else {
                continue;
            };
            let path = container.path("ports").index(index).key("hostPort");
            out.fail(
                path.clone(),
                format!("{} opens port {number} of its node (hostPort)", container.title()),
            )
            .fix(Fix::review("remove hostPort", [Edit::remove(path)]));
        }
    }
}
