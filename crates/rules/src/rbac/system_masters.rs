use rampart_authz::MASTERS;
use rampart_authz::rbac::SubjectKind;
use rampart_document::{FieldPath, Limits, Node, Source, parse_yaml};
use rampart_model::{GroupKind, KUBECONFIG, Object};
use rampart_report::Severity;

use super::certificate::organizations;
use super::subject::{remove, subjects};
use crate::index::rbac::{CLUSTER_ROLE_BINDING, RBAC_GROUP, ROLE_BINDING};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "system-masters",
    group: Group::Rbac,
    severity: Severity::Critical,
    profile: Profile::Default,
    doc: include_str!("system_masters.md"),
    check: Check::Object(
        &[ROLE_BINDING, CLUSTER_ROLE_BINDING, GroupKind::core("ConfigMap"), KUBECONFIG],
        check,
    ),
};

fn check(object: Object<'_>, _context: &Context<'_>, out: &mut Findings) {
    let kind = object.group_kind();
    if kind.group == RBAC_GROUP {
        bound(object, out);
    } else if kind == KUBECONFIG {
        certificates(object, out);
    } else if object.name() == "aws-auth" && object.effective_namespace() == Some("kube-system") {
        mapped(object, out);
    }
}

fn bound(binding: Object<'_>, out: &mut Findings) {
    // The one that Kubernetes creates itself changes nothing: authorization never asks RBAC about this group.
    if binding.name() == "cluster-admin" && binding.is_cluster_scoped() {
        return;
    }
    let masters = |kind, name: &str| kind == SubjectKind::Group && name == MASTERS;
    for subject in subjects(binding).filter(|subject| masters(subject.kind, subject.name)) {
        let what = format!("{binding} names Group {MASTERS}, whose members may do everything without it");
        out.fail(subject.path(), what).fix(remove(binding, subject));
    }
}

/// Identities of AWS that become members.
fn mapped(config: Object<'_>, out: &mut Findings) {
    for key in ["mapRoles", "mapUsers"] {
        let Some(text) = config.field(&["data", key]).and_then(Node::as_str) else { continue };
        let parsed = parse_yaml(&Source::new(key, text), &Limits::default());
        let entries = parsed.tree.documents().flat_map(Node::items);
        let member = |entry: &Node<'_>| {
            let groups = entry.field("groups").into_iter().flat_map(Node::items);
            groups.filter_map(Node::scalar_text).any(|group| group == MASTERS)
        };
        for entry in entries.filter(member) {
            let text = |key| entry.field(key).and_then(Node::scalar_text);
            let who = text("rolearn")
                .or_else(|| text("userarn"))
                .or_else(|| text("username"))
                .unwrap_or("an identity");
            let path = FieldPath::root().key("data").key(key);
            out.fail(path, format!("{who} becomes a member of Group {MASTERS}"));
        }
    }
}

/// Client certificates that say so: they hold until they expire, whatever is done in the cluster.
fn certificates(config: Object<'_>, out: &mut Findings) {
    // The one that kubeadm makes for the case that RBAC itself is broken.
    if config.source().name().rsplit('/').next() == Some("super-admin.conf") {
        return;
    }
    let users = config.field(&["users"]).and_then(Node::as_seq);
    for (index, user) in users.into_iter().flat_map(Node::items).enumerate() {
        let data = user.field("user").and_then(|user| user.field("client-certificate-data"));
        let member = data
            .and_then(Node::as_str)
            .is_some_and(|data| organizations(data).iter().any(|organization| organization == MASTERS));
        if member {
            let name = user.field("name").and_then(Node::as_str).unwrap_or("");
            let path = FieldPath::root().key("users").index(index).key("user").key("client-certificate-data");
            out.fail(path, format!("the client certificate of user `{name}` is of organization {MASTERS}"))
                .sensitive();
        }
    }
}
