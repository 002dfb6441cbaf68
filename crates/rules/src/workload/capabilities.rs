//! Capability names in classes that do not overlap, so that one added name is reported once.

use rampart_document::{Edit, Node};
use rampart_model::Container;
use rampart_report::Fix;

use crate::Findings;

/// With one of these a process takes over its node, or reads or changes what belongs to it.
const DANGEROUS: [&str; 17] = [
    "ALL",
    "AUDIT_CONTROL",
    "BPF",
    "CHECKPOINT_RESTORE",
    "DAC_READ_SEARCH",
    "LINUX_IMMUTABLE",
    "MAC_ADMIN",
    "MAC_OVERRIDE",
    "NET_ADMIN",
    "PERFMON",
    "SYSLOG",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_MODULE",
    "SYS_PTRACE",
    "SYS_RAWIO",
    "SYS_TIME",
];

/// What the Pod Security Standards' baseline allows to add, apart from `NET_BIND_SERVICE`. Names count as written.
const DEFAULT: [&str; 12] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// Which rule an added capability belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// `capability-dangerous`
    Dangerous,
    /// `capability-net-raw`
    NetRaw,
    /// `NET_BIND_SERVICE`: no rule minds it.
    NetBind,
    /// `capability-beyond-net-bind`
    Default,
    /// `capability-beyond-baseline`; also names nobody knows.
    Beyond,
}

/// The class of a name in `capabilities.add`.
///
/// Dangerous names and `NET_RAW` are recognised in any case and with a `CAP_` prefix, as some runtimes do; the names
/// that the standards allow count only in the standards' spelling, so that the classes together are their check.
fn class(name: &str) -> Class {
    if DANGEROUS.iter().any(|known| is(name, known)) {
        Class::Dangerous
    } else if is(name, "NET_RAW") {
        Class::NetRaw
    } else if name == "NET_BIND_SERVICE" {
        Class::NetBind
    } else if DEFAULT.contains(&name) {
        Class::Default
    } else {
        Class::Beyond
    }
}

/// True when `name` means `known` (upper case, no prefix), whatever its case and prefix.
pub(crate) fn is(name: &str, known: &str) -> bool {
    let bare = match name.split_at_checked(4) {
        Some((prefix, bare)) if prefix.eq_ignore_ascii_case("CAP_") => bare,
        _ => name,
    };
    bare.eq_ignore_ascii_case(known)
}

/// Reports the added names of one class; `remark` ends the message.
pub(crate) fn report(container: &Container<'_>, wanted: Class, remark: &str, out: &mut Findings) {
    for (index, name) in added(container, wanted) {
        let path = container.path("securityContext.capabilities.add").index(index);
        out.fail(path, format!("{} adds the capability {name}{remark}", container.title()))
            .fix(removal(container, index));
    }
}

/// The added names of one class, with their indexes in `capabilities.add`.
fn added<'a>(container: &Container<'a>, wanted: Class) -> impl Iterator<Item = (usize, &'a str)> {
    let list = container.security.capabilities.and_then(|node| node.field("add")).and_then(Node::as_seq);
    list.into_iter().flat_map(Node::items).enumerate().filter_map(move |(index, item)| {
        let name = item.as_str()?;
        (class(name) == wanted).then_some((index, name))
    })
}

/// Whether `capabilities.drop` holds one of these names (upper case, no prefix). `None` when it cannot be read.
pub(crate) fn drops(container: &Container<'_>, names: &[&str]) -> Option<bool> {
    let Some(capabilities) = container.security.capabilities else { return Some(false) };
    let Some(list) = capabilities.as_map()?.field("drop") else { return Some(false) };
    let mut found = false;
    for item in list.as_seq()?.items() {
        let name = item.as_str()?;
        found |= names.iter().any(|known| is(name, known));
    }
    Some(found)
}

/// Removes an added name, and the list when nothing else is in it.
fn removal(container: &Container<'_>, index: usize) -> Fix {
    let list = container.security.capabilities.and_then(|node| node.field("add"));
    let edit = if list.is_some_and(|list| list.len() == 1) {
        Edit::remove(container.path("securityContext.capabilities.add"))
    } else {
        Edit::remove(container.path("securityContext.capabilities.add").index(index))
    };
    Fix::review("remove the capability", [edit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fall_into_one_class() {
        for (name, want) in [
            ("SYS_ADMIN", Class::Dangerous),
            ("cap_sys_admin", Class::Dangerous),
            ("all", Class::Dangerous),
            ("CAP_NET_RAW", Class::NetRaw),
            ("NET_BIND_SERVICE", Class::NetBind),
            ("CHOWN", Class::Default),
            ("CAP_CHOWN", Class::Beyond),
            ("chown", Class::Beyond),
            ("WAKE_ALARM", Class::Beyond),
            ("CAP_", Class::Beyond),
            ("ünï", Class::Beyond),
            ("", Class::Beyond),
        ] {
            assert_eq!(class(name), want, "{name}");
        }
    }
}
