use rampart_report::Severity;

use crate::index::{CONTROLLER_MANAGER, SCHEDULER};
use crate::shared::ask::{each, mend};
use crate::shared::urls::is_loopback;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "component-bind-address",
    group: Group::ControlPlane,
    severity: Severity::Low,
    profile: Profile::Default,
    doc: include_str!("component_bind_address.md"),
    check: Check::Set(check),
};

fn check(context: &Context<'_>, out: &mut Findings) {
    for (program, control) in [(CONTROLLER_MANAGER, "CIS 1.3.7"), (SCHEDULER, "CIS 1.4.2")] {
        each(context, program, out, |component, out| {
            let mut flag = "bind-address";
            let mut given = component.value(flag, out)?;
            if given.is_none() {
                given = component.value("address", out)?;
                flag = given.as_ref().map_or(flag, |_| "address");
            }
            if given.as_ref().is_some_and(|given| is_loopback(given.value)) {
                return Ok(());
            }
            let how = match &given {
                Some(given) => format!("--{flag}={}", given.value),
                None => "--bind-address is not set, which means 0.0.0.0".to_owned(),
            };
            let what = format!("{program} listens beyond its host ({how}; {control})");
            let fix = component.set(flag, "127.0.0.1");
            mend(out.fail(component.place(given.as_ref()), what), fix);
            Ok(())
        });
    }
}
