use rampart_document::{Edit, FieldPath, Node};
use rampart_model::GroupKind;
use rampart_report::Severity;

use crate::index::{API_SERVER, CONTROLLER_MANAGER, SCHEDULER};
use crate::shared::ask::{Asked, Unread, each, mend, review};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "component-profiling",
    group: Group::ControlPlane,
    severity: Severity::Low,
    profile: Profile::Default,
    doc: include_str!("component_profiling.md"),
    check: Check::Set(check),
};

/// The scheduler's configuration file.
const SCHEDULER_FILE: GroupKind<'static> =
    GroupKind::new("kubescheduler.config.k8s.io", "KubeSchedulerConfiguration");

fn check(context: &Context<'_>, out: &mut Findings) {
    for (program, what) in [
        (API_SERVER, "serves its profiling pages (CIS 1.2.15)"),
        (CONTROLLER_MANAGER, "serves its profiling pages (CIS 1.3.2)"),
        (SCHEDULER, SCHEDULER_PROFILES),
    ] {
        each(context, program, out, |component, out| {
            if program == SCHEDULER && by_file(component, out)? {
                return Ok(());
            }
            component.must_be(false, ("profiling", true), what, out)?;
            Ok(())
        });
    }
}

const SCHEDULER_PROFILES: &str = "serves its profiling pages (CIS 1.4.1)";

/// With a configuration file the scheduler ignores the flag.
fn by_file(scheduler: Asked<'_, '_>, out: &mut Findings) -> Result<bool, Unread> {
    let Some(file) = scheduler.file(SCHEDULER_FILE, "config", out)? else { return Ok(false) };
    let set = file.field(&["enableProfiling"]).and_then(Node::as_bool);
    if set != Some(false) {
        let field = FieldPath::root().key("enableProfiling");
        let what = format!("kube-scheduler {SCHEDULER_PROFILES}: enableProfiling is not false");
        let edits = file.edits(vec![Edit::set(field.clone(), false)]);
        let draft = out.on(file.object.id()).fail(file.path(&field), what);
        mend(draft, review("set enableProfiling to false", edits));
    }
    Ok(true)
}
