use rampart_report::Severity;

use crate::index::API_SERVER;
use crate::shared::ask::each;
use crate::shared::urls::{is_local, is_plain};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "apiserver-etcd-tls",
    group: Group::ControlPlane,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("apiserver_etcd_tls.md"),
    check: Check::Set(check),
};

fn check(context: &Context<'_>, out: &mut Findings) {
    each(context, API_SERVER, out, |server, out| {
        let servers = server.value("etcd-servers", out)?;
        let more = server.value("etcd-servers-overrides", out)?;
        let local = servers.iter().chain(&more).all(|given| urls(given.value).all(is_local));
        // What stays on the host is out of reach for the network, not for other programs.
        let severity = if local && servers.is_some() { Severity::Medium } else { Severity::High };
        let missing = server.missing(&["etcd-certfile", "etcd-keyfile"], out)?;
        let means = "etcd cannot tell it from anybody else (CIS 1.2.23)";
        if let Some(draft) = server.without(&missing, means, out) {
            draft.severity(severity).class("certificate");
        }
        let missing = server.missing(&["etcd-cafile"], out)?;
        if let Some(draft) =
            server.without(&missing, "it does not verify etcd's certificate (CIS 1.2.26)", out)
        {
            draft.severity(severity).class("authority");
        }
        for given in servers.into_iter().chain(more) {
            if let Some(url) = urls(given.value).find(|url| is_plain(url)) {
                let what = format!("kube-apiserver reaches etcd without TLS at {url}");
                out.fail(given.path, what).severity(severity).class("plain");
            }
        }
        Ok(())
    });
}

/// The URLs of `a,b` and of `group/resource#a;b,…`.
fn urls(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').flat_map(|entry| {
        let urls = entry.split_once('#').map_or(entry, |(_, urls)| urls);
        urls.split(';').map(str::trim).filter(|url| !url.is_empty())
    })
}
