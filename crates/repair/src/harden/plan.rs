//! The edits that complete a pod's security context.

use rampart_document::{Edit, FieldPath, Node};
use rampart_model::{Container, ContainerKind, Object, Pod};
use serde_json::{Value, json};

use super::known::written_by;
use super::tokens::binding_of;
use crate::passes::Project;

/// What a note is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoteKind {
    /// Something that the manifest does not tell: look it up before it is applied.
    Unknown,
    /// Something that stays, or that was decided for a stated reason.
    Decided,
}

/// What a person should know about the change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Which kind.
    pub kind: NoteKind,
    /// The container, or empty for the whole pod.
    pub about: String,
    /// What it is.
    pub text: String,
}

/// Edits as paths from the pod template.
pub(super) struct Plan {
    pub(super) prefix: FieldPath,
    pub(super) edits: Vec<Edit>,
    pub(super) notes: Vec<Note>,
}

const UNPRIVILEGED_PORTS: &str = "net.ipv4.ip_unprivileged_port_start";

/// Plans the hardening of an object; nothing for what carries no pod.
pub(super) fn of(project: &Project<'_>, object: Object<'_>) -> Plan {
    let mut plan = Plan { prefix: FieldPath::root(), edits: Vec::new(), notes: Vec::new() };
    let Some(pod) = project.carriers.pod(object) else {
        plan.decided("", format!("a {} carries no pod template", object.kind()));
        return plan;
    };
    plan.prefix = pod.prefix.clone();
    if pod.is_windows() {
        plan.decided("", "the API refuses Linux security fields in pods for Windows");
        return plan;
    }
    plan.pod(&pod);
    plan.token(project, object, &pod);
    let mut volumes = Volumes::of(&pod);
    for container in pod.containers().iter().filter(|own| own.kind != ContainerKind::Ephemeral) {
        plan.container(&pod, container);
        plan.files(container, &mut volumes);
    }
    plan.edits.extend(volumes.new.into_iter().map(|volume| Edit::append(pod.path("volumes"), volume)));
    plan
}

impl Plan {
    fn unknown(&mut self, about: &str, text: impl Into<String>) {
        self.notes.push(Note { kind: NoteKind::Unknown, about: about.to_owned(), text: text.into() });
    }

    fn decided(&mut self, about: &str, text: impl Into<String>) {
        self.notes.push(Note { kind: NoteKind::Decided, about: about.to_owned(), text: text.into() });
    }

    fn set(&mut self, path: FieldPath, value: impl Into<Value>) {
        self.edits.push(Edit::set(path, value));
    }

    fn pod(&mut self, pod: &Pod<'_>) {
        let own = &pod.security;
        if flag(own.run_as_non_root) != Some(true) {
            self.set(pod.path("securityContext.runAsNonRoot"), true);
        }
        if own.run_as_user.and_then(Node::as_i64) == Some(0) {
            self.edits.push(Edit::remove(pod.path("securityContext.runAsUser")));
            self.decided("", "runAsUser: 0 goes; the image's user counts");
        }
        let profile = own.seccomp_profile.and_then(|profile| profile.field("type")).and_then(Node::as_str);
        if !matches!(profile, Some("RuntimeDefault" | "Localhost")) {
            self.set(pod.path("securityContext.seccompProfile"), json!({"type": "RuntimeDefault"}));
        }
        self.ports(pod);
    }

    /// Without root and capabilities a program may bind low ports only if the pod's network says so.
    fn ports(&mut self, pod: &Pod<'_>) {
        let low = pod.lasting_containers().flat_map(Container::ports).filter_map(|(_, port)| {
            port.field("containerPort").and_then(Node::as_i64).filter(|number| *number < 1024)
        });
        let low: Vec<String> = low.map(|number| number.to_string()).collect();
        let sysctls = pod.security.sysctls.and_then(Node::as_seq);
        let named = |entry: Node<'_>| entry.field("name").and_then(Node::as_str) == Some(UNPRIVILEGED_PORTS);
        if low.is_empty() || sysctls.is_some_and(|list| list.items().any(named)) {
            return;
        }
        let ports = low.join(", ");
        if pod.is_set(pod.fields.host_network) {
            self.unknown("", format!("port {ports} is the node's: only root may listen below 1024 there"));
            return;
        }
        let entry = json!({"name": UNPRIVILEGED_PORTS, "value": "0"});
        self.edits.push(Edit::append(pod.path("securityContext.sysctls"), entry));
        let text =
            format!("listens on port {ports}: the sysctl {UNPRIVILEGED_PORTS} lets it do so without root");
        self.decided("", text);
    }

    fn token(&mut self, project: &Project<'_>, object: Object<'_>, pod: &Pod<'_>) {
        let mounts = pod.fields.automount_service_account_token;
        if flag(mounts) == Some(false) {
            return;
        }
        let account = pod.service_account();
        let namespace = object.effective_namespace().unwrap_or("default");
        if let Some(binding) = binding_of(project.inventory, namespace, account) {
            let text = format!("keeps its API token: {binding} gives ServiceAccount {account} rights");
            return self.decided("", text);
        }
        self.set(pod.path("automountServiceAccountToken"), false);
        let bindings = rampart_model::GroupKind::new("rbac.authorization.k8s.io", "RoleBinding");
        if !project.inventory.coverage().is_full(bindings, Some(namespace)) {
            let text = format!(
                "whether a binding outside the input names ServiceAccount {account}: none in it does, so the token goes"
            );
            self.unknown("", text);
        }
    }

