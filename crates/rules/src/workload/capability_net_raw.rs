use rampart_document::Edit;
use rampart_model::Pod;
use rampart_report::{Fix, Severity};

use super::capabilities::{self, Class};
use super::effective::linux_containers;
use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "capability-net-raw",
    group: Group::Workload,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("capability_net_raw.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, env: &Env<'_>, out: &mut Findings) {
    for container in linux_containers(pod).filter(|container| !container.is_privileged()) {
        capabilities::report(container, Class::NetRaw, "", out);
        if env.strict && capabilities::drops(container, &["ALL", "NET_RAW"]) == Some(false) {
            let path = container.path("securityContext.capabilities.drop");
            let edit = Edit::append(path.clone(), "NET_RAW");
            out.fail(path, format!("{} keeps the capability NET_RAW", container.title()))
                .severity(Severity::Low)
                .class("kept")
                .fix(Fix::review("drop NET_RAW", [edit]));
        }
    }
}
