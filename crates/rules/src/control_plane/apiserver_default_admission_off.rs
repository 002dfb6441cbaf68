use rampart_report::Severity;

use super::plugins::Plugins;
use crate::index::API_SERVER;
use crate::shared::ask::{each, mend};
use crate::shared::control_plane::lists;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "apiserver-default-admission-off",
    group: Group::ControlPlane,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("apiserver_default_admission_off.md"),
    check: Check::Set(check),
};

/// Plugins that are on by default and guard something, the first minor that has them, and the benchmark's recommendation
/// (CIS Kubernetes Benchmark 1.12).
const GUARDS: [(&str, u16, &str); 11] = [
    ("ServiceAccount", 0, " (CIS 1.2.12)"),
    ("NamespaceLifecycle", 0, " (CIS 1.2.13)"),
    ("PodSecurity", 23, ""),
    ("CertificateApproval", 18, ""),
    ("CertificateSigning", 18, ""),
    ("CertificateSubjectRestriction", 18, ""),
    ("ResourceQuota", 0, ""),
    ("LimitRanger", 0, ""),
    ("ValidatingAdmissionWebhook", 9, ""),
    ("MutatingAdmissionWebhook", 9, ""),
    ("ValidatingAdmissionPolicy", 28, ""),
];

fn check(context: &Context<'_>, out: &mut Findings) {
    each(context, API_SERVER, out, |server, out| {
        let plugins = Plugins::of(server, out)?;
        let guards = GUARDS.iter().filter(|(_, since, _)| context.version.at_least(*since));
        let is_off = |name: &str| plugins.switched_off(name).is_some();
        let is_left_out = |name: &str| plugins.legacy.as_ref().is_some_and(|list| !lists(list.value, name));
        let off: Vec<&str> = guards.clone().map(|(name, ..)| *name).filter(|name| is_off(name)).collect();
        let gone: Vec<&str> = guards
            .clone()
            .map(|(name, ..)| *name)
            .filter(|name| !is_off(name) && is_left_out(name))
            .collect();
        for &(name, _, control) in guards {
            // One edit of the list mends all that stand in it; the first finding brings it.
            let (place, how, fix) = if is_off(name) {
                let fix = || plugins.keep(server, &off);
                let first = off.first() == Some(&name);
                (plugins.disabled.as_ref(), "is switched off", first.then(fix).flatten())
            } else if gone.contains(&name) {
                let fix = || plugins.enable(server, &gone);
                let first = gone.first() == Some(&name);
                let how = "is left out of --admission-control";
                (plugins.legacy.as_ref(), how, first.then(fix).flatten())
            } else {
                continue;
            };
            let what = format!("the admission plugin {name} {how}{control}");
            mend(out.fail(server.place(place), what), fix).class(name);
        }
        Ok(())
    });
}
