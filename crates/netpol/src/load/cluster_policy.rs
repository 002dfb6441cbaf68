//! Cluster-wide policies of `policy.networking.k8s.io`: ClusterNetworkPolicy v1alpha2, AdminNetworkPolicy and
//! BaselineAdminNetworkPolicy v1alpha1.
//!
//! A peer of a kind this reader does not know fails closed, as the API demands: an accepting rule then matches
//! nothing, any other rule denies everything.

use super::read::{Of, Refused, field, list, port, protocol, range, refuse, scope_of, text};
use super::{Loader, order};
use crate::cidr::Cidr;
use crate::policy::{
    Action, Direction, Hosts, Layer, Peer, PodSelector, Policy, Ports, Rule, Scope, TierEnd, TierId,
};
use crate::ports::{PortSet, Proto};
use crate::select::Expr;
use rampart_document::{FieldPath, Node};
use rampart_model::{GroupKind, Object};

const GROUP: &str = "policy.networking.k8s.io";

pub(super) fn load(loader: &mut Loader<'_>) {
    let inventory = loader.inventory;
    for kind in ["AdminNetworkPolicy", "BaselineAdminNetworkPolicy", "ClusterNetworkPolicy"] {
        for object in inventory.of_kind(GroupKind::new(GROUP, kind)) {
            if let Err((path, message)) = loader.cluster_policy(object, kind) {
                let message = format!("{message}; the API server refuses the policy, it is left out");
                loader.problem(object.id(), path, message);
            }
        }
    }
}

