//! Services: who may reach them from outside, and how one becomes internal.

use std::net::IpAddr;

use rampart_document::{Edit, FieldPath, Node};
use rampart_model::{Cidr, Object};

/// `spec.type`; unset means `ClusterIP`.
pub(crate) fn kind(service: Object<'_>) -> &str {
    service.field(&["spec", "type"]).and_then(Node::as_str).unwrap_or("ClusterIP")
}

/// How far a load balancer is closed, with the place that says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Nothing limits who may connect.
    Everyone,
    /// Only some sources may connect.
    Limited(FieldPath),
    /// It has a private address.
    Internal(FieldPath),
}

/// Annotations that make a provider's load balancer internal, with the value that does (`*`: any but `false`).
/// Sources: the load balancer documentation of each provider.
const INTERNAL: &[(&str, &str)] = &[
    ("service.beta.kubernetes.io/aws-load-balancer-internal", "*"),
    ("service.beta.kubernetes.io/aws-load-balancer-scheme", "internal"),
    ("service.beta.kubernetes.io/azure-load-balancer-internal", "true"),
    ("networking.gke.io/load-balancer-type", "internal"),
    ("cloud.google.com/load-balancer-type", "internal"),
    ("service.beta.kubernetes.io/openstack-internal-load-balancer", "true"),
    ("service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type", "private"),
    ("service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type", "intranet"),
    ("service.kubernetes.io/qcloud-loadbalancer-internal-subnetid", "*"),
    ("service.beta.kubernetes.io/oci-load-balancer-internal", "true"),
    ("oci-network-load-balancer.oraclecloud.com/internal", "true"),
    ("service.beta.kubernetes.io/scw-loadbalancer-private", "true"),
    ("service.beta.kubernetes.io/do-loadbalancer-network", "internal"),
    ("load-balancer.hetzner.cloud/disable-public-network", "true"),
    ("yandex.cloud/load-balancer-type", "internal"),
];

/// Annotations that list who may connect, as address ranges or as names of such lists.
const LIMITS: &[&str] = &[
    "service.beta.kubernetes.io/load-balancer-source-ranges",
    "service.beta.kubernetes.io/azure-allowed-ip-ranges",
    "service.beta.kubernetes.io/azure-allowed-service-tags",
    "service.beta.kubernetes.io/do-loadbalancer-allow-rules",
];

/// Who can reach a Service of type LoadBalancer.
pub(crate) fn reach(service: Object<'_>) -> Reach {
    let annotations = service.annotations();
    let at = |key: &str| FieldPath::root().key("metadata").key("annotations").key(key);
    for &(key, wanted) in INTERNAL {
        let is = |value: &str| match wanted {
            "*" => !value.is_empty() && value != "false",
            wanted => value.eq_ignore_ascii_case(wanted),
        };
        if annotations.get(key).is_some_and(is) {
            return Reach::Internal(at(key));
        }
    }
    if let Some(path) = private_by_default(service) {
        return Reach::Internal(path);
    }
    let addresses = service.field(&["status", "loadBalancer", "ingress"]).and_then(Node::as_seq);
    let mut addresses = addresses.into_iter().flat_map(Node::items).peekable();
    if addresses.peek().is_some()
        && addresses.all(|one| one.field("ip").and_then(Node::as_str).is_some_and(is_private))
    {
        return Reach::Internal(FieldPath::root().key("status").key("loadBalancer"));
    }
    let ranges = service.field(&["spec", "loadBalancerSourceRanges"]).and_then(Node::as_seq);
    if let Some(list) = ranges.filter(|list| !list.is_empty()) {
        let open = list.items().any(|item| item.as_str().is_some_and(is_everything));
        return if open { Reach::Everyone } else { Reach::Limited(spec("loadBalancerSourceRanges")) };
    }
    for &key in LIMITS {
        if let Some(value) = annotations.get(key).filter(|value| !value.trim().is_empty()) {
            let open = value.split(',').any(|part| is_everything(part.trim()) || part.trim() == "Internet");
            return if open { Reach::Everyone } else { Reach::Limited(at(key)) };
        }
    }
    Reach::Everyone
}

/// The AWS Load Balancer Controller makes network load balancers internal unless the scheme says otherwise.
fn private_by_default(service: Object<'_>) -> Option<FieldPath> {
    let annotations = service.annotations();
    if annotations.get("service.beta.kubernetes.io/aws-load-balancer-scheme").is_some() {
        return None;
    }
    let class = service.field(&["spec", "loadBalancerClass"]).and_then(Node::as_str);
    if class == Some("service.k8s.aws/nlb") {
        return Some(spec("loadBalancerClass"));
    }
    let key = "service.beta.kubernetes.io/aws-load-balancer-type";
    matches!(annotations.get(key), Some("external" | "nlb-ip"))
        .then(|| FieldPath::root().key("metadata").key("annotations").key(key))
}

fn spec(field: &str) -> FieldPath {
    FieldPath::root().key("spec").key(field)
}

/// `0.0.0.0/0` or `::/0`.
pub(crate) fn is_everything(range: &str) -> bool {
    Cidr::parse(range.trim()).is_some_and(|range| range.prefix() == 0)
}

/// True for an address that is not routed on the internet.
fn is_private(address: &str) -> bool {
    match address.parse() {
        Ok(IpAddr::V4(v4)) => v4.is_private() || v4.is_loopback() || v4.is_link_local(),
        Ok(IpAddr::V6(v6)) => v6.is_loopback() || (v6.segments()[0] & 0xfe00) == 0xfc00,
        Err(_) => false,
    }
}

/// Fields that the API refuses on a Service of type ClusterIP.
const OUTSIDE_ONLY: [&str; 7] = [
    "externalTrafficPolicy",
    "healthCheckNodePort",
    "allocateLoadBalancerNodePorts",
    "loadBalancerClass",
    "loadBalancerIP",
    "loadBalancerSourceRanges",
    "externalIPs",
];

/// The edits that make a Service reachable inside the cluster only.
pub(crate) fn to_cluster_ip(service: Object<'_>) -> Vec<Edit> {
    let mut edits = vec![Edit::set(spec("type"), "ClusterIP")];
    let ports = service.field(&["spec", "ports"]).and_then(Node::as_seq);
    for (index, port) in ports.into_iter().flat_map(Node::items).enumerate() {
        if port.get("nodePort").is_some() {
            edits.push(Edit::remove(spec("ports").index(index).key("nodePort")));
        }
    }
    let there = |field: &&&str| service.field(&["spec", field]).is_some();
    edits.extend(OUTSIDE_ONLY.iter().filter(there).map(|field| Edit::remove(spec(field))));
    edits
}
