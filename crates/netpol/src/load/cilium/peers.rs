//! Whom Cilium rules are about: selectors, entities, address blocks, names, Services.

use crate::cidr::Cidr;
use crate::load::Loader;
use crate::load::read::{Of, Refused, field, list, refuse, text};
use crate::policy::{Direction, Hosts, NamespaceId, Peer, PodSelector, Scope};
use crate::profile::Tri;
use crate::select::{Attr, AttrId, Expr};
use rampart_document::{FieldPath, Node};
use rampart_model::GroupKind;

const NAMESPACE: &str = "io.kubernetes.pod.namespace";

/// What a label key of a Cilium selector means.
enum Key {
    Fact(Attr),
    Entity(String),
    Cluster,
}

impl Loader<'_> {
    fn cilium_key(&mut self, key: &str) -> Key {
        let (source, name) = match key.split_once(':') {
            Some((source @ ("k8s" | "any" | "reserved"), name)) => (source, name),
            _ => ("any", key),
        };
        if source == "reserved" {
            return Key::Entity(name.to_owned());
        }
        let fact = match name {
            NAMESPACE => Attr::NamespaceName,
            "io.cilium.k8s.policy.serviceaccount" => Attr::AccountName,
            "io.cilium.k8s.policy.cluster" => return Key::Cluster,
            name => match name.strip_prefix("io.cilium.k8s.namespace.labels.") {
                Some(label) => Attr::NamespaceLabel(self.world.symbols.intern(label)),
                None => Attr::Label(self.world.symbols.intern(name)),
            },
        };
        Key::Fact(fact)
    }

    /// An endpoint selector. Without a namespace in it, a namespaced policy means its own namespace.
    pub(super) fn cilium_endpoints(
        &mut self,
        node: Node<'_>,
        namespace: Option<NamespaceId>,
        path: &FieldPath,
    ) -> Result<Peer, Refused> {
        if node.as_map().is_none() {
            return refuse(path, "must be a selector");
        }
        let mut parts = Vec::new();
        let mut entities = Vec::new();
        let mut names_namespace = false;
        let mut other_cluster = false;
        let labels = field(node, "matchLabels").into_iter().flat_map(Node::entries);
        for (key, _, value) in labels {
            match self.cilium_key(key) {
                Key::Entity(name) => entities.push(name),
                Key::Cluster => other_cluster = true,
                Key::Fact(fact) => {
                    names_namespace |= fact == Attr::NamespaceName;
                    let attr = self.world.attrs.intern(fact);
                    let Some(value) = value.as_str() else {
                        return refuse(&path.key("matchLabels").key(key), "label values are text");
                    };
                    parts.push(Expr::is_in(attr, vec![self.world.symbols.intern(value)]));
                }
            }
        }
        for (path, item) in list(node, "matchExpressions", path)? {
            let Some(key) = text(item, "key", &path)? else {
                return refuse(&path, "has no key");
            };
            match self.cilium_key(key) {
                Key::Entity(name) => entities.push(name),
                Key::Cluster => other_cluster = true,
                Key::Fact(fact) => {
                    names_namespace |= fact == Attr::NamespaceName;
                    let attr = self.world.attrs.intern(fact);
                    parts.push(self.cilium_requirement(item, attr, &path)?);
                }
            }
        }
        if !entities.is_empty() {
            let peers: Result<Vec<Peer>, Refused> =
                entities.iter().map(|name| self.cilium_entity(name, path)).collect();
            return Ok(Peer::AllOf(peers?.into()));
        }
        let scope = match namespace {
            Some(id) if !names_namespace => Scope::One(id),
            _ => Scope::All,
        };
        let pods = Peer::Pods(PodSelector { scope, pods: Expr::all(parts), hosts: Hosts::Never });
        if !other_cluster {
            return Ok(pods);
        }
        let reason = self.world.reason("the selector names a cluster, whose name was not read");
        Ok(Peer::Perhaps(Box::new(pods), reason))
    }

    fn cilium_requirement(
        &mut self,
        item: Node<'_>,
        attr: AttrId,
        path: &FieldPath,
    ) -> Result<Expr, Refused> {
        let values: Vec<_> = list(item, "values", path)?
            .iter()
            .filter_map(|(_, value)| Some(self.world.symbols.intern(value.as_str()?)))
            .collect();
        match text(item, "operator", path)? {
            Some("In") => Ok(Expr::is_in(attr, values)),
            Some("NotIn") => Ok(Expr::is_in(attr, values).negate()),
            Some("Exists") => Ok(Expr::Has(attr)),
            Some("DoesNotExist") => Ok(Expr::Has(attr).negate()),
            _ => refuse(&path.key("operator"), "is no selector operator"),
        }
    }

    /// All peers of a rule together; `None` when the rule names none.
    pub(super) fn cilium_peer(
        &mut self,
        item: Node<'_>,
        direction: Direction,
        namespace: Option<NamespaceId>,
        path: &FieldPath,
    ) -> Result<Option<Peer>, Refused> {
        let side = if direction == Direction::Ingress { "from" } else { "to" };
        let mut peers = Vec::new();
        let mut given = false;
        let mut each = |part: &str| {
            let key = format!("{side}{part}");
            given |= field(item, &key).is_some();
            list(item, &key, path)
        };
        let [endpoints, entities, blocks, sets, nodes, groups] =
            ["Endpoints", "Entities", "CIDR", "CIDRSet", "Nodes", "Groups"].map(&mut each);
        let (services, names, requires) = (each("Services")?, each("FQDNs")?, each("Requires")?);
        for (path, node) in endpoints? {
            peers.push(self.cilium_endpoints(node, namespace, &path)?);
        }
        for (path, node) in entities? {
            match node.as_str() {
                Some(name) => peers.push(self.cilium_entity(name, &path)?),
                None => return refuse(&path, "must be the name of an entity"),
            }
        }
        for (path, node) in blocks? {
            peers.push(self.cilium_block(node.as_str(), Vec::new(), &path)?);
        }
        for (path, node) in sets? {
            peers.push(self.cilium_set(node, &path)?);
        }
        for (path, node) in nodes? {
            peers.push(Peer::Nodes(self.selector(node, Of::Pod, &path)?));
        }
        for (path, node) in services {
            peers.push(self.cilium_service(node, &path)?);
        }
        for (list, reason) in [
            (groups?, "the addresses of a cloud group are not known"),
            (names, "the addresses behind a domain name are not known"),
        ] {
            if !list.is_empty() {
                let reason = self.world.reason(reason);
                peers.push(Peer::Perhaps(Box::new(Peer::Outside), reason));
            }
        }
        let mut limits = Vec::new();
        for (path, node) in requires {
            limits.push(self.cilium_endpoints(node, namespace, &path)?);
        }
        if !given {
            return Ok(None);
        }
        let any = if peers.is_empty() && !limits.is_empty() { Peer::Any } else { Peer::AnyOf(peers.into()) };
        limits.push(any);
        Ok(Some(if limits.len() == 1 { limits.swap_remove(0) } else { Peer::AllOf(limits.into()) }))
    }

    fn cilium_entity(&mut self, name: &str, path: &FieldPath) -> Result<Peer, Refused> {
        let all_pods =
            || Peer::Pods(PodSelector { scope: Scope::All, pods: Expr::True, hosts: Hosts::Never });
        let family = |text: &str| {
            Cidr::parse(text)
                .map(Peer::Address)
                .map_or_else(|_| Peer::nobody(), |peer| Peer::AllOf([Peer::Outside, peer].into()))
        };
        Ok(match name {
            "all" => Peer::Any,
            "world" => Peer::Outside,
            "world-ipv4" => family("0.0.0.0/0"),
            "world-ipv6" => family("::/0"),
            "cluster" => Peer::AnyOf([all_pods(), Peer::AnyNode].into()),
            "host" | "remote-node" => {
                let reason = self.world.reason("whether a node is the pod's own is not told apart");
                Peer::Perhaps(Box::new(Peer::AnyNode), reason)
            }
            "kube-apiserver" => {
                let reason = self.world.reason("the addresses of the API server are not known");
                Peer::Perhaps(Box::new(Peer::AnyOf([Peer::AnyNode, Peer::Outside].into())), reason)
            }
            // Cilium's own endpoints and states of pods it does not manage yet: nothing a model of objects holds.
            "none" | "health" | "init" | "unmanaged" | "ingress" | "unknown" => Peer::nobody(),
            other => return refuse(path, format!("`{other}` is no entity")),
        })
    }

    /// A block never means pods, and nodes only if the installation says so.
    fn cilium_block(
        &mut self,
        text: Option<&str>,
        except: Vec<Cidr>,
        path: &FieldPath,
    ) -> Result<Peer, Refused> {
        let block = match text.map(Cidr::parse_lenient) {
            Some(Ok(block)) => block,
            _ => return refuse(path, "is no address block"),
        };
        let mut parts = vec![Peer::Address(block)];
        parts.extend(except.into_iter().map(|inner| Peer::Not(Box::new(Peer::Address(inner)))));
        parts.push(match self.world.profile.blocks_match_nodes {
            Tri::No => Peer::Outside,
            Tri::Yes => Peer::AnyOf([Peer::Outside, Peer::AnyNode].into()),
            Tri::Unknown => {
                let reason = self.world.reason("whether address blocks match nodes is a setting of Cilium");
                Peer::AnyOf([Peer::Outside, Peer::Perhaps(Box::new(Peer::AnyNode), reason)].into())
            }
        });
        Ok(Peer::AllOf(parts.into()))
    }

    fn cilium_set(&mut self, node: Node<'_>, path: &FieldPath) -> Result<Peer, Refused> {
        let mut except = Vec::new();
        for (path, inner) in list(node, "except", path)? {
            match inner.as_str().map(Cidr::parse_lenient) {
                Some(Ok(block)) => except.push(block),
                _ => return refuse(&path, "is no address block"),
            }
        }
        if let Some(cidr) = text(node, "cidr", path)? {
            return self.cilium_block(Some(cidr), except, &path.key("cidr"));
        }
        if let Some(name) = text(node, "cidrGroupRef", path)? {
            let kind = GroupKind::new(super::GROUP, "CiliumCIDRGroup");
            let Some(group) = self.inventory.find(kind, None, name) else {
                // Cilium resolves a missing group to no address.
                return Ok(Peer::nobody());
            };
            let blocks = group.field(&["spec", "externalCIDRs"]).into_iter().flat_map(Node::items);
            let blocks: Result<Vec<Peer>, Refused> =
                blocks.map(|block| self.cilium_block(block.as_str(), except.clone(), path)).collect();
            return Ok(Peer::AnyOf(blocks?.into()));
        }
        let reason = self.world.reason("the address groups a label selector finds are not resolved");
        Ok(Peer::Perhaps(Box::new(Peer::Outside), reason))
    }

    /// The pods behind the named Service; whether Cilium follows Services with selectors depends on its version.
    fn cilium_service(&mut self, node: Node<'_>, path: &FieldPath) -> Result<Peer, Refused> {
        let reason =
            self.world.reason("which endpoints of a Service a rule opens depends on Cilium's version");
        let Some(named) = field(node, "k8sService") else {
            return Ok(Peer::Perhaps(Box::new(Peer::Any), reason));
        };
        let name = text(named, "serviceName", path)?.unwrap_or_default();
        let namespace = text(named, "namespace", path)?.unwrap_or("default");
        let (name, namespace) = (self.world.symbols.intern(name), self.world.find_namespace(namespace));
        let found =
            self.services.iter().find(|service| service.name == name && Some(service.namespace) == namespace);
        let Some(service) = found else {
            return Ok(Peer::nobody());
        };
        let Some(selector) = service.selector.clone() else {
            return Ok(Peer::Perhaps(Box::new(Peer::Outside), reason));
        };
        let scope = Scope::One(service.namespace);
        let parts = selector
            .into_iter()
            .map(|(key, value)| Expr::is_in(self.world.attrs.intern(Attr::Label(key)), vec![value]));
        let pods = Expr::all(parts.collect());
        Ok(Peer::Perhaps(Box::new(Peer::Pods(PodSelector { scope, pods, hosts: Hosts::Never })), reason))
    }
}