impl Loader<'_> {
    fn cluster_policy(&mut self, object: Object<'_>, kind: &str) -> Result<(), Refused> {
        let path = FieldPath::root().key("spec");
        let Some(spec) = object.spec() else {
            return refuse(&path, "has no spec");
        };
        let admin = match (kind, text(spec, "tier", &path)?) {
            ("AdminNetworkPolicy", _) | (_, Some("Admin")) => true,
            ("BaselineAdminNetworkPolicy", _) | (_, Some("Baseline")) => false,
            (_, Some(other)) => {
                return refuse(&path.key("tier"), format!("`{other}` is neither Admin nor Baseline"));
            }
            (_, None) => return refuse(&path, "has no tier"),
        };
        let priority = match field(spec, "priority").map(Node::as_i64) {
            Some(Some(number @ 0..=1000)) => number as f64,
            None if kind == "BaselineAdminNetworkPolicy" => 0.0,
            _ => return refuse(&path.key("priority"), "priority is a number from 0 to 1000"),
        };
        let Some(subject) = field(spec, "subject") else {
            return refuse(&path, "has no subject");
        };
        let subject = match self.cluster_pods(subject, &path.key("subject"))? {
            Some(peer) => peer,
            None => return refuse(&path.key("subject"), "names neither namespaces nor pods"),
        };
        let mut policy = Policy {
            provenance: object.id().0,
            tier: TierId(0),
            order: 0,
            subject,
            isolates: [false, false],
            rules: [Vec::new(), Vec::new()],
        };
        for direction in Direction::BOTH {
            policy.rules[direction as usize] = self.cluster_rules(object, spec, kind, direction, &path)?;
        }
        let enforced = self.world.profile.enforces_cluster_policies;
        let (name, at) = if admin { ("Admin", order::ADMIN) } else { ("Baseline", order::BASELINE) };
        let tier = self.tier(name, Layer::Packets, at, TierEnd::Pass, enforced);
        self.push(policy, tier, (priority, String::new()));
        Ok(())
    }

    fn cluster_rules(
        &mut self,
        object: Object<'_>,
        spec: Node<'_>,
        kind: &str,
        direction: Direction,
        path: &FieldPath,
    ) -> Result<Vec<Rule>, Refused> {
        let mut rules = Vec::new();
        let items = list(spec, direction.name(), path)?;
        if items.len() > 25 && kind == "ClusterNetworkPolicy" {
            return refuse(&path.key(direction.name()), "has more than 25 rules");
        }
        for (path, item) in items {
            let action = match (text(item, "action", &path)?, kind) {
                (Some("Accept"), "ClusterNetworkPolicy") => Action::Allow,
                (Some("Allow"), "AdminNetworkPolicy" | "BaselineAdminNetworkPolicy") => Action::Allow,
                (Some("Deny"), _) => Action::Deny,
                (Some("Pass"), "ClusterNetworkPolicy" | "AdminNetworkPolicy") => Action::Pass,
                (other, _) => {
                    let other = other.unwrap_or_default();
                    return refuse(&path.key("action"), format!("`{other}` is no action of a {kind}"));
                }
            };
            let key = if direction == Direction::Ingress { "from" } else { "to" };
            let peers = list(item, key, &path)?;
            if peers.is_empty() {
                return refuse(&path.key(key), "needs at least one peer");
            }
            let mut known = Vec::new();
            let mut strange = false;
            for (path, peer) in &peers {
                match self.cluster_peer(*peer, path, direction, action)? {
                    Some(peer) => known.push(peer),
                    None => {
                        strange = true;
                        let message =
                            "unknown kind of peer: an accepting rule matches nothing, others deny everything";
                        self.problem(object.id(), path.clone(), message);
                    }
                }
            }
            let ports = self.cluster_ports(item, kind, &path)?;
            let provenance = self.place(object.id(), path);
            let (action, peer, ports) = match (strange, action) {
                (false, action) => (action, Peer::AnyOf(known.into()), ports),
                (true, Action::Allow) => (action, Peer::nobody(), ports),
                (true, _) => (Action::Deny, Peer::Any, Ports::all()),
            };
            rules.push(Rule { provenance, action, peer, ports, subject: None, condition: None });
        }
        Ok(rules)
    }

    /// `namespaces` or `pods`, as subject or as peer; `None` when it is neither.
    fn cluster_pods(&mut self, node: Node<'_>, path: &FieldPath) -> Result<Option<Peer>, Refused> {
        if let Some(namespaces) = field(node, "namespaces") {
            let path = path.key("namespaces");
            // Early v1alpha1 nested the selector and knew labels relative to the subject; those are unknown today.
            if field(namespaces, "sameLabels").or_else(|| field(namespaces, "notSameLabels")).is_some() {
                return Ok(None);
            }
            let (selector, path) = match field(namespaces, "namespaceSelector") {
                Some(inner) => (inner, path.key("namespaceSelector")),
                None => (namespaces, path),
            };
            return Ok(Some(Peer::Pods(self.pods_of_namespaces(selector, &path, Hosts::Never)?)));
        }
        let Some(pods) = field(node, "pods") else {
            return Ok(None);
        };
        let path = path.key("pods");
        let [namespaces, selector] = ["namespaceSelector", "podSelector"].map(|key| field(pods, key));
        if (namespaces.is_none() || selector.is_none()) && !self.lenient_cluster_pods {
            return refuse(&path, "pods needs namespaceSelector and podSelector");
        }
        let scope = match namespaces {
            Some(namespaces) => {
                scope_of(self.selector(namespaces, Of::Namespace, &path.key("namespaceSelector"))?)
            }
            None => Scope::All,
        };
        let pods = match selector {
            Some(selector) => self.selector(selector, Of::Pod, &path.key("podSelector"))?,
            None => Expr::True,
        };
        Ok(Some(Peer::Pods(PodSelector { scope, pods, hosts: Hosts::Never })))
    }

    fn cluster_peer(
        &mut self,
        node: Node<'_>,
        path: &FieldPath,
        direction: Direction,
        action: Action,
    ) -> Result<Option<Peer>, Refused> {
        if let Some(peer) = self.cluster_pods(node, path)? {
            return Ok(Some(peer));
        }
        if direction == Direction::Ingress {
            return Ok(None);
        }
        if let Some(nodes) = field(node, "nodes") {
            return Ok(Some(Peer::Nodes(self.selector(nodes, Of::Pod, &path.key("nodes"))?)));
        }
        if field(node, "networks").is_some() {
            let mut blocks = Vec::new();
            for (path, item) in list(node, "networks", path)? {
                match item.as_str().map(Cidr::parse) {
                    Some(Ok(block)) => blocks.push(Peer::Address(block)),
                    Some(Err(error)) => return refuse(&path, error.to_string()),
                    None => return refuse(&path, "must be an address block"),
                }
            }
            return Ok(Some(Peer::AnyOf(blocks.into())));
        }
        if field(node, "domainNames").is_some() {
            if action != Action::Allow {
                return refuse(&path.key("domainNames"), "domain names are for accepting rules only");
            }
            let reason = self.world.reason("the addresses behind a domain name are not known");
            return Ok(Some(Peer::Perhaps(Box::new(Peer::Outside), reason)));
        }
        Ok(None)
    }

    fn cluster_ports(&mut self, rule: Node<'_>, kind: &str, path: &FieldPath) -> Result<Ports, Refused> {
        let new_form = kind == "ClusterNetworkPolicy";
        let items = list(rule, if new_form { "protocols" } else { "ports" }, path)?;
        if items.is_empty() {
            return Ok(Ports::all());
        }
        let mut out = Ports::default();
        let mut named = Vec::new();
        for (path, item) in items {
            let set = if new_form {
                self.protocol_entry(item, &path, &mut named)?
            } else {
                self.port_entry(item, &path, &mut named)?
            };
            out.set = out.set.union(&set);
        }
        out.named = named.into();
        Ok(out)
    }

    fn port_entry(
        &mut self,
        item: Node<'_>,
        path: &FieldPath,
        named: &mut Vec<(crate::Sym, Option<Proto>)>,
    ) -> Result<PortSet, Refused> {
        if let Some(number) = field(item, "portNumber") {
            let path = path.key("portNumber");
            return match port(number, "port", &path)? {
                Some(at) => Ok(PortSet::one(protocol(number, &path)?, at)),
                None => refuse(&path, "has no port"),
            };
        }
        if let Some(span) = field(item, "portRange") {
            let path = path.key("portRange");
            return match (port(span, "start", &path)?, port(span, "end", &path)?) {
                (Some(from), Some(to)) => range(protocol(span, &path)?, from, to, &path),
                _ => refuse(&path, "needs start and end"),
            };
        }
        match text(item, "namedPort", path)? {
            Some(name) => {
                named.push((self.world.symbols.intern(name), None));
                Ok(PortSet::empty())
            }
            None => refuse(path, "names no port"),
        }
    }

    fn protocol_entry(
        &mut self,
        item: Node<'_>,
        path: &FieldPath,
        named: &mut Vec<(crate::Sym, Option<Proto>)>,
    ) -> Result<PortSet, Refused> {
        for (key, proto) in [("tcp", Proto::Tcp), ("udp", Proto::Udp), ("sctp", Proto::Sctp)] {
            let Some(node) = field(item, key) else { continue };
            let path = path.key(key).key("destinationPort");
            let Some(target) = field(node, "destinationPort") else {
                return Ok(PortSet::protocol(proto));
            };
            if let Some(number) = port(target, "number", &path)? {
                return Ok(PortSet::one(proto, number));
            }
            let Some(span) = field(target, "range") else {
                return refuse(&path, "needs number or range");
            };
            return match (port(span, "start", &path)?, port(span, "end", &path)?) {
                (Some(from), Some(to)) => range(proto, from, to, &path),
                _ => refuse(&path, "range needs start and end"),
            };
        }
        match text(item, "destinationNamedPort", path)? {
            Some(name) => {
                named.push((self.world.symbols.intern(name), None));
                Ok(PortSet::empty())
            }
            None => refuse(path, "names no protocol"),
        }
    }
}
