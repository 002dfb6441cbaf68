use rampart_report::Severity;

use super::etcd::has_peers;
use crate::index::ETCD;
use crate::shared::ask::{Asked, Unread, each};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "etcd-client-auth",
    group: Group::ControlPlane,
    severity: Severity::Critical,
    profile: Profile::Default,
    doc: include_str!("etcd_client_auth.md"),
    check: Check::Set(check),
};

fn check(context: &Context<'_>, out: &mut Findings) {
    each(context, ETCD, out, |etcd, out| {
        let peers = if has_peers(etcd, out)? { Severity::Critical } else { Severity::Low };
        let client = ("client-cert-auth", "trusted-ca-file", "client");
        demands(etcd, client, "demands no certificate of clients", "CIS 2.2", Severity::Critical, out)?;
        let peer = ("peer-client-cert-auth", "peer-trusted-ca-file", "peer");
        demands(etcd, peer, "demands no certificate of other members", "CIS 2.5", peers, out)
    });
}

fn demands(
    etcd: Asked<'_, '_>,
    (switch, authority, class): (&'static str, &str, &'static str),
    what: &str,
    control: &str,
    severity: Severity,
    out: &mut Findings,
) -> Result<(), Unread> {
    let has_authority = etcd.value(authority, out)?.is_some();
    if has_authority {
        if let Some(draft) = etcd.must_be(true, (switch, false), &format!("{what}; {control}"), out)? {
            draft.severity(severity).class(class);
        }
    } else if let Some(draft) = etcd.without(&[authority], &format!("it {what} ({control})"), out) {
        // Which file holds the authority cannot be told, and without one the switch would stop etcd.
        draft.severity(severity).class(class);
    }
    Ok(())
}
