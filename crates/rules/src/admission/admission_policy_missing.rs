use rampart_document::Edit;
use rampart_model::Object;
use rampart_report::{Fix, Severity};

use super::pod_security::{ClusterDefault, Level, enforced, label_path};
use crate::index::{NAMESPACE, is_system};
use crate::shared::coverage::gap_of;
use crate::shared::policies::POLICY_KINDS;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "admission-policy-missing",
    group: Group::Admission,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("admission_policy_missing.md"),
    check: Check::Object(&[NAMESPACE], check),
};

fn check(namespace: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    let name = namespace.name();
    if context.namespaces().of(name).workloads.is_empty()
        || enforced(namespace, context) > Level::Privileged
        || context.controls().denied_in(name, namespace.labels()).is_baseline()
    {
        return;
    }
    let path = label_path("enforce");
    let elsewhere = matches!(context.pod_security_default(), ClusterDefault::Elsewhere(_))
        .then(|| "the cluster's Pod Security default lies in another file".to_owned());
    if let Some(gap) = gap_of(context, &POLICY_KINDS, None).or(elsewhere) {
        let what = format!("no policy that was read keeps privileged pods out of namespace {name}: {gap}");
        out.unknown(path, what);
        return;
    }
    let what = format!("nothing keeps privileged pods and host namespaces out of namespace {name}");
    let draft = out.fail(path.clone(), what);
    if is_system(name) {
        draft.severity(Severity::Info);
    } else {
        draft.fix(Fix::review("enforce the Pod Security level baseline", [Edit::set(path, "baseline")]));
    }
}
