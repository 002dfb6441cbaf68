//! Cilium: CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy of `cilium.io/v2`, CiliumCIDRGroup.
//!
//! Denies beat allows over all Cilium policies and NetworkPolicies together, so both live in one tier, denies first.
//! An empty rule matches nothing but still turns default deny on.

mod peers;
mod ports;

use super::Loader;
use super::read::{Refused, field, list, refuse};
use crate::policy::{Action, Direction, NamespaceId, Peer, Policy, Rule, TierId};
use crate::profile::Tri;
use rampart_document::{FieldPath, Node};
use rampart_model::{GroupKind, Object};

const GROUP: &str = "cilium.io";

pub(super) fn load(loader: &mut Loader<'_>) {
    let inventory = loader.inventory;
    let enforced = loader.world.profile.enforces_objects_of("cilium");
    for kind in ["CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy"] {
        for object in inventory.of_kind(GroupKind::new(GROUP, kind)) {
            if enforced == Tri::No {
                let message = format!("no effect: the network plugin is {}", loader.world.profile.name);
                loader.problem(object.id(), FieldPath::root(), message);
                continue;
            }
            let namespace = match object.effective_namespace() {
                Some(name) if kind == "CiliumNetworkPolicy" => Some(loader.world.namespace(name, [])),
                _ => None,
            };
            let spec = object.spec().into_iter().map(|spec| (FieldPath::root().key("spec"), spec));
            let specs = list(object.node(), "specs", &FieldPath::root()).unwrap_or_default();
            for (path, spec) in spec.chain(specs) {
                if let Err((path, message)) = loader.cilium_spec(object, spec, namespace, &path) {
                    loader.problem(
                        object.id(),
                        path,
                        format!("{message}; Cilium refuses the policy, it is left out"),
                    );
                }
            }
        }
    }
}

impl Loader<'_> {
    fn cilium_spec(
        &mut self,
        object: Object<'_>,
        spec: Node<'_>,
        namespace: Option<NamespaceId>,
        path: &FieldPath,
    ) -> Result<(), Refused> {
        let subject = match (field(spec, "endpointSelector"), field(spec, "nodeSelector")) {
            (Some(selector), None) => {
                self.cilium_endpoints(selector, namespace, &path.key("endpointSelector"))?
            }
            (None, Some(selector)) if namespace.is_none() => {
                Peer::Nodes(self.selector(selector, super::read::Of::Pod, &path.key("nodeSelector"))?)
            }
            (None, Some(_)) => return refuse(path, "nodeSelector is for clusterwide policies"),
            _ => return refuse(path, "needs endpointSelector or nodeSelector, not both"),
        };
        let subject = self.if_enforced("cilium", subject);
        let isolates = default_deny(spec, path)?;
        let tier = self.namespace_tier();
        for (action, suffix, order) in [(Action::Deny, "Deny", 0.0), (Action::Allow, "", 1000.0)] {
            let mut policy = Policy {
                provenance: object.id().0,
                tier: TierId(0),
                order: 0,
                subject: subject.clone(),
                isolates: if action == Action::Allow { isolates } else { [false, false] },
                rules: [Vec::new(), Vec::new()],
            };
            for direction in Direction::BOTH {
                let key = format!("{}{suffix}", direction.name());
                for (path, item) in list(spec, &key, path)? {
                    let rules = self.cilium_rule(item, action, direction, namespace, &path)?;
                    let provenance = self.place(object.id(), path);
                    let rules = rules.into_iter().map(|rule| Rule { provenance, ..rule });
                    policy.rules[direction as usize].extend(rules);
                }
            }
            if Direction::BOTH.into_iter().any(|direction| policy.acts(direction)) {
                self.push(policy, tier, (order, String::new()));
            }
        }
        Ok(())
    }

    fn cilium_rule(
        &mut self,
        item: Node<'_>,
        action: Action,
        direction: Direction,
        namespace: Option<NamespaceId>,
        path: &FieldPath,
    ) -> Result<Vec<Rule>, Refused> {
        let peer = self.cilium_peer(item, direction, namespace, path)?;
        let ports = self.cilium_ports(item, path)?;
        // Ports without peers mean any peer; neither means nothing.
        let peer = match (peer, ports.is_empty()) {
            (Some(peer), _) => peer,
            (None, false) => Peer::Any,
            (None, true) => Peer::nobody(),
        };
        let login = field(item, "authentication").and_then(|node| field(node, "mode")).and_then(Node::as_str);
        let mutual = login.filter(|mode| *mode == "required");
        let mutual = mutual.map(|_| self.world.reason("the rule requires mutual authentication"));
        let ports = if ports.is_empty() { vec![(crate::Ports::all(), None)] } else { ports };
        let rule = |(ports, condition): (_, Option<_>)| Rule {
            provenance: 0,
            action,
            peer: peer.clone(),
            ports,
            subject: None,
            condition: condition.or(mutual),
        };
        Ok(ports.into_iter().map(rule).collect())
    }
}

/// Per direction whether the policy turns default deny on: as written, else when it has rules of that direction.
fn default_deny(spec: Node<'_>, path: &FieldPath) -> Result<[bool; 2], Refused> {
    let written = field(spec, "enableDefaultDeny");
    let mut out = [false, false];
    for direction in Direction::BOTH {
        let key = direction.name();
        let rules =
            !list(spec, key, path)?.is_empty() || !list(spec, &format!("{key}Deny"), path)?.is_empty();
        let asked = written.and_then(|node| field(node, key)).and_then(Node::as_bool);
        out[direction as usize] = asked.unwrap_or(rules);
    }
    Ok(out)
}
