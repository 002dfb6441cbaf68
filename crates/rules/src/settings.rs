use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What users can adjust about rules, from `rampart.yaml`.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Settings {
    /// UIDs and GIDs up to this one may collide with users of the host (`low-uid`, `low-gid`).
    pub highest_host_id: i64,
    /// Fewest replicas of a workload that should survive a node (`single-replica`, `hpa-min-replicas`).
    pub min_replicas: i64,
    /// Images must match one of these prefixes of whole path components (`registry-not-allowed`); empty allows all.
    pub allowed_registries: Vec<String>,
    /// Images must not match any of these prefixes (`registry-not-allowed`).
    pub blocked_registries: Vec<String>,
    /// Custom resources that hold secrets, as `resource.group` (`encryption-resources-missing`).
    pub sensitive_resources: Vec<String>,
    /// Longest life of a bootstrap token from now, in hours (`bootstrap-token-long-lived`).
    pub bootstrap_token_hours: i64,
    /// Namespaces of the platform team besides `kube-system`, where system priorities and agents are expected.
    pub platform_namespaces: Vec<String>,
    /// Addresses and ranges that Services may claim as external (`service-external-ip`).
    pub allowed_external_ips: Vec<String>,
    /// Ends of image paths of administrative interfaces, besides those that are shipped (`exposed-admin-interface`).
    pub admin_images: Vec<String>,
    /// Labels that every object must have, each with a pattern of its value in which `*` stands for any text
    /// (`labels-missing`).
    pub required_labels: BTreeMap<String, String>,
    /// Annotations that every object must have, with patterns as for labels (`labels-missing`).
    pub required_annotations: BTreeMap<String, String>,
    /// Namespaces whose workloads nobody vouches for (`hardened-runtime-class`).
    pub untrusted_namespaces: Vec<String>,
    /// Labels of pods that nobody vouches for, with their values (`hardened-runtime-class`).
    pub untrusted_labels: BTreeMap<String, String>,
    /// Parts of the handlers of sandboxing RuntimeClasses (`hardened-runtime-class`).
    pub sandbox_runtimes: Vec<String>,
    /// Annotation of namespaces and claims that are backed up by other means (`backup-schedule-missing`); empty for none.
    pub backup_annotation: String,
    /// Namespaces that need a backup without having volumes (`backup-schedule-missing`).
    pub important_namespaces: Vec<String>,
    /// Days before the end of a certificate from which on it is reported (`tls-secret-expiry`, `webhook-backend-broken`).
    pub certificate_days: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            highest_host_id: 10_000,
            min_replicas: 2,
            allowed_registries: Vec::new(),
            blocked_registries: Vec::new(),
            sensitive_resources: Vec::new(),
            bootstrap_token_hours: 24,
            platform_namespaces: Vec::new(),
            allowed_external_ips: Vec::new(),
            admin_images: Vec::new(),
            required_labels: BTreeMap::new(),
            required_annotations: BTreeMap::new(),
            untrusted_namespaces: Vec::new(),
            untrusted_labels: BTreeMap::new(),
            sandbox_runtimes: ["gvisor", "runsc", "kata"].map(str::to_owned).to_vec(),
            backup_annotation: String::new(),
            important_namespaces: Vec::new(),
            certificate_days: 30,
        }
    }
}
