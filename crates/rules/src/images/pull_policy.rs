use rampart_document::{Edit, Node};
use rampart_model::ImageRef;
use rampart_report::{Fix, Severity};

use super::references::is_latest;
use crate::shared::control_plane::{admission_plugin_is_on, kubelets_verify_images};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "pull-policy",
    group: Group::Images,
    severity: Severity::Low,
    profile: Profile::Strict,
    doc: include_str!("pull_policy.md"),
    check: Check::Set(check),
};

fn check(context: &Context<'_>, out: &mut Findings) {
    let enforced = admission_plugin_is_on(context, "AlwaysPullImages") || kubelets_verify_images(context);
    for object in context.inventory.objects() {
        let Some(pod) = context.carriers.pod(object) else { continue };
        out.on(object.id());
        if enforced {
            continue;
        }
        for container in pod.containers() {
            let Some(image) = container.image().and_then(ImageRef::parse) else { continue };
            let written =
                container.fields.image_pull_policy.and_then(Node::as_str).filter(|text| !text.is_empty());
            let effective = written.unwrap_or(if is_latest(&image) { "Always" } else { "IfNotPresent" });
            // The content of a digest is fixed, and `Always` asks the registry each time.
            if image.digest.is_some() || effective == "Always" {
                continue;
            }
            let path = pod.prefix.join(&container.path("imagePullPolicy"));
            let by_default = if written.is_none() { " (the default)" } else { "" };
            let what = format!("{} has imagePullPolicy {effective}{by_default}", container.title());
            let never = effective == "Never";
            let draft = out.fail(path.clone(), what);
            draft.fix(Fix::review("set imagePullPolicy to Always", [Edit::set(path, "Always")]));
            if never {
                draft.severity(Severity::Medium).class("never");
            }
        }
    }
}
