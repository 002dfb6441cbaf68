use rampart_report::Severity;

use crate::index::API_SERVER;
use crate::shared::ask::{each, mend};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "apiserver-insecure-port",
    group: Group::ControlPlane,
    severity: Severity::Critical,
    profile: Profile::Default,
    doc: include_str!("apiserver_insecure_port.md"),
    check: Check::Set(check),
};

fn check(context: &Context<'_>, out: &mut Findings) {
    // From 1.24 on the flags are gone, and the server does not start with them.
    let gone = context.version.at_least(24);
    each(context, API_SERVER, out, |server, out| {
        let port = server.number("insecure-port", out)?;
        let address = server.value("insecure-bind-address", out)?;
        if gone {
            let port = port.map(|(_, path)| ("insecure-port", path));
            for (flag, path) in port.into_iter().chain(address.map(|it| ("insecure-bind-address", it.path))) {
                let what = format!("kube-apiserver does not start: --{flag} was removed in 1.24");
                mend(out.fail(path, what), server.unset(&[flag], false)).severity(Severity::Info).class(flag);
            }
        } else {
            let open = match port {
                Some((0, _)) => None,
                Some((port, path)) => Some((path, format!("--insecure-port={port}"))),
                // The default was 8080, which kubeadm always overrode.
                None if !context.version.at_least(20) && !server.component.is_kubeadm() => {
                    Some((server.list(), "--insecure-port is not set, which means 8080".to_owned()))
                }
                None => None,
            };
            if let Some((path, how)) = open {
                let what = format!("kube-apiserver serves without TLS and without authentication ({how})");
                mend(out.fail(path, what), server.set("insecure-port", "0")).class("port");
            }
            if let Some(address) = address {
                let what = format!("the port without authentication listens on {}", address.value);
                let fix = server.unset(&["insecure-bind-address"], false);
                mend(out.fail(address.path, what), fix).class("address");
            }
        }
        if let Some((0, path)) = server.number("secure-port", out)? {
            let what = "kube-apiserver does not serve TLS (--secure-port=0)";
            mend(out.fail(path, what), server.unset(&["secure-port"], false)).class("secure-port");
        }
        Ok(())
    });
}
