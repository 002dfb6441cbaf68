//! The programs of the control plane: which container runs which, or how kubeadm would start it.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use rampart_document::{Edit, FieldPath, Node};
use rampart_model::{Carriers, Container, EnvSource, Inventory, Object, ObjectId};
use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::Configurations;
use super::kubeadm::Kubeadm;
use crate::shared::flags::{Flag, Flags};

/// The API server.
pub(crate) const API_SERVER: &str = "kube-apiserver";
/// The controller manager.
pub(crate) const CONTROLLER_MANAGER: &str = "kube-controller-manager";
/// The scheduler.
pub(crate) const SCHEDULER: &str = "kube-scheduler";
/// The service proxy of nodes.
pub(crate) const PROXY: &str = "kube-proxy";
/// The cluster's store; an etcd of something else is not meant.
pub(crate) const ETCD: &str = "etcd";

const PROGRAMS: [&str; 5] = [API_SERVER, CONTROLLER_MANAGER, SCHEDULER, PROXY, ETCD];

static NAMES: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| AhoCorasick::new(PROGRAMS.iter().chain(&["hyperkube"])).ok());

/// All components of the input.
#[derive(Debug, Default)]
pub(crate) struct Components<'a> {
    all: Vec<Component<'a>>,
}

/// One program of the control plane and what it is told.
#[derive(Debug)]
pub(crate) struct Component<'a> {
    /// The object: a static pod's manifest, a mirror pod, the workload of a hosted control plane, or what holds kubeadm's
    /// configuration.
    pub(crate) object: Object<'a>,
    /// Its name.
    pub(crate) program: &'static str,
    source: Started<'a>,
}

#[derive(Debug)]
enum Started<'a> {
    /// `prefix` leads from the object to the pod template.
    Container {
        prefix: FieldPath,
        container: Box<Container<'a>>,
        flags: Flags<'a>,
    },
    Kubeadm(Kubeadm),
}

/// What a component is told by one flag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Setting<'s> {
    /// Nothing, so the default counts.
    Unset,
    /// This.
    Given(Given<'s>),
    /// It cannot be told; the reason.
    Unknown(&'static str),
}

/// A value that a component is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Given<'s> {
    /// The value.
    pub(crate) value: &'s str,
    /// Where, from the object.
    pub(crate) path: FieldPath,
}

impl<'a> Components<'a> {
    pub(crate) fn build(
        inventory: &'a Inventory,
        carriers: &Carriers,
        configurations: &Configurations<'a>,
    ) -> Self {
        let kinds = inventory.kinds();
        let ids: Vec<ObjectId> = kinds
            .iter()
            .filter(|(kind, _)| carriers.carries(*kind))
            .flat_map(|(_, ids)| ids.iter().copied())
            .collect();
        let mut all: Vec<Component<'a>> =
            ids.par_iter().filter_map(|&id| component(inventory.object(id), carriers)).collect();
        let hosts: FxHashSet<_> = all
            .iter()
            .filter(|one| one.program == API_SERVER)
            .map(|one| one.object.effective_namespace())
            .collect();
        all.retain(|one| one.program != ETCD || is_clusters_etcd(one, &hosts));
        for (number, configuration) in configurations.numbered(Kubeadm::KIND) {
            for program in PROGRAMS {
                // What runs outranks what it was made from.
                let runs = all
                    .iter()
                    .any(|one| one.program == program && matches!(one.source, Started::Container { .. }));
                if let Some(kubeadm) = Kubeadm::read(configuration.node(), number, program).filter(|_| !runs)
                {
                    let source = Started::Kubeadm(kubeadm);
                    all.push(Component { object: configuration.object, program, source });
                }
            }
        }
        all.sort_by_key(|one| (one.program, one.object.id()));
        Self { all }
    }

    /// Those that run a program, in input order.
    pub(crate) fn of(&self, program: &str) -> &[Component<'a>] {
        let start = self.all.partition_point(|one| one.program < program);
        let end = self.all.partition_point(|one| one.program <= program);
        &self.all[start..end]
    }
}

fn component<'a>(object: Object<'a>, carriers: &Carriers) -> Option<Component<'a>> {
    let pod = carriers.pod(object)?;
    let (container, program, flags) = pod.containers().iter().find_map(|container| {
        // Most containers are other programs; telling so must cost little.
        let named = |text: &str| NAMES.as_ref().is_none_or(|names| names.is_match(text));
        let told = |list| container.argv(list).any(|(_, text)| named(text));
        let may = container.image().is_some_and(named)
            || told(container.fields.command)
            || told(container.fields.args);
        let program = |&program: &&'static str| Some((program, Flags::of_program(container, program)?));
        may.then(|| PROGRAMS.iter().find_map(program))?
            .map(|(program, flags)| (Box::new(*container), program, flags))
    })?;
    Some(Component {
        object,
        program,
        source: Started::Container { prefix: pod.prefix.clone(), container, flags },
    })
}

/// True for an etcd of the control plane: in `kube-system`, beside an API server, or labelled as kubeadm labels it.
fn is_clusters_etcd(etcd: &Component<'_>, hosts: &FxHashSet<Option<&str>>) -> bool {
    let namespace = etcd.object.effective_namespace();
    namespace == Some("kube-system")
        || hosts.contains(&namespace)
        || etcd.object.labels().get("tier") == Some("control-plane")
}

