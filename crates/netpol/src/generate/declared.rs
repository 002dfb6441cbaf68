//! The connections that manifests say a cluster needs: names of Services in environment variables, arguments and
//! ConfigMaps, ways in from outside, webhooks.
//!
//! A name alone proves no connection, so what is made from this is a proposal for somebody who knows the program; what
//! was observed counts for more.

use std::collections::BTreeSet;

use hashbrown::HashMap;
use rampart_document::{FieldPath, Node};
use rampart_model::{Carriers, Container, EnvSource, GroupKind, Inventory, Object, ObjectId, Pod};

use crate::flow::{Flow, FlowEnd};
use crate::load::{Loaded, Service};
use crate::ports::{PortSet, Proto};
use crate::world::{EndpointId, EndpointKind};

/// A connection that manifests ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// The connection, with a count of one.
    pub flow: Flow,
    /// The object that says so.
    pub object: ObjectId,
    /// Where.
    pub path: FieldPath,
    /// In words: `env API_URL names Service payments/api`.
    pub why: String,
}

/// Something that asks for connections nobody can name from the manifests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The object.
    pub object: ObjectId,
    /// What is missing.
    pub why: String,
}

/// Longest value that is searched for names.
const MAX_VALUE: usize = 64 << 10;

/// What the manifests ask for, in input order, and what they leave open.
pub fn declared(inventory: &Inventory, loaded: &Loaded) -> (Vec<Declared>, Vec<Gap>) {
    let mut reader = Reader::new(inventory, loaded);
    reader.names();
    reader.entries();
    reader.direct();
    reader.webhooks();
    (reader.found, reader.gaps)
}

struct Reader<'a> {
    inventory: &'a Inventory,
    loaded: &'a Loaded,
    services: HashMap<(&'a str, &'a str), &'a Service>,
    seen: BTreeSet<(FlowEnd, FlowEnd, Proto, u16)>,
    found: Vec<Declared>,
    gaps: Vec<Gap>,
}

/// Why a connection is declared: object, place, words.
struct Source {
    object: ObjectId,
    path: FieldPath,
    why: String,
}

impl<'a> Reader<'a> {
    fn new(inventory: &'a Inventory, loaded: &'a Loaded) -> Self {
        let text = |sym| loaded.world.symbols.text(sym);
        let services = loaded.services.iter().map(|service| {
            let namespace = text(loaded.world.namespaces[service.namespace.0 as usize].name);
            ((namespace, text(service.name)), service)
        });
        let services = services.collect();
        Self { inventory, loaded, services, seen: BTreeSet::new(), found: Vec::new(), gaps: Vec::new() }
    }

    fn end(&self, id: EndpointId) -> FlowEnd {
        let world = &self.loaded.world;
        let endpoint = &world.endpoints[id.0 as usize];
        let text = |sym| world.symbols.text(sym).to_owned();
        let namespace = endpoint.namespace.map(|id| text(world.namespaces[id.0 as usize].name));
        FlowEnd::Workload(namespace.unwrap_or_default(), text(endpoint.workload.0), text(endpoint.workload.1))
    }

    fn add(&mut self, from: &FlowEnd, targets: &[(EndpointId, PortSet)], source: &Source) {
        for (id, ports) in targets {
            let to = self.end(*id);
            for (proto, first, last) in ports.ranges() {
                for port in first..=last {
                    if *from != to && self.seen.insert((from.clone(), to.clone(), proto, port)) {
                        let flow = Flow {
                            from: from.clone(),
                            to: to.clone(),
                            proto,
                            port,
                            count: 1,
                            reply: false,
                            dropped: false,
                        };
                        self.found.push(Declared {
                            flow,
                            object: source.object,
                            path: source.path.clone(),
                            why: source.why.clone(),
                        });
                    }
                }
            }
        }
    }

    /// Names of Services in what containers are told.
    fn names(&mut self) {
        let carriers = Carriers::default();
        for number in 0..self.loaded.world.endpoints.len() {
            let id = EndpointId(number as u32);
            if self.loaded.world.endpoints[number].network == EndpointKind::Node {
                continue;
            }
            let object = self.inventory.object(self.loaded.endpoint_object(id));
            let Some(pod) = carriers.pod(object) else { continue };
            for container in pod.lasting_containers() {
                self.container(id, object, &pod, container);
            }
        }
    }

