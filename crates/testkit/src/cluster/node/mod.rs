//! A node of the test cluster: containerd, CNI and a kubelet in namespaces of their own, with the control plane beside them.
//!
//! Inside, everything is where it is on a real node (/var/lib/kubelet, /run/containerd, the service `kubernetes` on 10.0.0.1:443);
//! outside, nothing is seen of it but the processes, one directory and a control group. Programs outside reach the API server and
//! etcd through two relays on loopback.

mod files;
mod image;

use std::fs;
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::flags::Ports;
use super::kubeconfig::{self, Proof};
use super::process::{Launcher, Program, signal};
use super::run_dir::RunDir;
use super::{Authority, Error};

/// Name of the node.
pub(crate) const NAME: &str = "node1";
/// Address of the node, on a bridge.
pub(crate) const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 99, 0, 1));
/// What the service `kubernetes` promises to pods; there is no kube-proxy that could map it to another port.
const API_SERVER_PORT: u16 = 443;
const SETUP_LIMIT: Duration = Duration::from_secs(60);
const CGROUPS: &str = "/sys/fs/cgroup";

/// Whether a node can run here.
///
/// # Errors
/// One line that says what is missing.
pub fn node_available() -> Result<(), String> {
    super::available()?;
    let mut missing = Vec::new();
    if !rustix::process::geteuid().is_root() {
        missing.push("root".to_owned());
    }
    for program in [
        files::CONTAINERD,
        files::RUNC,
        files::CNI_PLUGIN,
        image::BUSYBOX,
        "/usr/bin/unshare",
        "/usr/bin/nsenter",
    ] {
        if !Path::new(program).exists() {
            missing.push(program.to_owned());
        }
    }
    if ["/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip"].iter().all(|path| !Path::new(path).exists()) {
        missing.push("ip".to_owned());
    }
    if missing.is_empty() {
        return Ok(());
    }
    let packages = "containerd runc containernetworking-plugins busybox-static iproute2 util-linux";
    Err(format!("a test node needs root and the Debian packages {packages}; missing: {}", missing.join(", ")))
}

/// The namespaces, and what keeps them.
#[derive(Debug)]
pub(crate) struct Space {
    relays: Vec<Program>,
    /// The first process: containerd and the kubelet are its children.
    program: Program,
    directory: PathBuf,
}

/// Ports inside the namespace, and the one of the API server's relay outside. etcd has the same inside and outside.
pub(crate) struct Entry {
    pub(crate) ports: Ports,
    pub(crate) server: u16,
}

impl Space {
    /// Makes the namespaces, starts containerd in them, and opens the relays. Programs that the launcher starts from then on have
    /// the node's network.
    pub(crate) fn open(
        launcher: &mut Launcher,
        directory: &RunDir,
        authority: &Authority,
    ) -> Result<(Self, Entry), Error> {
        node_available().map_err(Error::Unavailable)?;
        let place = directory.path().join("node");
        fs::create_dir_all(place.join("manifests")).map_err(Error::file(&place))?;
        fs::create_dir_all(place.join("cni")).map_err(Error::file(&place))?;
        let certificate = authority.server(NAME, &[NAME], &[ADDRESS])?;
        let client = authority.client(&format!("system:node:{NAME}"), &["system:nodes"])?;
        let kubelet_client = authority.client("kube-apiserver-kubelet-client", &["system:masters"])?;
        let kubeconfig =
            kubeconfig::render(&server(), &authority.certificate(), &Proof::Certificate(&client));
        for (name, content) in [
            ("node/kubelet.crt", certificate.certificate),
            ("node/kubelet.key", certificate.key),
            ("node/kubelet.kubeconfig", kubeconfig),
            ("node/kubelet.yaml", files::kubelet(directory.path(), &cgroup(directory.path()))),
            ("node/containerd.toml", files::containerd(&place)),
            ("node/cni/10-test.conflist", files::CNI.to_owned()),
            ("kubelet-client.crt", kubelet_client.certificate),
            ("kubelet-client.key", kubelet_client.key),
        ] {
            directory.write(name, &content)?;
        }
        image::write(&place.join("images.tar"))?;
        let script = files::script(&launcher.binary, directory.path(), &cgroup(directory.path()));
        let script = directory.write("node/start.sh", &script)?;
        let mut program = launcher.isolated("node", &script)?;
        wait_for(&place.join("up"), &mut program)?;
        launcher.space = Some(program.id());
        let listen = || {
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
                .and_then(|listener| Ok((listener.local_addr()?.port(), listener)))
        };
        let (server, api_server) = listen().map_err(Error::file(&place))?;
        let (etcd, etcd_listener) = listen().map_err(Error::file(&place))?;
        let relays = vec![launcher.relay(api_server, API_SERVER_PORT)?, launcher.relay(etcd_listener, etcd)?];
        // Any two numbers would do: nobody else is in this namespace.
        let ports = Ports { etcd, etcd_peers: etcd.wrapping_add(1).max(1024), api_server: API_SERVER_PORT };
        Ok((Self { relays, program, directory: directory.path().to_path_buf() }, Entry { ports, server }))
    }

