use rampart_document::{Edit, FieldPath, Node};
use rampart_model::{GroupKind, Object, Version};
use rampart_report::{Fix, Severity};

use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "device-admin-access",
    group: Group::Workload,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("device_admin_access.md"),
    check: Check::Object(
        &[
            GroupKind::new("resource.k8s.io", "ResourceClaim"),
            GroupKind::new("resource.k8s.io", "ResourceClaimTemplate"),
        ],
        check,
    ),
};

fn check(object: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    let mut path = FieldPath::root().key("spec");
    if object.kind() == "ResourceClaimTemplate" {
        path.push_key("spec");
    }
    let path = path.key("devices").key("requests");
    let requests = object.at(&path).and_then(Node::as_seq);
    for (index, request) in requests.into_iter().flat_map(Node::items).enumerate() {
        let root = path.index(index);
        let name = request.field("name").and_then(Node::as_str).unwrap_or("");
        judge(Some(request), &root, name, object, context, out);
        judge(request.field("exactly"), &root.key("exactly"), name, object, context, out);
        let choices = request.field("firstAvailable").and_then(Node::as_seq);
        for (index, choice) in choices.into_iter().flat_map(Node::items).enumerate() {
            judge(Some(choice), &root.key("firstAvailable").index(index), name, object, context, out);
        }
    }
}

fn judge(
    request: Option<Node<'_>>,
    root: &FieldPath,
    name: &str,
    object: Object<'_>,
    context: &Context<'_>,
    out: &mut Findings,
) {
    if request.and_then(|node| node.field("adminAccess")).and_then(Node::as_bool) != Some(true) {
        return;
    }
    let path = root.key("adminAccess");
    let draft =
        out.fail(path.clone(), format!("request `{name}` asks for administrative access to its devices"));
    draft.fix(Fix::review("remove adminAccess", [Edit::remove(path)]));
    let Some(label) = label(context.version) else { return };
    let namespace = object
        .effective_namespace()
        .and_then(|name| context.inventory.find(GroupKind::core("Namespace"), None, name))
        .filter(|namespace| namespace.labels().get(label) == Some("true"));
    if let Some(namespace) = namespace {
        let path = FieldPath::root().key("metadata").key("labels").key(label);
        draft.evidence_in(namespace.id(), path, "the namespace allows it");
    }
}

/// The label without which admission refuses such an object, and since when: `DRAAdminNamespaceLabelKey` of the API's
/// resource types.
fn label(version: Version) -> Option<&'static str> {
    match version.minor() {
        0..=32 => None,
        33 => Some("resource.k8s.io/admin-access"),
        34.. => Some("resource.kubernetes.io/admin-access"),
    }
}
