use rampart_model::{GroupKind, Object};
use rampart_report::Severity;

use super::mentions::Mentions;
use crate::index::{Named, is_system};
use crate::shared::coverage::{gap_of, gap_of_pods};
use crate::shared::paths::at;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "unused-object",
    group: Group::Hygiene,
    severity: Severity::Info,
    profile: Profile::Strict,
    doc: include_str!("unused_object.md"),
    check: Check::Set(check),
};

const NAMED: [Named; 6] =
    [Named::ConfigMap, Named::Secret, Named::ServiceAccount, Named::Claim, Named::Role, Named::ClusterRole];

/// Kinds besides pods that refer to the above.
const REFERRING: [GroupKind<'static>; 4] = [
    Named::ServiceAccount.kind(),
    GroupKind::new("networking.k8s.io", "Ingress"),
    GroupKind::new("rbac.authorization.k8s.io", "RoleBinding"),
    GroupKind::new("rbac.authorization.k8s.io", "ClusterRoleBinding"),
];

fn check(context: &Context<'_>, out: &mut Findings) {
    let mut mentions = None;
    for named in NAMED {
        for object in context.inventory.of_kind(named.kind()) {
            let target = (named, object.effective_namespace(), object.name());
            if is_managed(object) || context.makers().makes(target) {
                continue;
            }
            let out = out.on(object.id());
            let numbered = || {
                let namespace = object.effective_namespace();
                named == Named::Claim && context.references().is_numbered_claim(namespace, object.name())
            };
            if !context.references().users(target).is_empty() || numbered() {
                continue;
            }
            if mentions
                .get_or_insert_with(|| Mentions::collect(context, &NAMED.map(Named::kind)))
                .contains(object.name())
            {
                continue;
            }
            let path = at(&["metadata", "name"]);
            let namespace = object.effective_namespace();
            let gap = gap_of_pods(context, namespace).or_else(|| gap_of(context, &REFERRING, namespace));
            match gap {
                Some(gap) => {
                    let what =
                        format!("nothing that was read refers to {} {}: {gap}", object.kind(), object.name());
                    out.unknown(path, what);
                }
                None => {
                    out.fail(path, format!("nothing refers to {} {}", object.kind(), object.name()));
                }
            }
        }
    }
}

/// True for what Kubernetes or a controller keeps, and what its author wants to keep.
fn is_managed(object: Object<'_>) -> bool {
    let own = object.effective_namespace().is_some_and(is_system) || object.name().starts_with("system:");
    let owned = object
        .metadata()
        .and_then(|metadata| metadata.get("ownerReferences"))
        .is_some_and(|owners| !owners.is_empty());
    let kept = object.annotations().iter().any(|(key, value)| match key {
        "helm.sh/resource-policy" => value == "keep",
        "control-plane.alpha.kubernetes.io/leader" => true,
        _ => false,
    });
    let labelled = object.labels().iter().any(|(key, _)| {
        key == "kubernetes.io/bootstrapping" || key.starts_with("rbac.authorization.k8s.io/aggregate-to-")
    });
    let kind = object.node().get("type").and_then(|kind| kind.scalar_text());
    let typed = kind.is_some_and(|kind| {
        matches!(
            kind,
            "helm.sh/release.v1" | "kubernetes.io/service-account-token" | "bootstrap.kubernetes.io/token"
        )
    });
    let given = matches!(
        (object.kind(), object.name()),
        ("ServiceAccount", "default")
            | ("ConfigMap", "kube-root-ca.crt" | "openshift-service-ca.crt" | "istio-ca-root-cert")
            | ("ClusterRole", "cluster-admin" | "admin" | "edit" | "view")
    );
    own || owned || kept || labelled || typed || given
}
