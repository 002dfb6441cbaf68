use rampart_document::Node;
use rampart_model::GroupKind;
use rampart_report::Severity;

use crate::index::{NAMESPACE, is_system};
use crate::shared::coverage::gap_of;
use crate::shared::paths::at;
use crate::shared::policies::POLICY_KINDS;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "image-provenance-admission",
    group: Group::Images,
    severity: Severity::Low,
    profile: Profile::Strict,
    doc: include_str!("image_provenance_admission.md"),
    check: Check::Set(check),
};

/// Kinds besides the usual policies that verify images.
const VERIFIERS: [GroupKind<'static>; 2] = [
    GroupKind::new("policies.kyverno.io", "ImageValidatingPolicy"),
    GroupKind::new("policy.sigstore.dev", "ClusterImagePolicy"),
];

fn check(context: &Context<'_>, out: &mut Findings) {
    // The cluster as a whole has no object: its first namespace with workloads stands for it.
    let inhabited = |name: &str| !is_system(name) && !context.namespaces().of(name).workloads.is_empty();
    let Some(place) = context.inventory.of_kind(NAMESPACE).find(|one| inhabited(one.name())) else { return };
    let out = out.on(place.id());
    if context.controls().all().iter().any(|control| control.denies.unsigned) || webhook_plugin(context) {
        return;
    }
    let path = at(&["metadata", "name"]);
    match gap_of(context, &POLICY_KINDS, None).or_else(|| gap_of(context, &VERIFIERS, None)) {
        Some(gap) => out.unknown(path, format!("no policy that was read verifies images: {gap}")),
        None => out.fail(path, "no admission control verifies where images come from"),
    };
}

/// The ImagePolicyWebhook plugin, when it refuses what it gets no answer about.
fn webhook_plugin(context: &Context<'_>) -> bool {
    let kind = GroupKind::new("apiserver.config.k8s.io", "AdmissionConfiguration");
    context.inventory.of_kind(kind).any(|object| {
        object.field(&["plugins"]).into_iter().flat_map(Node::items).any(|plugin| {
            let policy = plugin.field("configuration").and_then(|one| one.field("imagePolicy"));
            let closed =
                policy.and_then(|one| one.field("defaultAllow")).and_then(Node::as_bool) == Some(false);
            plugin.field("name").and_then(Node::scalar_text) == Some("ImagePolicyWebhook") && closed
        })
    })
}
