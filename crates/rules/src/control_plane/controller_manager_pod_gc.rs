use rampart_report::Severity;

use crate::index::CONTROLLER_MANAGER;
use crate::shared::ask::{each, mend};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "controller-manager-pod-gc",
    group: Group::ControlPlane,
    severity: Severity::Low,
    profile: Profile::Strict,
    doc: include_str!("controller_manager_pod_gc.md"),
    check: Check::Set(check),
};

const FLAG: &str = "terminated-pod-gc-threshold";
/// The default, stated: it keeps what runs today.
const DEFAULT: &str = "12500";

fn check(context: &Context<'_>, out: &mut Findings) {
    each(context, CONTROLLER_MANAGER, out, |manager, out| {
        let (path, what) = match manager.number(FLAG, out)? {
            Some((value, path)) if value <= 0 => {
                (path, format!("finished pods are never deleted (--{FLAG}={value})"))
            }
            None if context.strict => {
                (manager.list(), format!("--{FLAG} is not set: {DEFAULT} finished pods are kept"))
            }
            _ => return Ok(()),
        };
        mend(out.fail(path, what), manager.set(FLAG, DEFAULT));
        Ok(())
    });
}
