use rampart_document::Edit;
use rampart_model::Object;
use rampart_report::{Fix, Severity};

use super::replicas::{DEPLOYMENT, STATEFUL_SET};
use crate::shared::paths::at;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "hpa-static-replicas",
    group: Group::Availability,
    severity: Severity::Low,
    profile: Profile::Default,
    doc: include_str!("hpa_static_replicas.md"),
    check: Check::Object(&[DEPLOYMENT, STATEFUL_SET], check),
};

fn check(object: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    // The API server fills the field in, so a live object says nothing about what its author wrote.
    let Some(replicas) = object.field(&["spec", "replicas"]).filter(|_| object.is_from_files()) else {
        return;
    };
    let Some(scaler) = context.scalers().of(object).first() else { return };
    let scaling = context.inventory.object(scaler.object);
    let what = format!(
        "{} {} sets replicas to {} and {} {} scales it: each apply resets the scale",
        object.kind(),
        object.name(),
        replicas.scalar_text().unwrap_or("a value"),
        scaling.kind(),
        scaling.name()
    );
    let path = at(&["spec", "replicas"]);
    let draft = out.fail(path.clone(), what);
    draft.evidence_in(scaling.id(), at(&["spec", "scaleTargetRef"]), "the autoscaler");
    draft.fix(Fix::review("leave the number to the autoscaler", [Edit::remove(path)]));
}
