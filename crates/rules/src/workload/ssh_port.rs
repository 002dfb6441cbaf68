use rampart_document::{Edit, FieldPath, Node};
use rampart_model::{GroupKind, IntOrString, Object, Pod};
use rampart_report::{Fix, Severity};

use crate::{Check, Context, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "ssh-port",
    group: Group::Workload,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("ssh_port.md"),
    check: Check::PodAndObject(pod, &[GroupKind::core("Service")], service),
};

fn pod(pod: &Pod<'_>, _env: &Env<'_>, out: &mut Findings) {
    for container in pod.lasting_containers() {
        for (index, port) in container.ports() {
            let number = port.field("containerPort").and_then(Node::as_i64);
            let ssh = match number {
                Some(22) => true,
                Some(2222) => container.name().contains("ssh") || text(port, "name").contains("ssh"),
                _ => false,
            };
            if let Some(number) = number.filter(|_| ssh && is_tcp(port)) {
                let root = container.path("ports").index(index);
                out.fail(
                    root.key("containerPort"),
                    format!("{} listens for SSH on port {number}", container.title()),
                )
                .fix(Fix::review("remove the port", [Edit::remove(root)]));
            }
        }
    }
}

fn service(service: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    if service.field(&["spec", "type"]).and_then(Node::as_str) == Some("ExternalName")
        || service.field(&["spec", "selector"]).is_none_or(Node::is_empty)
    {
        return;
    }
    let ports = service.field(&["spec", "ports"]).and_then(Node::as_seq);
    for (index, port) in ports.into_iter().flat_map(Node::items).enumerate().filter(|(_, port)| is_tcp(*port))
    {
        let path = FieldPath::root().key("spec").key("ports").index(index);
        let target = port.field("targetPort").and_then(IntOrString::read);
        if target == Some(IntOrString::Int(22)) {
            leads(service, path.key("targetPort"), Target::Number, context, out);
        } else if port.field("port").and_then(Node::as_i64) == Some(22) {
            leads(service, path.key("port"), Target::Number, context, out);
        } else if let Some(IntOrString::Text(name)) = target {
            leads(service, path.key("targetPort"), Target::Name(name), context, out);
        }
    }
}

/// What a Service's port may mean by SSH.
#[derive(Clone, Copy)]
enum Target<'a> {
    /// 22 itself, if there is a pod.
    Number,
    /// A name that each pod gives a number.
    Name(&'a str),
}

/// Reports the port at `path` when it leads to SSH in a pod.
fn leads(
    service: Object<'_>,
    path: FieldPath,
    target: Target<'_>,
    context: &Context<'_>,
    out: &mut Findings,
) {
    let mut selected = context.pods().of_service(service, context.carriers).peekable();
    if selected.peek().is_none() {
        let pods = GroupKind::core("Pod");
        if context.inventory.coverage().gap(pods, service.effective_namespace()).is_some() {
            out.unknown(
                path,
                "no pod that the Service selects was read, so where the port leads cannot be told",
            );
        }
        return;
    }
    let found = selected.find(|&object| match target {
        Target::Number => true,
        Target::Name(name) => context.carriers.pod(object).is_some_and(|pod| names_ssh(&pod, name)),
    });
    let Some(object) = found else { return };
    let what = match target {
        Target::Number => format!("the Service leads to port 22 (SSH) of {object}"),
        Target::Name(name) => format!("targetPort `{name}` leads to port 22 (SSH) of {object}"),
    };
    let draft = out.fail(path.clone(), what);
    draft.evidence_in(object.id(), FieldPath::root(), "the Service selects its pods");
    // A Service without any port is none.
    let ports = service.field(&["spec", "ports"]).map_or(0, Node::len);
    let entry = path.as_str().rsplit_once('.').and_then(|(entry, _)| FieldPath::parse(entry).ok());
    if let Some(entry) = entry.filter(|_| ports > 1) {
        draft.fix(Fix::review("take the port from the Service", [Edit::remove(entry)]));
    }
}

/// True when a port of this name is 22 in one of the pod's containers.
fn names_ssh(pod: &Pod<'_>, name: &str) -> bool {
    let mut ports = pod.lasting_containers().flat_map(|container| container.ports());
    ports.any(|(_, port)| {
        text(port, "name") == name
            && is_tcp(port)
            && port.field("containerPort").and_then(Node::as_i64) == Some(22)
    })
}

fn text<'a>(node: Node<'a>, key: &str) -> &'a str {
    node.field(key).and_then(Node::as_str).unwrap_or("")
}

fn is_tcp(port: Node<'_>) -> bool {
    matches!(text(port, "protocol"), "" | "TCP")
}