    fn container(&mut self, pod: &Pod<'_>, container: &Container<'_>) {
        let own = &container.security;
        let title = container.title();
        let path = |field: &str| container.path(&format!("securityContext.{field}"));
        if flag(own.privileged) == Some(true) {
            self.edits.push(Edit::remove(path("privileged")));
            self.unknown(&title, "what it needed privileged for");
        }
        if flag(own.allow_privilege_escalation) != Some(false) {
            self.set(path("allowPrivilegeEscalation"), false);
        }
        if flag(own.run_as_non_root) == Some(false) {
            self.edits.push(Edit::remove(path("runAsNonRoot")));
        }
        if own.run_as_user.and_then(Node::as_i64) == Some(0) {
            self.edits.push(Edit::remove(path("runAsUser")));
            self.decided(&title, "runAsUser: 0 goes; the image's user counts");
        }
        let user = own.run_as_user.or(pod.security.run_as_user).and_then(Node::as_i64);
        if user.is_none_or(|user| user == 0) {
            self.unknown(
                &title,
                "its image's user: it does not start as root, or as a user without a number",
            );
        }
        let profile = own.seccomp_profile.and_then(|profile| profile.field("type")).and_then(Node::as_str);
        if profile == Some("Unconfined") {
            self.edits.push(Edit::remove(path("seccompProfile")));
        }
        if own.proc_mount.and_then(Node::as_str).is_some_and(|mount| mount != "Default") {
            self.set(path("procMount"), "Default");
        }
        self.capabilities(container, &title);
    }

    fn capabilities(&mut self, container: &Container<'_>, title: &str) {
        let is = |name: &str, known: &str| {
            let name =
                name.get(..4).filter(|start| start.eq_ignore_ascii_case("CAP_")).map_or(name, |_| &name[4..]);
            name.eq_ignore_ascii_case(known)
        };
        let all_dropped = container.security.capabilities_dropped().any(|(_, name)| is(name, "ALL"));
        if !all_dropped {
            self.set(container.path("securityContext.capabilities.drop"), json!(["ALL"]));
        }
        let added: Vec<&str> = container.security.capabilities_added().map(|(_, name)| name).collect();
        if !added.is_empty() {
            self.unknown(title, format!("whether it needs what it adds: {} stay", added.join(", ")));
        } else if !all_dropped {
            self.unknown(title, "whether it needs a capability: all of them are dropped");
        }
    }

    /// A root filesystem that cannot be written, with room for what is known to be written.
    fn files(&mut self, container: &Container<'_>, volumes: &mut Volumes) {
        if flag(container.security.read_only_root_filesystem) == Some(true) {
            return;
        }
        self.set(container.path("securityContext.readOnlyRootFilesystem"), true);
        let title = container.title();
        let known = container.image().and_then(written_by);
        let mut written: Vec<String> =
            known.unwrap_or(&["/tmp"]).iter().map(|path| (*path).to_owned()).collect();
        written.extend(temporary(container));
        written.dedup();
        let mounted = |path: &str| {
            container.volume_mounts().any(|(_, mount)| {
                let at = mount.field("mountPath").and_then(Node::as_str).unwrap_or("");
                std::path::Path::new(path).starts_with(at)
            })
        };
        for path in written.iter().filter(|path| !mounted(path)) {
            let name = volumes.add(container, path);
            let mount = json!({"name": name, "mountPath": path});
            self.edits.push(Edit::append(container.root().key("volumeMounts"), mount));
        }
        let paths = written.join(", ");
        if known.is_none() {
            let text =
                format!("which paths it writes: {paths} is a scratch directory, the rest is read-only");
            self.unknown(&title, text);
        } else if !written.is_empty() {
            self.decided(&title, format!("its image is known to write {paths}: scratch directories"));
        }
    }
}

fn flag(node: Option<Node<'_>>) -> Option<bool> {
    node.and_then(Node::as_bool)
}

/// The directory that the container is told to use for temporary files.
fn temporary(container: &Container<'_>) -> Option<String> {
    let value = container.env().find(|env| env.name == "TMPDIR").and_then(|env| match env.source {
        rampart_model::EnvSource::Literal(value) => Some(value),
        rampart_model::EnvSource::From(_) => None,
    })?;
    (value.starts_with('/') && value.len() > 1 && value != "/tmp" && !value.contains(".."))
        .then(|| value.to_owned())
}

/// The names of a pod's volumes, and those that come.
struct Volumes {
    taken: Vec<String>,
    new: Vec<Value>,
}

impl Volumes {
    fn of(pod: &Pod<'_>) -> Self {
        let names = pod.volumes().filter_map(|(_, volume)| volume.field("name")?.as_str().map(str::to_owned));
        Self { taken: names.collect(), new: Vec::new() }
    }

    /// An empty directory of the container's own for this path; gives its name.
    fn add(&mut self, container: &Container<'_>, path: &str) -> String {
        let letters = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
        let slug: String = path.trim_matches('/').chars().map(letters).collect();
        let slug = slug.trim_matches('-').to_owned();
        let own = format!("{}-{slug}", container.name());
        let numbered = (2..).map(|number| format!("{}-{number}", shorten(&slug)));
        let mut names = [slug.clone(), own].into_iter().map(|name| shorten(&name).to_owned()).chain(numbered);
        let free = names.find(|name| !name.is_empty() && !self.taken.contains(name)).unwrap_or(slug);
        self.taken.push(free.clone());
        self.new.push(json!({"name": free, "emptyDir": {}}));
        free
    }
}

/// A volume's name has at most 63 characters.
fn shorten(name: &str) -> &str {
    name.get(..58).unwrap_or(name).trim_matches('-')
}
