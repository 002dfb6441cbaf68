use rampart_document::Edit;
use rampart_model::Pod;
use rampart_report::{Fix, Severity};

use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "host-network",
    group: Group::Workload,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("host_network.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, _env: &Env<'_>, out: &mut Findings) {
    if pod.is_set(pod.fields.host_network) {
        let path = pod.path("hostNetwork");
        out.fail(path.clone(), "the pod uses the node's network (hostNetwork)")
            .fix(Fix::review("remove hostNetwork (its ports and DNS policy change)", [Edit::remove(path)]));
    }
}
