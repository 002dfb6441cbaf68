use rampart_document::{FieldPath, Node};
use rampart_model::{GroupKind, Object};
use rampart_report::Severity;

use crate::index::{Found, Reference, Via, of_object, of_pod};
use crate::{Check, Context, Findings, Group, Profile, Rule, Workload};

pub(crate) static RULE: Rule = Rule {
    id: "pull-secret-missing",
    group: Group::Secrets,
    severity: Severity::Low,
    profile: Profile::Default,
    doc: include_str!("pull_secret_missing.md"),
    check: Check::WorkloadAndObject(check_workload, &[GroupKind::core("ServiceAccount")], check_account),
};

fn check_workload(workload: &Workload<'_>, context: &Context<'_>, out: &mut Findings) {
    // Most pods name none.
    if workload.pod.fields.image_pull_secrets.is_some() {
        let namespace = workload.object.effective_namespace();
        of_pod(&workload.pod, namespace, &mut |reference, path| check(&reference, path, context, out));
    }
}

/// Pods that name no pull secret get those of their account, so the account is where the name is wrong.
fn check_account(account: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    of_object(account, &mut |reference, path| check(&reference, path, context, out));
}

fn check(reference: &Reference<'_>, path: &dyn Fn() -> FieldPath, context: &Context<'_>, out: &mut Findings) {
    if reference.via != Via::Pull {
        return;
    }
    let name = reference.target.2;
    let at = || reference.name_path(&path());
    match context.look_up(reference.target) {
        Found::Made => {}
        Found::Missing => {
            out.fail(at(), format!("pull secret `{name}` does not exist"));
        }
        Found::NotRead(gap) => {
            out.unknown(at(), format!("pull secret `{name}` cannot be looked up: {gap}"));
        }
        Found::Here(secret) => {
            let kind = secret.field(&["type"]).map_or(Some("Opaque"), Node::as_str);
            let Some(kind) = kind else { return };
            if !matches!(kind, "kubernetes.io/dockerconfigjson" | "kubernetes.io/dockercfg") {
                let what = format!("pull secret `{name}` is of the type {kind}, which the kubelet ignores");
                let draft = out.fail(at(), what).class("type");
                draft.evidence_in(secret.id(), FieldPath::root().key("type"), "the Secret's type");
            }
        }
    }
}
