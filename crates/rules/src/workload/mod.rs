//! Rules of the group `workload`. One file a rule, with its page beside it; the slice is sorted by id.

mod annotations;
mod apparmor_unconfined;
mod apparmor_unset;
mod capabilities;
mod capability_beyond_baseline;
mod capability_beyond_net_bind;
mod capability_dangerous;
mod capability_net_raw;
mod capability_not_drop_all;
mod device_admin_access;
mod effective;
mod explicit_uid_0;
mod handlers;
mod hardened_runtime_class;
mod host_aliases;
mod host_ipc;
mod host_network;
mod host_paths;
mod host_pid;
mod host_port;
mod host_users;
mod hostpath_any;
mod hostpath_sensitive;
mod hostpath_writable;
mod low_gid;
mod low_uid;
mod no_security_context;
mod privilege_escalation;
mod privileged;
mod privileged_port;
mod probe_host;
mod proc_mount_unmasked;
mod profiles;
mod root_filesystem_writable;
mod root_group;
mod run_as_root;
mod runtime_socket;
mod seccomp_unconfined;
mod seccomp_unset;
mod selinux_custom;
mod shell;
mod ssh_port;
mod sudo_entrypoint;
mod supplemental_groups_merge;
mod sysctls;
mod unsafe_sysctls;
mod volume_types;
mod windows_host_process;

use crate::Rule;

pub(crate) static RULES: &[&Rule] = &[
    &apparmor_unconfined::RULE,
    &apparmor_unset::RULE,
    &capability_beyond_baseline::RULE,
    &capability_beyond_net_bind::RULE,
    &capability_dangerous::RULE,
    &capability_net_raw::RULE,
    &capability_not_drop_all::RULE,
    &device_admin_access::RULE,
    &explicit_uid_0::RULE,
    &hardened_runtime_class::RULE,
    &host_aliases::RULE,
    &host_ipc::RULE,
    &host_network::RULE,
    &host_pid::RULE,
    &host_port::RULE,
    &host_users::RULE,
    &hostpath_any::RULE,
    &hostpath_sensitive::RULE,
    &hostpath_writable::RULE,
    &low_gid::RULE,
    &low_uid::RULE,
    &no_security_context::RULE,
    &privilege_escalation::RULE,
    &privileged::RULE,
    &privileged_port::RULE,
    &probe_host::RULE,
    &proc_mount_unmasked::RULE,
    &root_filesystem_writable::RULE,
    &root_group::RULE,
    &run_as_root::RULE,
    &runtime_socket::RULE,
    &seccomp_unconfined::RULE,
    &seccomp_unset::RULE,
    &selinux_custom::RULE,
    &ssh_port::RULE,
    &sudo_entrypoint::RULE,
    &supplemental_groups_merge::RULE,
    &unsafe_sysctls::RULE,
    &volume_types::RULE,
    &windows_host_process::RULE,
];
