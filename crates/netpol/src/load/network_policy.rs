//! `networking.k8s.io/v1` NetworkPolicy.

use super::Loader;
use super::read::{Of, Refused, field, list, port, protocol, range, refuse, scope_of, text};
use crate::cidr::Cidr;
use crate::policy::{
    Action, Direction, Hosts, NamespaceId, Peer, PodSelector, Policy, Ports, Rule, Scope, TierId,
};
use crate::ports::PortSet;
use crate::select::Expr;
use rampart_document::{FieldPath, Node};
use rampart_model::{GroupKind, Object};

pub(super) fn load(loader: &mut Loader<'_>) {
    let inventory = loader.inventory;
    let calico = super::calico::in_use(loader);
    for object in inventory.of_kind(GroupKind::new("networking.k8s.io", "NetworkPolicy")) {
        match loader.network_policy(object) {
            Ok(policy) => {
                let tier = loader.namespace_tier();
                // Calico gives NetworkPolicies a place among its own policies.
                let name = if calico {
                    let namespace = object.effective_namespace().unwrap_or_default();
                    format!("knp.default.{}/{namespace}", object.name())
                } else {
                    String::new()
                };
                loader.push(policy, tier, (1000.0, name));
            }
            Err((path, message)) => {
                let message = format!("{message}; the API server refuses the policy, it is left out");
                loader.problem(object.id(), path, message);
            }
        }
    }
}

impl Loader<'_> {
    fn network_policy(&mut self, object: Object<'_>) -> Result<Policy, Refused> {
        let path = FieldPath::root().key("spec");
        let namespace = self.world.namespace(object.effective_namespace().unwrap_or_default(), []);
        // Absent and empty spec mean the same: all pods of the namespace, nothing may enter.
        let spec = object.spec();
        let pods = match spec.and_then(|spec| field(spec, "podSelector")) {
            Some(selector) => self.selector(selector, Of::Pod, &path.key("podSelector"))?,
            None => Expr::True,
        };
        let subject = Peer::Pods(PodSelector { scope: Scope::One(namespace), pods, hosts: Hosts::ByProfile });
        let mut policy = Policy {
            provenance: object.id().0,
            tier: TierId(0),
            order: 0,
            subject,
            isolates: [true, false],
            rules: [Vec::new(), Vec::new()],
        };
        let Some(spec) = spec else {
            return Ok(policy);
        };
        policy.isolates = directions(spec, &path)?;
        for direction in Direction::BOTH {
            // Rules of a direction that policyTypes leaves out have no effect, but must still be valid.
            let rules = self.rules(object, spec, direction, namespace, &path)?;
            if policy.isolates[direction as usize] {
                policy.rules[direction as usize] = rules;
            }
        }
        Ok(policy)
    }

    fn rules(
        &mut self,
        object: Object<'_>,
        spec: Node<'_>,
        direction: Direction,
        namespace: NamespaceId,
        path: &FieldPath,
    ) -> Result<Vec<Rule>, Refused> {
        let mut rules = Vec::new();
        let peers_key = if direction == Direction::Ingress { "from" } else { "to" };
        for (path, item) in list(spec, direction.name(), path)? {
            let peers = list(item, peers_key, &path)?;
            let peer = if peers.is_empty() {
                Peer::Any
            } else {
                let peers: Result<Vec<Peer>, Refused> =
                    peers.iter().map(|(path, peer)| self.peer(*peer, namespace, path)).collect();
                Peer::AnyOf(peers?.into())
            };
            let ports = self.ports(item, &path)?;
            let provenance = self.place(object.id(), path);
            rules.push(Rule {
                provenance,
                action: Action::Allow,
                peer,
                ports,
                subject: None,
                condition: None,
            });
        }
        Ok(rules)
    }

    fn peer(&mut self, peer: Node<'_>, namespace: NamespaceId, path: &FieldPath) -> Result<Peer, Refused> {
        let [pods, namespaces, block] =
            ["podSelector", "namespaceSelector", "ipBlock"].map(|key| (field(peer, key), path.key(key)));
        if let (Some(block), path) = block {
            if pods.0.is_some() || namespaces.0.is_some() {
                return refuse(&path, "ipBlock cannot be combined with selectors");
            }
            return ip_block(block, &path);
        }
        if pods.0.is_none() && namespaces.0.is_none() {
            return refuse(path, "a peer needs podSelector, namespaceSelector or ipBlock");
        }
        let scope = match namespaces.0 {
            Some(selector) => scope_of(self.selector(selector, Of::Namespace, &namespaces.1)?),
            None => Scope::One(namespace),
        };
        let pods = match pods.0 {
            Some(selector) => self.selector(selector, Of::Pod, &pods.1)?,
            None => Expr::True,
        };
        Ok(Peer::Pods(PodSelector { scope, pods, hosts: Hosts::ByProfile }))
    }

    fn ports(&mut self, rule: Node<'_>, path: &FieldPath) -> Result<Ports, Refused> {
        let items = list(rule, "ports", path)?;
        if items.is_empty() {
            return Ok(Ports::all());
        }
        let mut set = PortSet::empty();
        let mut named = Vec::new();
        for (path, item) in items {
            let proto = protocol(item, &path)?;
            let end = port(item, "endPort", &path)?;
            let name = field(item, "port")
                .and_then(|node| if node.as_i64().is_some() { None } else { node.as_str() });
            match (name, end) {
                (Some(_), Some(_)) => return refuse(&path.key("endPort"), "endPort needs a numeric port"),
                (Some(name), None) if is_port_name(name) => {
                    named.push((self.world.symbols.intern(name), Some(proto)));
                }
                (Some(name), None) => {
                    return refuse(
                        &path.key("port"),
                        format!("`{name}` is neither a port number nor a port name"),
                    );
                }
                (None, end) => match (port(item, "port", &path)?, end) {
                    (Some(from), end) => set = set.union(&range(proto, from, end.unwrap_or(from), &path)?),
                    (None, None) => set = set.union(&PortSet::protocol(proto)),
                    (None, Some(_)) => return refuse(&path.key("endPort"), "endPort needs a port"),
                },
            }
        }
        named.sort_unstable();
        named.dedup();
        Ok(Ports { set, named: named.into() })
    }
}