    /// Lets the kubelet start; the API server must be ready.
    pub(crate) fn start_kubelet(&self) -> Result<(), Error> {
        let sign = self.directory.join("node/go");
        fs::write(&sign, "").map_err(Error::file(&sign))
    }

    pub(crate) fn check_alive(&mut self) -> Result<(), Error> {
        self.program.check_alive()
    }

    pub(crate) fn failed(&self, what: String) -> Error {
        self.program.failed(what)
    }

    pub(crate) fn release(&mut self) {
        self.program.release();
        self.relays.iter_mut().for_each(Program::release);
    }

    /// The first process inside; the one that we started only waits for it.
    fn first(&self) -> Option<u32> {
        let id = self.program.id();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).ok()?;
        children.split_whitespace().next()?.parse().ok()
    }

    pub(crate) fn process_ids(&self) -> Vec<u32> {
        self.first().into_iter().chain(self.relays.iter().map(Program::id)).collect()
    }

    /// Ends everything in the namespaces, and waits for it.
    pub(crate) fn kill(&mut self) {
        if self.program.is_released() {
            return;
        }
        for relay in &mut self.relays {
            relay.kill();
        }
        match self.first() {
            // The kernel ends a process namespace before its first process can be collected.
            Some(first) => signal(first, Signal::KILL),
            None => self.program.kill(),
        }
        self.program.wait();
        remove_cgroups(&self.directory);
    }
}

/// The API server as everything in the namespaces reaches it.
pub(crate) fn server() -> String {
    format!("https://{ADDRESS}:{API_SERVER_PORT}")
}

fn wait_for(sign: &Path, program: &mut Program) -> Result<(), Error> {
    let limit = Instant::now() + SETUP_LIMIT;
    while !sign.exists() {
        program.check_alive()?;
        if Instant::now() > limit {
            return Err(program.failed("not ready in time".to_owned()));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// The API server serves the node and pods too, and calls the kubelet for logs and exec.
pub(crate) fn api_server_flags(directory: &Path) -> Vec<String> {
    let place = directory.display();
    vec![
        "--bind-address=0.0.0.0".to_owned(),
        format!("--advertise-address={ADDRESS}"),
        "--enable-admission-plugins=NodeRestriction".to_owned(),
        "--kubelet-preferred-address-types=InternalIP".to_owned(),
        format!("--kubelet-certificate-authority={place}/ca.crt"),
        format!("--kubelet-client-certificate={place}/kubelet-client.crt"),
        format!("--kubelet-client-key={place}/kubelet-client.key"),
    ]
}

/// The control group of a cluster is named after its directory.
fn cgroup(directory: &Path) -> String {
    let name = directory.file_name().unwrap_or_default().to_string_lossy();
    if name.starts_with("rampart-") { name.into_owned() } else { format!("rampart-{name}") }
}

/// Removes the control groups of a cluster, in every hierarchy (version 1) or the only one (version 2). The processes in them are
/// about to end; best effort, as an empty group harms nobody.
pub(crate) fn remove_cgroups(directory: &Path) {
    let name = cgroup(directory);
    let hierarchies = fs::read_dir(CGROUPS).into_iter().flatten().flatten().map(|entry| entry.path());
    let limit = Instant::now() + Duration::from_secs(5);
    for group in
        hierarchies.chain([PathBuf::from(CGROUPS)]).map(|path| path.join(&name)).filter(|path| path.is_dir())
    {
        while !remove_tree(&group) && Instant::now() < limit {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// The files of a control group vanish with its directory, so only directories are removed.
fn remove_tree(group: &Path) -> bool {
    let entries = fs::read_dir(group).into_iter().flatten().flatten();
    for child in entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
        remove_tree(&child.path());
    }
    fs::remove_dir(group).is_ok()
}
