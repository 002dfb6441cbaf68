use rampart_document::Node;
use rampart_model::Resource;
use rampart_report::Severity;

use super::resources::{Wanted, require};
use crate::{Check, Context, Findings, Group, Profile, Rule, Workload};

pub(crate) static RULE: Rule = Rule {
    id: "ephemeral-storage-limit",
    group: Group::Availability,
    severity: Severity::Low,
    profile: Profile::Strict,
    doc: include_str!("ephemeral_storage_limit.md"),
    check: Check::Workload(check),
};

const WANTED: Wanted = Wanted {
    which: Resource::Limits,
    name: "ephemeral-storage",
    noun: "ephemeral-storage limit",
    zero_is_none: false,
};

fn check(workload: &Workload<'_>, context: &Context<'_>, out: &mut Findings) {
    require(WANTED, false, workload, context, out);
    for (index, volume) in workload.pod.volumes() {
        // The API server makes a volume without any source an emptyDir.
        let source = volume.entries().find(|(key, _, value)| *key != "name" && !value.is_null());
        let empty_dir = match source {
            Some(("emptyDir", _, value)) => value.as_map(),
            Some(_) => continue,
            None => None,
        };
        if empty_dir.is_some_and(|empty_dir| empty_dir.field("sizeLimit").is_some()) {
            continue;
        }
        let medium = empty_dir.and_then(|empty_dir| empty_dir.field("medium")).and_then(Node::as_str);
        let memory = medium == Some("Memory");
        let name = volume.field("name").and_then(Node::as_str).unwrap_or("");
        let counts = if memory { "memory" } else { "disk" };
        let path = workload.pod.path("volumes").index(index).key("emptyDir").key("sizeLimit");
        out.fail(path, format!("emptyDir `{name}` has no sizeLimit; what it holds counts as {counts}"))
            .class("empty-dir");
    }
}