    fn container(&mut self, id: EndpointId, object: Object<'a>, pod: &Pod<'a>, container: &Container<'a>) {
        let namespace = object.effective_namespace().unwrap_or_default();
        for env in container.env() {
            let at = pod.prefix.join(&container.root().key("env").index(env.index));
            if let EnvSource::Literal(value) = env.source {
                self.value(id, namespace, value, object.id(), &at.key("value"), &format!("env {}", env.name));
            }
        }
        for (list, nodes) in [("command", container.fields.command), ("args", container.fields.args)] {
            for (index, text) in container.argv(nodes) {
                let at = pod.prefix.join(&container.root().key(list).index(index));
                self.value(id, namespace, text, object.id(), &at, "an argument");
            }
        }
        for name in config_maps(pod, container) {
            let Some(map) = self.inventory.find(GroupKind::core("ConfigMap"), Some(namespace), &name) else {
                continue;
            };
            for (key, _, node) in map.node().get("data").into_iter().flat_map(|data| data.entries()) {
                let Some(text) = node.as_str() else { continue };
                let at = FieldPath::root().key("data").key(key);
                self.value(id, namespace, text, map.id(), &at, &format!("ConfigMap {name}, {key},"));
            }
        }
    }

    fn value(
        &mut self,
        id: EndpointId,
        namespace: &'a str,
        text: &'a str,
        object: ObjectId,
        path: &FieldPath,
        what: &str,
    ) {
        if text.len() > MAX_VALUE {
            return;
        }
        for (host, port) in hosts(text) {
            let Some((owner, name)) = self.service_of(namespace, host, port.is_some() || text == host) else {
                continue;
            };
            let Some(&service) = self.services.get(&(owner, name)) else { continue };
            let targets = service.targets(&self.loaded.world, |own| {
                port.is_none_or(|port| own.port == port || own.target == crate::load::Backend::Number(port))
            });
            let source =
                Source { object, path: path.clone(), why: format!("{what} names Service {owner}/{name}") };
            self.add(&self.end(id), &targets, &source);
        }
    }

    /// Namespace and name of the Service a host name means: `api`, `api.payments`, `api.payments.svc…`,
    /// `db-0.db.data.svc…`. A bare word is one only where it is used as a host.
    fn service_of(&self, own: &'a str, host: &'a str, is_host: bool) -> Option<(&'a str, &'a str)> {
        let labels: Vec<&str> = host.split('.').collect();
        let key = match labels.as_slice() {
            [name] if is_host => (own, *name),
            [name, namespace] | [name, namespace, "svc", ..] | [_, name, namespace, "svc", ..] => {
                (*namespace, *name)
            }
            _ => return None,
        };
        self.services.get_key_value(&key).map(|(key, _)| *key)
    }

    /// Ingress and routes: from the controllers of the input.
    fn entries(&mut self) {
        let loaded = self.loaded;
        let controllers = self.controllers();
        for entry in &loaded.entries {
            let object = self.inventory.object(entry.object);
            let targets = entry.targets(&loaded.world, &loaded.services);
            if targets.is_empty() {
                continue;
            }
            if controllers.is_empty() {
                let why =
                    format!("{object} leads here, but no ingress controller or gateway is in the input");
                if !self.gaps.iter().any(|gap| gap.object == entry.object) {
                    self.gaps.push(Gap { object: entry.object, why });
                }
            }
            let source = Source {
                object: entry.object,
                path: FieldPath::root().key("spec"),
                why: format!("{object} leads there"),
            };
            for &controller in &controllers {
                self.add(&self.end(controller), &targets, &source);
            }
        }
    }

    /// Pods that run a program known to serve Ingresses or Gateways.
    fn controllers(&self) -> Vec<EndpointId> {
        const IMAGES: [&str; 10] = [
            "ingress-nginx/controller",
            "nginx-ingress",
            "traefik",
            "haproxy-ingress",
            "kubernetes-ingress",
            "contour",
            "envoy",
            "proxyv2",
            "kong",
            "kgateway",
        ];
        let carriers = Carriers::default();
        let serves = |id: &EndpointId| {
            let object = self.inventory.object(self.loaded.endpoint_object(*id));
            let pod = carriers.pod(object);
            let containers = pod.iter().flat_map(|pod| pod.lasting_containers());
            containers.into_iter().filter_map(Container::image).any(|image| {
                let repository = image.split(['@', ':']).next().unwrap_or_default();
                IMAGES.iter().any(|name| {
                    repository.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
                })
            })
        };
        (0..self.loaded.world.endpoints.len() as u32)
            .map(EndpointId)
            .filter(|id| self.loaded.world.endpoints[id.0 as usize].network != EndpointKind::Node)
            .filter(serves)
            .collect()
    }

