use rampart_report::Severity;

use crate::index::ETCD;
use crate::shared::ask::each;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "etcd-auto-tls",
    group: Group::ControlPlane,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("etcd_auto_tls.md"),
    check: Check::Set(check),
};

fn check(context: &Context<'_>, out: &mut Findings) {
    each(context, ETCD, out, |etcd, out| {
        for (flag, what) in [
            ("auto-tls", "makes its own certificate for clients, which nobody can verify (CIS 2.3)"),
            ("peer-auto-tls", "makes its own certificate for members, which nobody can verify (CIS 2.6)"),
        ] {
            if let Some(draft) = etcd.must_be(false, (flag, false), what, out)? {
                draft.class(flag);
            }
        }
        Ok(())
    });
}
