use rampart_document::Edit;
use rampart_model::{Pod, Version};
use rampart_report::{Fix, Severity};

use super::sysctls;
use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "unsafe-sysctls",
    group: Group::Workload,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("unsafe_sysctls.md"),
    check: Check::Pod(check),
};

/// The sysctls that the Pod Security Standards call safe, with the minor version from which they do.
const SAFE: [(&str, u16); 14] = [
    ("kernel.shm_rmid_forced", 0),
    ("net.ipv4.ip_local_port_range", 0),
    ("net.ipv4.ip_unprivileged_port_start", 0),
    ("net.ipv4.ping_group_range", 0),
    ("net.ipv4.tcp_syncookies", 0),
    ("net.ipv4.ip_local_reserved_ports", 27),
    ("net.ipv4.tcp_fin_timeout", 29),
    ("net.ipv4.tcp_keepalive_intvl", 29),
    ("net.ipv4.tcp_keepalive_probes", 29),
    ("net.ipv4.tcp_keepalive_time", 29),
    ("net.ipv4.tcp_rmem", 32),
    ("net.ipv4.tcp_wmem", 32),
    ("net.ipv4.tcp_notsent_lowat", 37),
    ("net.ipv4.tcp_slow_start_after_idle", 37),
];

fn check(pod: &Pod<'_>, env: &Env<'_>, out: &mut Findings) {
    for (index, name) in sysctls::names(pod) {
        if !is_safe(name, env.version) {
            let root = pod.path("securityContext.sysctls").index(index);
            out.fail(
                root.key("name"),
                format!("the pod sets the sysctl {name}, which is not on the safe list"),
            )
            .fix(Fix::review("remove the sysctl", [Edit::remove(root)]));
        }
    }
}

fn is_safe(name: &str, version: Version) -> bool {
    SAFE.iter().any(|&(safe, since)| version.at_least(since) && sysctls::is(name, safe))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_safe_list_grows_with_versions() {
        for (name, since) in SAFE {
            assert!(is_safe(name, Version::new(since)), "{name}");
            assert!(since == 0 || !is_safe(name, Version::new(since - 1)), "{name}");
        }
        assert!(!is_safe("kernel.msgmax", Version::new(99)));
    }
}
