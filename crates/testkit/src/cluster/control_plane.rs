//! Starting, stopping and asking a control plane.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::kubeconfig::{self, Proof};
use super::node::{self, Space};
use super::process::{Launcher, Program, free_port};
use super::run_dir::RunDir;
use super::{Applied, Authority, Client, Credential, Error, Etcd, Options, Review, binary, flags, outliving};

/// Time for all programs to become ready, on a machine busy with other builds.
const READY_LIMIT: Duration = Duration::from_secs(180);
/// Starts that are tried when another process takes a port first.
const ATTEMPTS: u32 = 3;
const ADMINISTRATORS: &str = "system:masters";

/// A running control plane. Dropping it kills its programs and removes its directory.
#[derive(Debug)]
pub struct ControlPlane {
    // Fields drop in this order: the directory last.
    controllers: Vec<Program>,
    api_server: Option<Program>,
    etcd_program: Program,
    space: Option<Space>,
    etcd: Etcd,
    launcher: Launcher,
    server: String,
    authority: Authority,
    admin: Client,
    options: Options,
    ports: flags::Ports,
    directory: RunDir,
}

impl ControlPlane {
    /// Starts a control plane and waits until it is ready: some seconds, minutes when the program must be built first.
    ///
    /// # Errors
    /// Go is missing, the build failed, or a program did not start (its last log lines are in the error).
    pub fn start(options: &Options) -> Result<Self, Error> {
        let mut attempt = 1;
        loop {
            match Self::start_once(options.clone()) {
                Err(Error::Program { log, .. })
                    if attempt < ATTEMPTS && log.contains("address already in use") =>
                {
                    attempt += 1;
                }
                outcome => return outcome,
            }
        }
    }

    fn start_once(options: Options) -> Result<Self, Error> {
        let binary = binary(options.version)?;
        let directory = options.outlive_in.as_deref().map_or_else(RunDir::temporary, RunDir::kept)?;
        let outlive = options.outlive_in.is_some();
        let mut launcher =
            Launcher { binary, directory: directory.path().to_path_buf(), outlive, space: None };
        let authority = Authority::new()?;
        flags::write_certificates(&directory, &authority)?;
        let (space, ports, port) = if options.node {
            let (space, entry) = Space::open(&mut launcher, &directory, &authority)?;
            (Some(space), entry.ports, entry.server)
        } else {
            let ports =
                flags::Ports { etcd: free_port()?, etcd_peers: free_port()?, api_server: free_port()? };
            (None, ports, ports.api_server)
        };
        let server = format!("https://127.0.0.1:{port}");
        let credential = authority.client("admin", &[ADMINISTRATORS])?;
        let admin = Client::new(&server, &authority.certificate(), Some(&credential))?;
        let etcd_program = launcher.start("etcd", &flags::etcd(&ports))?;
        let etcd = Etcd::new(ports.etcd);
        let (controllers, api_server) = (Vec::new(), None);
        let mut cluster = Self {
            controllers,
            api_server,
            etcd_program,
            space,
            etcd,
            launcher,
            server,
            authority,
            admin,
            options,
            ports,
            directory,
        };
        cluster.write_kubeconfig("admin", &Proof::Certificate(&credential))?;
        cluster.start_api_server()?;
        cluster.start_controllers()?;
        cluster.start_kubelet()?;
        if outlive {
            cluster.programs().for_each(Program::release);
            cluster.space.iter_mut().for_each(Space::release);
            outliving::record(cluster.directory(), &cluster.process_ids())?;
        }
        Ok(cluster)
    }

