//! What a test may choose about its control plane.

use std::path::PathBuf;

use super::Version;

/// How to start a control plane. `{dir}` in any flag or file stands for the directory that the cluster runs in.
#[derive(Debug, Clone)]
pub struct Options {
    /// Kubernetes version.
    pub version: Version,
    /// Start kube-controller-manager too (100 MB).
    pub controller_manager: bool,
    /// Start kube-scheduler too (70 MB).
    pub scheduler: bool,
    /// Add a node, `node1`, with containerd and a kubelet, in namespaces of its own: pods run for real. Needs root, see
    /// [`super::node_available`]; wants the controller-manager (it makes what pods mount), and the scheduler unless pods name the node.
    pub node: bool,
    /// Static bearer tokens.
    pub tokens: Vec<Token>,
    /// `--authorization-mode`, in order; not used when there is an authorization config.
    pub authorization_modes: Vec<String>,
    /// AuthorizationConfiguration, YAML.
    pub authorization_config: Option<String>,
    /// ABAC policy, one JSON object a line; add `ABAC` to the modes.
    pub abac_policy: Option<String>,
    /// audit.k8s.io Policy, YAML; the log is [`super::ControlPlane::audit_log`].
    pub audit_policy: Option<String>,
    /// EncryptionConfiguration, YAML.
    pub encryption_config: Option<String>,
    /// AdmissionConfiguration, YAML.
    pub admission_config: Option<String>,
    /// Feature gates of all programs.
    pub feature_gates: Vec<(String, bool)>,
    /// `--runtime-config` entries, for example `api/all=true`.
    pub runtime_config: Vec<String>,
    /// More kube-apiserver flags; where a flag holds one value, these win over ours.
    pub api_server_flags: Vec<String>,
    /// More files to write before the start: name and content.
    pub files: Vec<(String, String)>,
    /// Run in this directory and outlive the process that started it. For `cargo xtask cluster up`; tests leave it empty.
    pub outlive_in: Option<PathBuf>,
}

impl Options {
    /// Everything: controllers, scheduler and a node that runs pods.
    #[must_use]
    pub fn with_node() -> Self {
        Self { controller_manager: true, scheduler: true, node: true, ..Self::default() }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            version: Version::default(),
            controller_manager: false,
            scheduler: false,
            node: false,
            tokens: Vec::new(),
            authorization_modes: vec!["Node".to_owned(), "RBAC".to_owned()],
            authorization_config: None,
            abac_policy: None,
            audit_policy: None,
            encryption_config: None,
            admission_config: None,
            feature_gates: Vec::new(),
            runtime_config: Vec::new(),
            api_server_flags: Vec::new(),
            files: Vec::new(),
            outlive_in: None,
        }
    }
}

/// A static bearer token and who it stands for.
#[derive(Debug, Clone)]
pub struct Token {
    /// The secret itself.
    pub token: String,
    /// User name.
    pub user: String,
    /// Groups, without system:authenticated, which the server adds.
    pub groups: Vec<String>,
}

impl Token {
    /// A token of a user in some groups.
    #[must_use]
    pub fn new(token: &str, user: &str, groups: &[&str]) -> Self {
        Self {
            token: token.to_owned(),
            user: user.to_owned(),
            groups: groups.iter().map(|&group| group.to_owned()).collect(),
        }
    }

    /// The line of a token file: the uid is the user name.
    pub(crate) fn line(&self) -> String {
        format!("{},\"{}\",\"{}\",\"{}\"\n", self.token, self.user, self.user, self.groups.join(","))
    }
}
