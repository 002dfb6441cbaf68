use rampart_report::Severity;

use super::etcd::has_peers;
use crate::index::ETCD;
use crate::shared::ask::each;
use crate::shared::urls::{is_local, is_plain};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "etcd-certificate-missing",
    group: Group::ControlPlane,
    severity: Severity::Critical,
    profile: Profile::Default,
    doc: include_str!("etcd_certificate_missing.md"),
    check: Check::Set(check),
};

const URLS: [&str; 5] = [
    "listen-client-urls",
    "listen-client-http-urls",
    "advertise-client-urls",
    "listen-peer-urls",
    "initial-advertise-peer-urls",
];

fn check(context: &Context<'_>, out: &mut Findings) {
    each(context, ETCD, out, |etcd, out| {
        let missing = etcd.missing(&["cert-file", "key-file"], out)?;
        if let Some(draft) = etcd.without(&missing, "clients reach it without TLS (CIS 2.1)", out) {
            draft.class("client");
        }
        let missing = etcd.missing(&["peer-cert-file", "peer-key-file"], out)?;
        let peers = has_peers(etcd, out)?;
        if let Some(draft) = etcd.without(&missing, "its members reach each other without TLS (CIS 2.4)", out)
        {
            draft.severity(if peers { Severity::Critical } else { Severity::Low }).class("peer");
        }
        for flag in URLS {
            let Some(given) = etcd.value(flag, out)? else { continue };
            let open = given.value.split(',').map(str::trim).find(|url| is_plain(url) && !is_local(url));
            if let Some(url) = open {
                out.fail(given.path, format!("etcd serves without TLS at {url} (--{flag})")).class(flag);
            }
        }
        Ok(())
    });
}
