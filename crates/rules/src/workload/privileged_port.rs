use rampart_document::Node;
use rampart_model::Pod;
use rampart_report::Severity;

use super::sysctls;
use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "privileged-port",
    group: Group::Workload,
    severity: Severity::Low,
    profile: Profile::Strict,
    doc: include_str!("privileged_port.md"),
    check: Check::Pod(check),
};

const START: &str = "net.ipv4.ip_unprivileged_port_start";

fn check(pod: &Pod<'_>, _env: &Env<'_>, out: &mut Findings) {
    for container in pod.lasting_containers() {
        for (index, port) in container.ports() {
            if let Some(number @ 1..1024) = port.field("containerPort").and_then(Node::as_i64) {
                let path = container.path("ports").index(index).key("containerPort");
                out.fail(path, format!("{} listens on port {number}, below 1024", container.title()));
            }
        }
    }
    for (index, entry) in sysctls::entries(pod) {
        let name = entry.field("name").and_then(Node::as_str).unwrap_or("");
        let Some(value) = entry.field("value").filter(|_| sysctls::is(name, START)).and_then(Node::as_str)
        else {
            continue;
        };
        let path = pod.path("securityContext.sysctls").index(index).key("value");
        match value.trim().parse::<u32>() {
            Ok(start) if start < 1024 => {
                out.fail(path, format!("the pod lets every process listen on ports from {start} ({START})"));
            }
            Ok(_) => {}
            Err(_) => {
                out.unknown(path, format!("`{value}` is not a port number ({START})"));
            }
        }
    }
}
