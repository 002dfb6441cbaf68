//! Configuration files of a node.

use std::path::Path;

use super::super::flags::SERVICE_ADDRESS;
use super::{ADDRESS, NAME};

pub(super) const CONTAINERD: &str = "/usr/bin/containerd";
pub(super) const RUNC: &str = "/usr/sbin/runc";
/// One of the plugins that the network configuration names.
pub(super) const CNI_PLUGIN: &str = "/usr/lib/cni/ptp";

/// Every pod gets a veth pair and an address; no bridge, no masquerading: there is nowhere to go to.
pub(super) const CNI: &str = r#"{"cniVersion": "1.0.0", "name": "test", "plugins": [{"type": "ptp", "ipam": {
  "type": "host-local", "ranges": [[{"subnet": "10.244.0.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}}]}
"#;

/// containerd's configuration, version 2.
pub(super) fn containerd(place: &Path) -> String {
    let place = place.display();
    format!(
        r#"version = 2
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]
[plugins."io.containerd.grpc.v1.cri"]
  restrict_oom_score_adj = true
  disable_apparmor = true
  sandbox_image = "docker.io/local/pause:1"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{place}/cni"
"#
    )
}

/// The kubelet's configuration: secure where it matters to tests, undemanding towards the machine.
pub(super) fn kubelet(directory: &Path, cgroup: &str) -> String {
    let place = directory.display();
    format!(
        "apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: {ADDRESS}
authentication:
  anonymous: {{enabled: false}}
  webhook: {{enabled: true}}
  x509: {{clientCAFile: {place}/ca.crt}}
authorization: {{mode: Webhook}}
tlsCertFile: {place}/node/kubelet.crt
tlsPrivateKeyFile: {place}/node/kubelet.key
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
staticPodPath: {place}/node/manifests
cgroupDriver: cgroupfs
cgroupRoot: /{cgroup}
failCgroupV1: false
enforceNodeAllocatable: []
localStorageCapacityIsolation: false
failSwapOn: false
makeIPTablesUtilChains: false
resolvConf: \"\"
evictionHard: {{memory.available: 50Mi}}
imageGCHighThresholdPercent: 100
"
    )
}

/// What the first process of the namespaces runs: mounts that hide the machine's own state, the network, containerd, and the
/// kubelet once the API server is ready.
pub(super) fn script(binary: &Path, directory: &Path, cgroup: &str) -> String {
    let (binary, place) = (binary.display(), directory.display());
    format!(
        "set -eu
# The first process has it; the kubelet ends with that one.
unset RAMPART_CLUSTER_GUARD
cd '{place}/node'
mount --make-rshared /
mkdir -p lib log
mount --bind lib /var/lib
mount --bind log /var/log
mount -t tmpfs tmpfs /run
mkdir -p /var/lib/kubelet /run/containerd
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  mkdir -p '/sys/fs/cgroup/{cgroup}'
else
  for hierarchy in /sys/fs/cgroup/*/; do mkdir -p \"${{hierarchy}}{cgroup}\"; done
fi
ip link set lo up
ip link add node type bridge
ip address add {ADDRESS}/24 dev node
ip address add {SERVICE_ADDRESS}/32 dev node
ip link set node up
touch up
{CONTAINERD} --config containerd.toml > '{place}/containerd.log' 2>&1 &
until ctr version > /dev/null 2>&1; do sleep 0.1; done
ctr --namespace k8s.io images import images.tar
until [ -e go ]; do sleep 0.05; done
exec '{binary}' kubelet --config=kubelet.yaml --kubeconfig=kubelet.kubeconfig --hostname-override={NAME} --node-ip={ADDRESS}
"
    )
}
