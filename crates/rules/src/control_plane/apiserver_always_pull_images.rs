use rampart_report::Severity;

use super::plugins::must_use;
use crate::shared::control_plane::kubelets_verify_images;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "apiserver-always-pull-images",
    group: Group::ControlPlane,
    severity: Severity::Low,
    profile: Profile::Strict,
    doc: include_str!("apiserver_always_pull_images.md"),
    check: Check::Set(check),
};

fn check(context: &Context<'_>, out: &mut Findings) {
    let verified = kubelets_verify_images(context);
    let means = "pods may use images that others pulled to their node, without credentials for them";
    must_use(context, "AlwaysPullImages", means, out, |draft| {
        if verified {
            draft.severity(Severity::Info);
        }
    });
}
