use rampart_document::Node;

macro_rules! fields {
    ($(#[$outer:meta])* $name:ident { $($(#[$doc:meta])* $field:ident : $key:literal),* $(,)? }) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Copy, Default)]
        pub struct $name<'a> {
            /// The mapping itself, if it is there.
            pub node: Option<Node<'a>>,
            $($(#[$doc])* pub $field: Option<Node<'a>>,)*
        }

        impl<'a> $name<'a> {
            pub(crate) fn read(node: Option<Node<'a>>) -> Self {
                let node = node.and_then(Node::as_map);
                let mut view = Self { node, ..Self::default() };
                for (key, _, value) in node.into_iter().flat_map(Node::entries).filter(|(.., value)| !value.is_null()) {
                    match key {
                        $($key => view.$field = Some(value),)*
                        _ => {}
                    }
                }
                view
            }

            /// True when the mapping is absent or holds nothing.
            pub fn is_empty(&self) -> bool {
                self.node.is_none_or(Node::is_empty)
            }
        }
    };
}
pub(crate) use fields;

fields! {
    /// `securityContext` of a container.
    SecurityContext {
        /// `privileged`
        privileged: "privileged",
        /// `allowPrivilegeEscalation`
        allow_privilege_escalation: "allowPrivilegeEscalation",
        /// `capabilities`
        capabilities: "capabilities",
        /// `procMount`
        proc_mount: "procMount",
        /// `readOnlyRootFilesystem`
        read_only_root_filesystem: "readOnlyRootFilesystem",
        /// `runAsUser`
        run_as_user: "runAsUser",
        /// `runAsGroup`
        run_as_group: "runAsGroup",
        /// `runAsNonRoot`
        run_as_non_root: "runAsNonRoot",
        /// `seLinuxOptions`
        se_linux_options: "seLinuxOptions",
        /// `seccompProfile`
        seccomp_profile: "seccompProfile",
        /// `appArmorProfile`
        app_armor_profile: "appArmorProfile",
        /// `windowsOptions`
        windows_options: "windowsOptions",
    }
}

fields! {
    /// `securityContext` of a pod.
    PodSecurity {
        /// `runAsUser`
        run_as_user: "runAsUser",
        /// `runAsGroup`
        run_as_group: "runAsGroup",
        /// `runAsNonRoot`
        run_as_non_root: "runAsNonRoot",
        /// `fsGroup`
        fs_group: "fsGroup",
        /// `supplementalGroups`
        supplemental_groups: "supplementalGroups",
        /// `supplementalGroupsPolicy`
        supplemental_groups_policy: "supplementalGroupsPolicy",
        /// `seLinuxOptions`
        se_linux_options: "seLinuxOptions",
        /// `seccompProfile`
        seccomp_profile: "seccompProfile",
        /// `appArmorProfile`
        app_armor_profile: "appArmorProfile",
        /// `sysctls`
        sysctls: "sysctls",
        /// `windowsOptions`
        windows_options: "windowsOptions",
    }
}

impl<'a> SecurityContext<'a> {
    /// `capabilities.add`, element nodes with their texts.
    pub fn capabilities_added(&self) -> impl Iterator<Item = (usize, &'a str)> {
        self.capability_list("add")
    }

    /// `capabilities.drop`, indexes with their texts.
    pub fn capabilities_dropped(&self) -> impl Iterator<Item = (usize, &'a str)> {
        self.capability_list("drop")
    }

    fn capability_list(&self, key: &str) -> impl Iterator<Item = (usize, &'a str)> + use<'a> {
        let list = self.capabilities.and_then(|node| node.field(key)).and_then(Node::as_seq);
        list.into_iter()
            .flat_map(Node::items)
            .enumerate()
            .filter_map(|(index, item)| Some((index, item.as_str()?)))
    }
}