    fn start_api_server(&mut self) -> Result<(), Error> {
        let limit = Instant::now() + READY_LIMIT;
        while !self.etcd.is_ready() {
            self.etcd_program.check_alive()?;
            if Instant::now() > limit {
                return Err(self.etcd_program.failed("not ready in time".to_owned()));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let arguments = flags::api_server(&self.options, &self.ports, &self.directory)?;
        let program = self.launcher.start("kube-apiserver", &arguments)?;
        let program = self.api_server.insert(program);
        while !is_ready(&self.admin) {
            self.etcd_program.check_alive()?;
            program.check_alive()?;
            if Instant::now() > limit {
                return Err(program.failed("not ready in time".to_owned()));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    fn start_controllers(&mut self) -> Result<(), Error> {
        let wanted = [
            ("kube-controller-manager", self.options.controller_manager),
            ("kube-scheduler", self.options.scheduler),
        ];
        for (name, _) in wanted.into_iter().filter(|(_, wanted)| *wanted) {
            let credential = self.authority.client(&format!("system:{name}"), &[])?;
            // Beside a node, the address of a relay means nothing.
            let server = if self.space.is_some() { node::server() } else { self.server.clone() };
            let text =
                kubeconfig::render(&server, &self.authority.certificate(), &Proof::Certificate(&credential));
            let kubeconfig = self.directory.write(&format!("{name}.kubeconfig"), &text)?;
            let arguments = flags::controller(name, &self.options, &kubeconfig, self.directory.path());
            self.controllers.push(self.launcher.start(name, &arguments)?);
        }
        if !self.options.controller_manager {
            return self.create_default_account("default");
        }
        // Made by the controller-manager: once it is there, the controllers run.
        let account = "/api/v1/namespaces/default/serviceaccounts/default";
        let limit = Instant::now() + READY_LIMIT;
        while self.admin.get(account).is_err() {
            for program in &mut self.controllers {
                program.check_alive()?;
                if Instant::now() > limit {
                    return Err(program.failed("not ready in time".to_owned()));
                }
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    fn start_kubelet(&mut self) -> Result<(), Error> {
        let Some(space) = &mut self.space else { return Ok(()) };
        space.start_kubelet()?;
        let path = format!("/api/v1/nodes/{}", node::NAME);
        let limit = Instant::now() + READY_LIMIT;
        while !self.admin.get(&path).is_ok_and(|found| is_node_ready(&found)) {
            space.check_alive()?;
            if Instant::now() > limit {
                return Err(space.failed("not ready in time".to_owned()));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Stops the API server in good order and starts it with other options on the same etcd, port and certificates: what a
    /// change of flags is on a real cluster. Version, directory, node and the choice of controllers stay.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn reconfigure(&mut self, options: Options) -> Result<(), Error> {
        if let Some(program) = self.api_server.take() {
            program.stop();
        }
        let Options { version, controller_manager, scheduler, node, outlive_in, .. } = self.options.clone();
        self.options = Options { version, controller_manager, scheduler, node, outlive_in, ..options };
        self.start_api_server()
    }

    /// `https://127.0.0.1:PORT`.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Where the cluster keeps its files and logs (`kube-apiserver.log`, …).
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The audit log; written when the options have an audit policy.
    #[must_use]
    pub fn audit_log(&self) -> PathBuf {
        self.directory.path().join(flags::AUDIT_LOG)
    }

    /// The certificate authority of servers and clients.
    #[must_use]
    pub const fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The cluster's etcd.
    #[must_use]
    pub const fn etcd(&self) -> &Etcd {
        &self.etcd
    }

    /// A client in group system:masters, which every request check lets through.
    #[must_use]
    pub const fn admin(&self) -> &Client {
        &self.admin
    }

    /// A client with a certificate for this user and these groups, made now.
    ///
    /// # Errors
    /// No randomness.
    pub fn user(&self, name: &str, groups: &[&str]) -> Result<Client, Error> {
        self.client(Some(&self.authority.client(name, groups)?))
    }

    /// A client with a certificate made before.
    ///
    /// # Errors
    /// It is not PEM.
    pub fn holder(&self, credential: &Credential) -> Result<Client, Error> {
        self.client(Some(credential))
    }

    /// A client that shows nothing: system:anonymous. Add a token with [`Client::with_token`].
    ///
    /// # Errors
    /// None in practice.
    pub fn anonymous(&self) -> Result<Client, Error> {
        self.client(None)
    }

    fn client(&self, credential: Option<&Credential>) -> Result<Client, Error> {
        Client::new(&self.server, &self.authority.certificate(), credential)
    }

    /// The kubeconfig of the admin; tests that run kubectl or the product set KUBECONFIG to it.
    #[must_use]
    pub fn admin_kubeconfig(&self) -> PathBuf {
        self.directory.path().join("admin.kubeconfig")
    }

    /// Writes a kubeconfig with a client certificate for this user.
    ///
    /// # Errors
    /// No randomness, or the file cannot be written.
    pub fn user_kubeconfig(&self, user: &str, groups: &[&str]) -> Result<PathBuf, Error> {
        let credential = self.authority.client(user, groups)?;
        self.write_kubeconfig(&file_name(user), &Proof::Certificate(&credential))
    }

    /// Writes a kubeconfig with a bearer token; `name` names the file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn token_kubeconfig(&self, name: &str, token: &str) -> Result<PathBuf, Error> {
        self.write_kubeconfig(&file_name(name), &Proof::Token(token))
    }

    fn write_kubeconfig(&self, name: &str, proof: &Proof<'_>) -> Result<PathBuf, Error> {
        let text = kubeconfig::render(&self.server, &self.authority.certificate(), proof);
        self.directory.write(&format!("{name}.kubeconfig"), &text)
    }

    /// [`Client::subject_access_review`] as the admin.
    ///
    /// # Errors
    /// As there.
    pub fn subject_access_review(&self, spec: &Value) -> Result<Review, Error> {
        self.admin.subject_access_review(spec)
    }

    /// Server-side apply of many objects as the admin, see [`Applied`].
    ///
    /// # Errors
    /// An object is refused, or a custom resource's definition does not come up.
    pub fn apply(&self, objects: &[Value]) -> Result<Applied, Error> {
        let applied = super::apply::apply(&self.admin, objects)?;
        if !self.options.controller_manager {
            for namespace in &applied.namespaces {
                self.create_default_account(namespace)?;
            }
        }
        Ok(applied)
    }

    /// Creates a namespace with labels, and its default ServiceAccount, without which no pod is admitted.
    ///
    /// # Errors
    /// The API server refuses it.
    pub fn create_namespace(&self, name: &str, labels: &[(&str, &str)]) -> Result<(), Error> {
        let labels: serde_json::Map<_, _> =
            labels.iter().map(|&(key, value)| (key.to_owned(), value.into())).collect();
        let namespace =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}});
        self.apply(&[namespace]).map(drop)
    }

    /// What the controller-manager would do.
    fn create_default_account(&self, namespace: &str) -> Result<(), Error> {
        let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": namespace}});
        super::apply::apply(&self.admin, &[account]).map(drop)
    }

    /// Asks `question` until it answers, at most three minutes.
    ///
    /// # Errors
    /// `question` failed, or never answered.
    pub fn wait<T>(
        &self,
        what: &str,
        mut question: impl FnMut() -> Result<Option<T>, Error>,
    ) -> Result<T, Error> {
        let limit = Instant::now() + READY_LIMIT;
        loop {
            if let Some(answer) = question()? {
                return Ok(answer);
            }
            if Instant::now() > limit {
                return Err(Error::Form(format!(
                    "waited too long for {what}; logs in {}",
                    self.directory().display()
                )));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn programs(&mut self) -> impl Iterator<Item = &mut Program> {
        self.controllers.iter_mut().chain(&mut self.api_server).chain([&mut self.etcd_program])
    }

    /// Runs kubectl of the cluster's version as the admin and returns its output.
    ///
    /// # Errors
    /// kubectl failed; its words are in the error.
    pub fn kubectl(&self, arguments: &[&str]) -> Result<String, Error> {
        let mut command = Command::new(&self.launcher.binary);
        command
            .arg("kubectl")
            .args(arguments)
            .env("KUBECONFIG", self.admin_kubeconfig())
            .stdin(Stdio::null());
        let output = command.output().map_err(Error::file(&self.launcher.binary))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(Error::Program {
            program: "kubectl",
            what: format!("{} {}", arguments.join(" "), output.status),
            log,
        })
    }

    /// Process ids of all programs, for those who stop a cluster that outlives them.
    #[must_use]
    pub fn process_ids(&self) -> Vec<u32> {
        let clients = self.controllers.iter().chain(&self.api_server);
        let ids = clients.chain([&self.etcd_program]).map(Program::id);
        ids.chain(self.space.iter().flat_map(Space::process_ids)).collect()
    }
}

impl Drop for ControlPlane {
    fn drop(&mut self) {
        // All first, then each is waited for as its field drops.
        for program in self.programs() {
            program.kill();
        }
        self.space.iter_mut().for_each(Space::kill);
    }
}

/// Ready, and the namespaces that the server makes after its start are there.
fn is_ready(admin: &Client) -> bool {
    admin.get("/readyz").is_ok() && admin.get("/api/v1/namespaces/default").is_ok()
}

fn is_node_ready(node: &Value) -> bool {
    let conditions = node["status"]["conditions"].as_array().map(Vec::as_slice).unwrap_or_default();
    conditions.iter().any(|condition| condition["type"] == "Ready" && condition["status"] == "True")
}

/// User names hold `:` and `/`.
fn file_name(user: &str) -> String {
    user.replace(|c: char| !c.is_ascii_alphanumeric(), "-")
}