/// The directions a policy isolates: `policyTypes`, or its default.
fn directions(spec: Node<'_>, path: &FieldPath) -> Result<[bool; 2], Refused> {
    let types = list(spec, "policyTypes", path)?;
    if types.is_empty() {
        return Ok([true, !list(spec, "egress", path)?.is_empty()]);
    }
    let mut out = [false, false];
    for (path, item) in types {
        match item.as_str() {
            Some("Ingress") => out[0] = true,
            Some("Egress") => out[1] = true,
            _ => return refuse(&path, "policyTypes are Ingress and Egress"),
        }
    }
    Ok(out)
}

fn ip_block(node: Node<'_>, path: &FieldPath) -> Result<Peer, Refused> {
    let parse =
        |text: &str, path: &FieldPath| Cidr::parse(text).map_err(|error| (path.clone(), error.to_string()));
    let Some(cidr) = text(node, "cidr", path)? else {
        return refuse(path, "ipBlock has no cidr");
    };
    let block = parse(cidr, &path.key("cidr"))?;
    let mut except = Vec::new();
    for (path, item) in list(node, "except", path)? {
        let inner = match item.as_str() {
            Some(text) => parse(text, &path)?,
            None => return refuse(&path, "must be an address block"),
        };
        if !block.covers(inner) || inner == block {
            return refuse(&path, format!("{inner} is not strictly inside {block}"));
        }
        except.push(inner);
    }
    Ok(Peer::Block(block, except.into()))
}

/// IANA service name: at most 15 of a-z, 0-9 and single inner hyphens, with at least one letter.
pub(super) fn is_port_name(name: &str) -> bool {
    (1..=15).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && name.bytes().any(|byte| byte.is_ascii_lowercase())
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.contains("--")
}
