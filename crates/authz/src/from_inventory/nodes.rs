//! Pods, volumes and the rest of what the Node authorizer's graph is made of.

use rampart_document::Node;
use rampart_model::{GroupKind, Inventory, Object};

use super::Scope;
use crate::node::{NodeAuthorizer, NodeFeatures, NodeGraph, PodReferences, VolumeReferences};

const MIRROR: &str = "kubernetes.io/config.mirror";

/// Kinds that hang on nodes.
const KINDS: [GroupKind<'static>; 5] = [
    GroupKind::core("Pod"),
    GroupKind::core("PersistentVolume"),
    GroupKind::new("storage.k8s.io", "VolumeAttachment"),
    GroupKind::new("resource.k8s.io", "ResourceSlice"),
    GroupKind::new("certificates.k8s.io", "PodCertificateRequest"),
];

/// The Node authorizer over the pods and volumes of an inventory, for Kubernetes 1.`minor`.
pub fn node_authorizer(inventory: &Inventory, minor: u32, scope: Scope) -> NodeAuthorizer {
    let mut graph = NodeGraph::new();
    for object in inventory.of_kind(KINDS[0]) {
        pod(&mut graph, object);
    }
    for object in inventory.of_kind(KINDS[1]) {
        volume(&mut graph, object);
    }
    for object in inventory.of_kind(KINDS[2]) {
        graph.attachment(object.name(), text(object.spec(), &["nodeName"]));
    }
    for object in inventory.of_kind(KINDS[3]) {
        graph.resource_slice(object.name(), text(object.spec(), &["nodeName"]));
    }
    for object in inventory.of_kind(KINDS[4]) {
        let namespace = object.effective_namespace().unwrap_or_default();
        graph.pod_certificate_request(namespace, object.name(), text(object.spec(), &["nodeName"]));
    }
    let missing = |kind: &GroupKind<'_>| inventory.coverage().gap(*kind, None);
    let incomplete = match scope {
        Scope::Covered => KINDS.iter().take(2).filter_map(missing).collect(),
        Scope::Alone => Vec::new(),
    };
    NodeAuthorizer::new(graph, NodeFeatures::of_minor(minor), incomplete)
}

/// The string at a path of field names, or empty.
fn text<'a>(node: Option<Node<'a>>, path: &[&str]) -> &'a str {
    path.iter()
        .try_fold(node, |node, key| Some(node?.field(key)))
        .flatten()
        .and_then(Node::scalar_text)
        .unwrap_or("")
}

fn list<'a>(node: Option<Node<'a>>, path: &[&str]) -> impl Iterator<Item = Node<'a>> + use<'a> {
    let list = path.iter().try_fold(node, |node, key| Some(node?.field(key))).flatten();
    list.into_iter().flat_map(Node::items)
}

fn pod(graph: &mut NodeGraph, object: Object<'_>) {
    let spec = object.spec();
    let node = text(spec, &["nodeName"]);
    if node.is_empty() {
        return;
    }
    let account = text(spec, &["serviceAccountName"]);
    let mut pod = PodReferences {
        namespace: object.effective_namespace().unwrap_or_default(),
        name: object.name(),
        node,
        mirror: object.annotations().get(MIRROR).is_some(),
        service_account: if account.is_empty() { text(spec, &["serviceAccount"]) } else { account },
        ..PodReferences::default()
    };
    pod.secrets.extend(list(spec, &["imagePullSecrets"]).map(|item| text(Some(item), &["name"])));
    for kind in ["initContainers", "containers", "ephemeralContainers"] {
        for container in list(spec, &[kind]) {
            environment(&mut pod, container);
        }
    }
    for item in list(spec, &["volumes"]) {
        pod_volume(&mut pod, item);
    }
    let statuses = || list(object.field(&["status"]), &["resourceClaimStatuses"]);
    for claim in list(spec, &["resourceClaims"]) {
        let named = text(Some(claim), &["resourceClaimName"]);
        let made =
            || statuses().find(|status| text(Some(*status), &["name"]) == text(Some(claim), &["name"]));
        pod.resource_claims.push(if named.is_empty() { text(made(), &["resourceClaimName"]) } else { named });
    }
    let extended = text(object.field(&["status"]), &["extendedResourceClaimStatus", "resourceClaimName"]);
    pod.resource_claims.push(extended);
    graph.pod(&pod);
}

fn environment<'a>(pod: &mut PodReferences<'a>, container: Node<'a>) {
    for source in list(Some(container), &["envFrom"]) {
        pod.secrets.push(text(Some(source), &["secretRef", "name"]));
        pod.config_maps.push(text(Some(source), &["configMapRef", "name"]));
    }
    for variable in list(Some(container), &["env"]) {
        pod.secrets.push(text(Some(variable), &["valueFrom", "secretKeyRef", "name"]));
        pod.config_maps.push(text(Some(variable), &["valueFrom", "configMapKeyRef", "name"]));
    }
}

