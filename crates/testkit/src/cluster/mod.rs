//! A real Kubernetes control plane for tests: etcd and kube-apiserver, on request kube-controller-manager and kube-scheduler,
//! on random loopback ports, ready in seconds and gone with the value that holds it.
//!
//! ```no_run
//! use rampart_testkit::cluster::{self, ControlPlane, Options};
//!
//! fn alice_may_not_read_secrets() -> Result<(), cluster::Error> {
//!     if cluster::skipped() {
//!         return Ok(());
//!     }
//!     let cluster = ControlPlane::start(&Options::default())?;
//!     let review = cluster.subject_access_review(&serde_json::json!({
//!         "user": "alice",
//!         "resourceAttributes": {"verb": "get", "resource": "secrets", "namespace": "default"},
//!     }))?;
//!     assert!(!review.allowed);
//!     Ok(())
//! }
//! ```
//!
//! The programs are one Go binary (`tests/cluster`), built on first use into the target directory, minutes cold, and shared by
//! all test binaries from then on. With [`Options::node`] a kubelet and containerd run pods too. Each program ends by itself
//! when the test process dies, however that happens.

mod apply;
mod binary;
mod client;
mod control_plane;
mod error;
mod etcd;
mod flags;
mod kubeconfig;
mod node;
mod options;
mod outliving;
mod pki;
mod process;
mod run_dir;

pub use apply::Applied;
pub use binary::{Version, available, binary, skipped, target_directory};
pub use client::{Client, Patch, Response, Review};
pub use control_plane::ControlPlane;
pub use error::Error;
pub use etcd::{Entry, Etcd};
pub use node::node_available;
pub use options::{Options, Token};
pub use outliving::{running_in, stop_in};
pub use pki::{Authority, Credential};
