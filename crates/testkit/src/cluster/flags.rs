//! The command lines of the programs and the files they name.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use rcgen::KeyPair;

use super::run_dir::RunDir;
use super::{Authority, Error, Options, Token, node};

/// Name of the audit log in the run directory.
pub(crate) const AUDIT_LOG: &str = "audit.log";
const SERVICE_RANGE: &str = "10.0.0.0/24";
/// The first address of the range: the service `kubernetes`.
pub(crate) const SERVICE_ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
/// Stands in the Endpoints of the service `kubernetes`, which may hold no loopback address; nobody connects to it (RFC 5737).
const ADVERTISED: &str = "192.0.2.1";

/// Ports on loopback.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ports {
    pub(crate) etcd: u16,
    pub(crate) etcd_peers: u16,
    /// Where kube-apiserver listens.
    pub(crate) api_server: u16,
}

/// Writes what the flags below name: authority, server certificate, service account keys.
pub(crate) fn write_certificates(directory: &RunDir, authority: &Authority) -> Result<(), Error> {
    let names = [
        "localhost",
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
    ];
    let server = authority.server(
        "kube-apiserver",
        &names,
        &[Ipv4Addr::LOCALHOST.into(), SERVICE_ADDRESS, node::ADDRESS],
    )?;
    let accounts = KeyPair::generate().map_err(|error| Error::Certificate(error.to_string()))?;
    for (name, content) in [
        ("ca.crt", authority.certificate()),
        ("ca.key", authority.key()),
        ("server.crt", server.certificate),
        ("server.key", server.key),
        ("accounts.key", accounts.serialize_pem()),
        ("accounts.pub", accounts.public_key_pem()),
    ] {
        directory.write(name, &content)?;
    }
    Ok(())
}

/// etcd of one member that does not wait for the disk: the data is worth nothing after a crash.
pub(crate) fn etcd(ports: &Ports) -> Vec<String> {
    let clients = format!("http://127.0.0.1:{}", ports.etcd);
    let peers = format!("http://127.0.0.1:{}", ports.etcd_peers);
    vec![
        "--name=test".to_owned(),
        "--data-dir=etcd".to_owned(),
        format!("--listen-client-urls={clients}"),
        format!("--advertise-client-urls={clients}"),
        format!("--listen-peer-urls={peers}"),
        format!("--initial-advertise-peer-urls={peers}"),
        format!("--initial-cluster=test={peers}"),
        "--unsafe-no-fsync".to_owned(),
        "--log-level=warn".to_owned(),
        "--logger=zap".to_owned(),
    ]
}

/// kube-apiserver; writes the configuration files that the options ask for.
pub(crate) fn api_server(options: &Options, ports: &Ports, directory: &RunDir) -> Result<Vec<String>, Error> {
    let place = directory.path().display().to_string();
    let expand = |text: &str| text.replace("{dir}", &place);
    for (name, content) in &options.files {
        directory.write(name, &expand(content))?;
    }
    let mut flags: Vec<String> = [
        "--bind-address=127.0.0.1",
        "--cert-dir={dir}",
        "--client-ca-file={dir}/ca.crt",
        "--tls-cert-file={dir}/server.crt",
        "--tls-private-key-file={dir}/server.key",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--service-account-key-file={dir}/accounts.pub",
        "--service-account-signing-key-file={dir}/accounts.key",
        "--allow-privileged",
        "--profiling=false",
        "--etcd-count-metric-poll-period=0",
    ]
    .map(expand)
    .to_vec();
    flags.push(format!("--service-cluster-ip-range={SERVICE_RANGE}"));
    flags.push(format!("--advertise-address={ADVERTISED}"));
    flags.push(format!("--etcd-servers=http://127.0.0.1:{}", ports.etcd));
    flags.push(format!("--secure-port={}", ports.api_server));
    if options.authorization_config.is_none() && !options.authorization_modes.is_empty() {
        flags.push(format!("--authorization-mode={}", options.authorization_modes.join(",")));
    }
    if !options.tokens.is_empty() {
        let tokens: String = options.tokens.iter().map(Token::line).collect();
        flags.push(format!("--token-auth-file={}", directory.write("tokens.csv", &tokens)?.display()));
    }
    for (flag, name, content) in [
        ("authorization-config", "authorization.yaml", &options.authorization_config),
        ("authorization-policy-file", "abac.jsonl", &options.abac_policy),
        ("audit-policy-file", "audit-policy.yaml", &options.audit_policy),
        ("encryption-provider-config", "encryption.yaml", &options.encryption_config),
        ("admission-control-config-file", "admission.yaml", &options.admission_config),
    ] {
        if let Some(content) = content {
            flags.push(format!("--{flag}={}", directory.write(name, &expand(content))?.display()));
        }
    }
    if options.audit_policy.is_some() {
        flags.push(format!("--audit-log-path={place}/{AUDIT_LOG}"));
    }
    if !options.runtime_config.is_empty() {
        flags.push(format!("--runtime-config={}", options.runtime_config.join(",")));
    }
    flags.extend(feature_gates(options));
    if options.node {
        flags.extend(node::api_server_flags(directory.path()));
    }
    flags.extend(options.api_server_flags.iter().map(|flag| expand(flag)));
    Ok(flags)
}

/// kube-controller-manager or kube-scheduler: alone, and serving nothing.
pub(crate) fn controller(name: &str, options: &Options, kubeconfig: &Path, directory: &Path) -> Vec<String> {
    let mut flags = vec![
        format!("--kubeconfig={}", kubeconfig.display()),
        "--leader-elect=false".to_owned(),
        "--secure-port=0".to_owned(),
    ];
    if name == "kube-controller-manager" {
        let place = directory.display();
        flags.push("--use-service-account-credentials".to_owned());
        flags.push(format!("--service-account-private-key-file={place}/accounts.key"));
        flags.push(format!("--root-ca-file={place}/ca.crt"));
        flags.push(format!("--cluster-signing-cert-file={place}/ca.crt"));
        flags.push(format!("--cluster-signing-key-file={place}/ca.key"));
    }
    flags.extend(feature_gates(options));
    flags
}

fn feature_gates(options: &Options) -> Option<String> {
    let gates: Vec<String> = options.feature_gates.iter().map(|(name, on)| format!("{name}={on}")).collect();
    (!gates.is_empty()).then(|| format!("--feature-gates={}", gates.join(",")))
}