fn pod_volume<'a>(pod: &mut PodReferences<'a>, item: Node<'a>) {
    let volume = Some(item);
    for path in [
        &["azureFile", "secretName"][..],
        &["cephfs", "secretRef", "name"],
        &["cinder", "secretRef", "name"],
        &["flexVolume", "secretRef", "name"],
        &["rbd", "secretRef", "name"],
        &["secret", "secretName"],
        &["scaleIO", "secretRef", "name"],
        &["iscsi", "secretRef", "name"],
        &["storageos", "secretRef", "name"],
        &["csi", "nodePublishSecretRef", "name"],
    ] {
        pod.secrets.push(text(volume, path));
    }
    pod.config_maps.push(text(volume, &["configMap", "name"]));
    for source in list(volume, &["projected", "sources"]) {
        pod.secrets.push(text(Some(source), &["secret", "name"]));
        pod.config_maps.push(text(Some(source), &["configMap", "name"]));
    }
    let claim = text(volume, &["persistentVolumeClaim", "claimName"]);
    if !claim.is_empty() {
        pod.claims.push(claim.to_owned());
    } else if item.field("ephemeral").is_some() {
        pod.claims.push(format!("{}-{}", pod.name, text(volume, &["name"])));
    }
}

fn volume(graph: &mut NodeGraph, object: Object<'_>) {
    let spec = object.spec();
    let claim = (text(spec, &["claimRef", "namespace"]), text(spec, &["claimRef", "name"]));
    if claim.1.is_empty() {
        return;
    }
    let mut secrets = Vec::new();
    let azure = text(spec, &["azureFile", "secretName"]);
    let azure_namespace = text(spec, &["azureFile", "secretNamespace"]);
    secrets.push((if azure_namespace.is_empty() { claim.0 } else { azure_namespace }, azure));
    for source in ["cephfs", "flexVolume", "rbd", "scaleIO", "iscsi"] {
        let namespace = text(spec, &[source, "secretRef", "namespace"]);
        let namespace = if namespace.is_empty() { claim.0 } else { namespace };
        secrets.push((namespace, text(spec, &[source, "secretRef", "name"])));
    }
    for path in [
        ["cinder", "secretRef"],
        ["storageos", "secretRef"],
        ["csi", "nodePublishSecretRef"],
        ["csi", "nodeStageSecretRef"],
        ["csi", "nodeExpandSecretRef"],
    ] {
        let [source, reference] = path;
        let namespace = text(spec, &[source, reference, "namespace"]);
        secrets.push((namespace, text(spec, &[source, reference, "name"])));
    }
    secrets.retain(|(_, name)| !name.is_empty());
    graph.volume(&VolumeReferences { name: object.name(), claim, secrets });
}

#[cfg(test)]
mod tests {
    use rampart_document::{Limits, Source, parse_yaml};
    use rampart_model::{Coverage, InventoryBuilder, Origin};

    use super::*;
    use crate::{Decision, Identity, Request};

    const OBJECTS: &str = "
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: dev}
spec:
  nodeName: n1
  serviceAccountName: bot
  imagePullSecrets: [{name: pull}]
  initContainers: [{name: a, envFrom: [{secretRef: {name: init}}]}]
  containers: [{name: b, env: [{name: X, valueFrom: {configMapKeyRef: {name: conf, key: k}}}]}]
  volumes:
  - {name: tmp, ephemeral: {volumeClaimTemplate: {}}}
  - {name: data, persistentVolumeClaim: {claimName: data}}
  - {name: all, projected: {sources: [{secret: {name: mixed}}]}}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: pv}
spec:
  claimRef: {namespace: dev, name: data}
  csi: {nodeStageSecretRef: {namespace: sys, name: stage}, controllerExpandSecretRef: {namespace: sys, name: ctl}}
";

    #[test]
    fn every_reference_counts() {
        let parsed = parse_yaml(&Source::new("test.yaml", OBJECTS), &Limits::default());
        let mut builder = InventoryBuilder::new();
        builder.unit(parsed.tree, Origin::File);
        builder.coverage(Coverage::complete());
        let authorizer = node_authorizer(&builder.build().0, 36, Scope::Covered);
        let node = Identity::exact("system:node:n1", ["system:nodes"]);
        for (resource, namespace, name, want) in [
            ("secrets", "dev", "pull", true),
            ("secrets", "dev", "init", true),
            ("secrets", "dev", "mixed", true),
            ("secrets", "sys", "stage", true),
            ("secrets", "sys", "ctl", false),
            ("configmaps", "dev", "conf", true),
            ("persistentvolumeclaims", "dev", "web-tmp", true),
            ("persistentvolumeclaims", "dev", "data", true),
            ("persistentvolumes", "", "pv", true),
            ("serviceaccounts", "dev", "bot", true),
            ("pods", "dev", "web", true),
            ("pods", "dev", "other", false),
        ] {
            let request = Request::resource("get", resource).in_namespace(namespace).named(name);
            let want = if want { Decision::Allow } else { Decision::NoOpinion };
            assert_eq!(authorizer.authorize(&node, &request).decision, want, "{resource} {name}");
        }
    }
}