    /// Services that are reached from outside without a proxy.
    fn direct(&mut self) {
        let loaded = self.loaded;
        for service in &loaded.services {
            let object = self.inventory.object(service.object);
            let external =
                object.field(&["spec", "externalIPs"]).into_iter().flat_map(Node::items).next().is_some();
            if !external && !matches!(service.kind.as_str(), "LoadBalancer" | "NodePort") {
                continue;
            }
            let path = FieldPath::root().key("spec").key("type");
            let source = Source {
                object: service.object,
                path,
                why: format!("{object} ({}) is reached from outside", service.kind),
            };
            self.add(&FlowEnd::Outside, &service.targets(&loaded.world, |_| true), &source);
        }
    }

    /// Webhooks: the API server's addresses are not those of pods.
    fn webhooks(&mut self) {
        for kind in ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"] {
            for object in self.inventory.of_kind(GroupKind::new("admissionregistration.k8s.io", kind)) {
                let hooks = object.node().get("webhooks").into_iter().flat_map(Node::items);
                for (index, hook) in hooks.enumerate() {
                    let path =
                        FieldPath::root().key("webhooks").index(index).key("clientConfig").key("service");
                    self.called(
                        object,
                        path,
                        hook.get("clientConfig").and_then(|config| config.get("service")),
                    );
                }
            }
        }
    }

    fn called(&mut self, object: Object<'_>, path: FieldPath, service: Option<Node<'_>>) {
        let text = |key| service.and_then(|service| service.get(key)).and_then(Node::as_str);
        let (Some(namespace), Some(name)) = (text("namespace"), text("name")) else { return };
        let port = service.and_then(|service| service.get("port")).and_then(Node::as_i64).unwrap_or(443);
        let Some(&service) = self.services.get(&(namespace, name)) else { return };
        let targets = service.targets(&self.loaded.world, |own| i64::from(own.port) == port);
        let source = Source {
            object: object.id(),
            path,
            why: format!("the API server calls the webhook of {object}"),
        };
        self.add(&FlowEnd::Outside, &targets, &source);
    }
}

/// ConfigMaps a container reads: env, envFrom, and volumes it mounts.
fn config_maps(pod: &Pod<'_>, container: &Container<'_>) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    let mut add = |node: Option<Node<'_>>| {
        if let Some(name) = node.and_then(|node| node.get("name")).and_then(Node::as_str) {
            out.insert(name.to_owned());
        }
    };
    for item in container.node.get("envFrom").into_iter().flat_map(Node::items) {
        add(item.get("configMapRef"));
    }
    for item in container.node.get("env").into_iter().flat_map(Node::items) {
        add(item.get("valueFrom").and_then(|from| from.get("configMapKeyRef")));
    }
    let mounted: Vec<&str> =
        container.volume_mounts().filter_map(|(_, mount)| mount.get("name").and_then(Node::as_str)).collect();
    for (_, volume) in pod.volumes() {
        let name = volume.get("name").and_then(Node::as_str);
        if let (Some(name), Some(map)) = (name, volume.get("configMap"))
            && mounted.contains(&name)
        {
            add(Some(map));
        }
    }
    out
}

/// Words that may be host names, each with the port that follows it.
fn hosts(text: &str) -> impl Iterator<Item = (&str, Option<u16>)> {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':');
    text.split(move |c| !word(c)).filter_map(|token| {
        let (host, port) = token.split_once(':').unwrap_or((token, ""));
        let plain = !host.is_empty() && host.bytes().any(|byte| byte.is_ascii_alphabetic());
        plain.then(|| (host.trim_end_matches('.'), port.parse().ok().filter(|port| *port > 0)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_names_in_values() {
        for (text, wanted) in [
            (
                "http://api.payments.svc.cluster.local:8080/v1",
                vec![("http", None), ("api.payments.svc.cluster.local", Some(8080)), ("v1", None)],
            ),
            ("db:5432", vec![("db", Some(5432))]),
            (
                "postgres://u:p@db.data/x",
                vec![("postgres", None), ("u", None), ("db.data", None), ("x", None)],
            ),
            ("8080", vec![]),
        ] {
            assert_eq!(hosts(text).collect::<Vec<_>>(), wanted, "{text}");
        }
    }
}
