use rampart_document::{FieldPath, Node};
use rampart_model::{CarrierKind, Object};
use rampart_report::Severity;

use crate::availability::replicas::kept;
use crate::index::{Found, Named, Reference, of_pod};
use crate::{Check, Context, Findings, Group, Profile, Rule, Workload};

pub(crate) static RULE: Rule = Rule {
    id: "pvc-missing",
    group: Group::Storage,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("pvc_missing.md"),
    check: Check::Workload(check),
};

fn check(workload: &Workload<'_>, context: &Context<'_>, out: &mut Findings) {
    let namespace = workload.object.effective_namespace();
    of_pod(&workload.pod, namespace, &mut |reference, path| {
        if reference.target.0 == Named::Claim {
            claim(&reference, path, workload, context, out);
        }
    });
}

fn claim(
    reference: &Reference<'_>,
    path: &dyn Fn() -> FieldPath,
    workload: &Workload<'_>,
    context: &Context<'_>,
    out: &mut Findings,
) {
    let name = reference.target.2;
    let at = || reference.name_path(&path());
    match context.look_up(reference.target) {
        Found::Here(claim) => {
            if let Some(replicas) = shares(claim, workload, context) {
                let what = format!("claim `{name}` is ReadWriteOncePod and {replicas} replicas use it");
                let draft = out.fail(at(), what).class("one-pod");
                let modes = FieldPath::root().key("spec").key("accessModes");
                draft.evidence_in(claim.id(), modes, "the claim's access mode");
            }
        }
        Found::Made => {}
        // A StatefulSet that was read may not have made its claims yet.
        Found::Missing if context.references().is_numbered_claim(reference.target.1, name) => {}
        Found::Missing => {
            let draft = out.fail(at(), format!("claim `{name}` does not exist"));
            // In files it may be somebody else's to create.
            if workload.object.is_from_files() {
                draft.severity(Severity::Low);
            }
        }
        Found::NotRead(gap) => {
            out.unknown(at(), format!("claim `{name}` cannot be looked up: {gap}"));
        }
    }
}

/// The replicas that would share a claim which one pod at a time may use.
fn shares(claim: Object<'_>, workload: &Workload<'_>, context: &Context<'_>) -> Option<i64> {
    let mut modes = claim.field(&["spec", "accessModes"]).into_iter().flat_map(Node::items);
    let one_pod = modes.any(|mode| mode.scalar_text() == Some("ReadWriteOncePod"));
    if !one_pod || workload.pod.carrier != CarrierKind::LongRunning {
        return None;
    }
    kept(workload.object, context).filter(|&replicas| replicas > 1)
}
