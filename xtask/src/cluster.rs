//! `cargo xtask cluster`: a real cluster to work with by hand.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Subcommand;
use rampart_testkit::cluster::{self, ControlPlane, Options, Version};

use crate::say;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Start a cluster and leave it running.
    Up {
        /// Kubernetes version: 1.34, 1.35 or 1.36.
        #[arg(long, default_value_t)]
        version: Version,
        /// Only etcd and kube-apiserver, without controllers and scheduler.
        #[arg(long)]
        bare: bool,
        /// Add a node that runs pods (root); the images `local/busybox:1` and `local/pause:1` are there.
        #[arg(long, conflicts_with = "bare")]
        node: bool,
        /// One more flag for kube-apiserver; may be repeated.
        #[arg(long = "api-server-flag", value_name = "FLAG", allow_hyphen_values = true)]
        api_server_flags: Vec<String>,
    },
    /// Stop it and remove its data.
    Down,
    /// Print shell variables that point kubectl and rampart at it: `eval "$(cargo xtask cluster env)"`.
    Env,
}

pub(crate) fn run(command: Command) -> anyhow::Result<()> {
    let directory = cluster::target_directory().join("cluster").join("up");
    match command {
        Command::Up { version, bare, node, api_server_flags } => {
            if !cluster::running_in(&directory).is_empty() {
                bail!("a cluster is up already; `cargo xtask cluster down` stops it");
            }
            cluster::stop_in(&directory)?;
            let options = Options {
                version,
                controller_manager: !bare,
                scheduler: !bare,
                node,
                api_server_flags,
                outlive_in: Some(directory.clone()),
                ..Options::default()
            };
            up(&directory, &options)
        }
        Command::Down => {
            let stopped = cluster::stop_in(&directory)?;
            say(&format!("stopped {stopped} programs"));
            Ok(())
        }
        Command::Env => env(&directory),
    }
}

fn up(directory: &Path, options: &Options) -> anyhow::Result<()> {
    let cluster = ControlPlane::start(options)?;
    kubectl(directory, &cluster::binary(options.version)?)?;
    say(&format!(
        "Kubernetes {} at {}, etcd at {}",
        options.version,
        cluster.server(),
        cluster.etcd().endpoint()
    ));
    say("eval \"$(cargo xtask cluster env)\"");
    Ok(())
}

/// A kubectl of the same version, for machines that have none or another.
fn kubectl(directory: &Path, program: &Path) -> anyhow::Result<()> {
    let script = bin(directory).join("kubectl");
    fs::create_dir_all(bin(directory)).context("make the directory for kubectl")?;
    fs::write(&script, format!("#!/bin/sh\nexec '{}' kubectl \"$@\"\n", program.display()))
        .context("write kubectl")?;
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).context("make kubectl executable")
}

fn bin(directory: &Path) -> PathBuf {
    directory.join("bin")
}

fn env(directory: &Path) -> anyhow::Result<()> {
    if cluster::running_in(directory).is_empty() {
        bail!("no cluster is up; `cargo xtask cluster up` starts one");
    }
    say(&format!("export KUBECONFIG='{}'", directory.join("admin.kubeconfig").display()));
    say(&format!("export PATH='{}':\"$PATH\"", bin(directory).display()));
    say(&format!("export RAMPART_CLUSTER_DIR='{}'", directory.display()));
    Ok(())
}
