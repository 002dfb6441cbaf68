use rampart_document::{Edit, Node};
use rampart_model::Pod;
use rampart_report::{Fix, Severity};

use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "host-aliases",
    group: Group::Workload,
    severity: Severity::Low,
    profile: Profile::Strict,
    doc: include_str!("host_aliases.md"),
    check: Check::Pod(check),
};

/// Names under which clouds serve credentials and other metadata to their machines.
const METADATA: [&str; 6] = [
    "instance-data",
    "instance-data.ec2.internal",
    "metadata",
    "metadata.azure.internal",
    "metadata.goog",
    "metadata.google.internal",
];

fn check(pod: &Pod<'_>, _env: &Env<'_>, out: &mut Findings) {
    let Some(aliases) = pod.fields.host_aliases.and_then(Node::as_seq).filter(|list| !list.is_empty()) else {
        return;
    };
    let root = pod.path("hostAliases");
    let fix = || Fix::review("remove hostAliases", [Edit::remove(root.clone())]);
    let mut redirected = false;
    for (index, alias) in aliases.items().enumerate() {
        let names = alias.field("hostnames").and_then(Node::as_seq).into_iter().flat_map(Node::items);
        for (at, name) in names.enumerate() {
            let Some(name) = name.as_str().filter(|name| is_trusted(name)) else { continue };
            redirected = true;
            let ip = alias.field("ip").and_then(Node::as_str).unwrap_or("");
            let path = root.index(index).key("hostnames").index(at);
            out.fail(path, format!("hostAliases sends `{name}` to {ip}"))
                .severity(Severity::Medium)
                .fix(fix());
        }
    }
    if !redirected {
        out.fail(root.clone(), "the pod adds names to its /etc/hosts (hostAliases)").fix(fix());
    }
}

/// True for names that programs trust: the API server's, those of the cluster's Services, and clouds' metadata.
fn is_trusted(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name.starts_with("kubernetes.default")
        || name == "cluster.local"
        || name.ends_with(".cluster.local")
        || METADATA.contains(&name.as_str())
}