impl<'a> Component<'a> {
    /// What a flag with a value says; an empty value is none.
    pub(crate) fn flag(&self, name: &str) -> Setting<'_> {
        self.setting(name, false)
    }

    /// What a flag says that is true when it stands alone.
    pub(crate) fn switch(&self, name: &str) -> Setting<'_> {
        self.setting(name, true)
    }

    fn setting(&self, name: &str, switch: bool) -> Setting<'_> {
        match &self.source {
            Started::Kubeadm(kubeadm) => kubeadm.setting(name),
            Started::Container { prefix, container, flags } => {
                if self.program == ETCD && name != CONFIG_FILE {
                    match self.setting(CONFIG_FILE, false) {
                        Setting::Unset => {}
                        Setting::Given(_) => {
                            return Setting::Unknown("its settings are in a file of its own");
                        }
                        unknown @ Setting::Unknown(_) => return unknown,
                    }
                }
                let flag = if switch { flags.switch(name) } else { flags.value(name) };
                match flag {
                    Flag::Unset if self.program == ETCD => self.variable(name),
                    Flag::Unset | Flag::Set("", _) => Setting::Unset,
                    Flag::Set(value, place) => {
                        let path = prefix.join(&place.path(container));
                        Setting::Given(Given { value, path })
                    }
                    Flag::Unknown(reason) => Setting::Unknown(reason),
                }
            }
        }
    }

    /// etcd also reads `ETCD_` variables, one for each flag.
    fn variable(&self, name: &str) -> Setting<'_> {
        let Started::Container { prefix, container, .. } = &self.source else { return Setting::Unset };
        let Some(env) = variable(container, name) else {
            return match container.fields.env_from {
                Some(_) => Setting::Unknown("its environment comes from another object"),
                None => Setting::Unset,
            };
        };
        match env.1 {
            EnvSource::Literal("") => Setting::Unset,
            EnvSource::Literal(value) => {
                let path = prefix.join(&container.root().key("env").index(env.0).key("value"));
                Setting::Given(Given { value, path })
            }
            EnvSource::From(_) => Setting::Unknown("the variable comes from another object"),
        }
    }

    /// Where its flags are listed, from the object.
    pub(crate) fn list(&self, configurations: &Configurations<'_>) -> FieldPath {
        match &self.source {
            Started::Kubeadm(kubeadm) => kubeadm.list_in(configurations),
            Started::Container { prefix, container, .. } => {
                let field = if container.fields.command.is_some() { "command" } else { "args" };
                prefix.join(&container.path(field))
            }
        }
    }

    /// Edits of the object that give a flag this value; none when they cannot be told.
    pub(crate) fn set(&self, configurations: &Configurations<'_>, name: &str, value: &str) -> Vec<Edit> {
        match &self.source {
            Started::Kubeadm(kubeadm) => kubeadm.set(configurations, name, value),
            Started::Container { prefix, container, flags } => {
                let edits = match variable(container, name).filter(|_| self.program == ETCD) {
                    Some((index, _)) if flags.value(name) == Flag::Unset => {
                        vec![Edit::set(container.root().key("env").index(index).key("value"), value)]
                    }
                    _ => flags.set(container, name, value),
                };
                below(prefix, edits)
            }
        }
    }

    /// Edits of the object that take a flag away, so that its default counts; none when they cannot be told. `switch` as
    /// in [`Self::switch`].
    pub(crate) fn unset(&self, configurations: &Configurations<'_>, name: &str, switch: bool) -> Vec<Edit> {
        match &self.source {
            Started::Kubeadm(kubeadm) => kubeadm.unset(configurations, name),
            Started::Container { prefix, container, flags } => {
                below(prefix, flags.unset(container, name, switch))
            }
        }
    }

    /// The container that runs it.
    pub(crate) fn container(&self) -> Option<&Container<'a>> {
        match &self.source {
            Started::Container { container, .. } => Some(container),
            Started::Kubeadm(_) => None,
        }
    }

    /// True when kubeadm starts it, which gives some flags by itself.
    pub(crate) fn is_kubeadm(&self) -> bool {
        matches!(self.source, Started::Kubeadm(_))
    }
}

const CONFIG_FILE: &str = "config-file";

fn variable<'a>(container: &Container<'a>, flag: &str) -> Option<(usize, EnvSource<'a>)> {
    let is_it = |name: &str| {
        name.strip_prefix("ETCD_").is_some_and(|name| {
            name.len() == flag.len()
                && name.bytes().zip(flag.bytes()).all(|(name, flag)| match flag {
                    b'-' => name == b'_',
                    _ => name == flag.to_ascii_uppercase(),
                })
        })
    };
    container.env().filter(|env| is_it(env.name)).last().map(|env| (env.index, env.source))
}

fn below(prefix: &FieldPath, edits: Vec<Edit>) -> Vec<Edit> {
    edits.into_iter().map(|edit| Edit { path: prefix.join(&edit.path), operation: edit.operation }).collect()
}

/// The text of a field below these names, if it is there.
pub(super) fn text<'a>(node: Node<'a>, names: &[&str]) -> Option<&'a str> {
    names.iter().try_fold(node, |node, name| node.get(name))?.scalar_text().filter(|text| !text.is_empty())
}
